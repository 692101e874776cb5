//! What keeps somebody from signing in through the company: the kind is said on the page, the cause to administrators.
use sea_orm::DbErr;

use super::http::CallError;
use crate::platform::secret::SealError;

/// Why it did not work.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// Whoever came changed their mind there, or was not let in there.
    #[error("the sign-in was cancelled there")]
    Cancelled,
    /// It began in another browser, too long ago, or was finished already.
    #[error("it was not begun in this browser, too long ago, or is over already")]
    Stale,
    /// The provider does not answer as it should, for now.
    #[error("{0}")]
    Away(String),
    /// It, or what is entered here, is set up wrongly.
    #[error("{0}")]
    Settings(String),
    /// What came is not to be believed.
    #[error("{0}")]
    Unbelievable(String),
    /// Nobody here, or nobody who may be linked like this.
    #[error("{0}")]
    Stranger(&'static str),
    /// The secret cannot be read.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

impl Trouble {
    pub(super) fn away(why: impl Into<String>) -> Trouble {
        Trouble::Away(why.into())
    }

    pub(super) fn settings(why: impl Into<String>) -> Trouble {
        Trouble::Settings(why.into())
    }

    pub(super) fn of_call(error: &CallError) -> Trouble {
        match error {
            CallError::Away(why) => Trouble::away(format!("it does not answer as it should: {why}")),
            other => Trouble::settings(other.to_string()),
        }
    }

    /// Key of the sentence for whoever came.
    #[must_use]
    pub fn says(&self) -> &'static str {
        match self {
            Trouble::Cancelled => "sign_on.trouble.cancelled",
            Trouble::Stale => "sign_on.trouble.stale",
            Trouble::Away(_) | Trouble::Database(_) => "sign_on.trouble.away",
            Trouble::Settings(_) | Trouble::Seal(_) => "sign_on.trouble.settings",
            Trouble::Unbelievable(_) => "sign_on.trouble.unbelievable",
            Trouble::Stranger(_) => "sign_on.trouble.stranger",
        }
    }
}
