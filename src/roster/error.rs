//! What can be wrong with a change of the roster: each says what would be right.
use sea_orm::DbErr;

/// A change or a look-up that cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// A value that cannot be used.
    #[error("{field}: {message}")]
    Invalid {
        /// Which value, as the API names it.
        field: &'static str,
        /// What was wrong and what would be right.
        message: String,
    },
    /// Something that does not exist, or belongs to another organisation.
    #[error("there is no {what} {reference:?}")]
    NotFound {
        /// `site`, `staff member`, …
        what: &'static str,
        /// As the caller named it.
        reference: String,
    },
    /// A site's name that several sites bear.
    #[error("the site {reference:?} is ambiguous; give its path: {}", candidates.join(", "))]
    AmbiguousSite {
        /// As the caller named it.
        reference: String,
        /// Paths of the sites that bear it.
        candidates: Vec<String>,
    },
    /// A reference to a site that serves nobody any more.
    #[error("the site {path:?} is closed; reopen it first")]
    ClosedSite {
        /// Its path.
        path: String,
    },
    /// A name that must be unique and is not.
    #[error("the {what} {value:?} exists already")]
    Taken {
        /// `site`, `organisation`, …
        what: &'static str,
        /// The value.
        value: String,
    },
    /// Somebody would be their own manager, directly or through others.
    #[error("this would make a circle of managers: {}", employee_ids.join(" reports to "))]
    ManagerCycle {
        /// Employee ids around the circle; the first is the last.
        employee_ids: Vec<String>,
    },
    /// Somebody who was erased.
    #[error(
        "they were erased as a former employee and are not brought back; if they work here again, let their number in again \
         first: plaudit person readmit NUMBER"
    )]
    Erased,
    /// Their employment has not ended.
    #[error(
        "their employment has not ended: give them a last day first; they can be erased from the day after"
    )]
    StillHere,
    /// More than one organisation, and none named.
    #[error("there are several organisations; name one with --organisation: {}", slugs.join(", "))]
    WhichOrganisation {
        /// Their slugs.
        slugs: Vec<String>,
    },
    /// No organisation at all.
    #[error("there is no organisation yet; make one with plaudit init")]
    NoOrganisation,
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

impl RosterError {
    /// A value that cannot be used.
    pub fn invalid(field: &'static str, message: impl Into<String>) -> RosterError {
        RosterError::Invalid {
            field,
            message: message.into(),
        }
    }

    /// Something that does not exist.
    pub fn not_found(what: &'static str, reference: impl Into<String>) -> RosterError {
        RosterError::NotFound {
            what,
            reference: reference.into(),
        }
    }
}
