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
    /// It, or what is entered here, is set up wrongly: key of the sentence for administrators, and details.
    #[error("{1}")]
    Settings(&'static str, String),
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
        Trouble::Settings("sign_on.tested.wrong", why.into())
    }

    /// The same again, where it is the provider's.
    pub(super) fn of_provider(&self) -> Option<Trouble> {
        match self {
            Trouble::Away(why) => Some(Trouble::Away(why.clone())),
            Trouble::Settings(says, why) => Some(Trouble::Settings(says, why.clone())),
            _ => None,
        }
    }

    pub(super) fn of_call(error: &CallError) -> Trouble {
        match error {
            CallError::Away(why) => Trouble::away(format!("it does not answer as it should: {why}")),
            other => Trouble::Settings("sign_on.tested.address", other.to_string()),
        }
    }

    /// Key of the sentence for whoever came.
    #[must_use]
    pub fn says(&self) -> &'static str {
        match self {
            Trouble::Cancelled => "sign_on.trouble.cancelled",
            Trouble::Stale => "sign_on.trouble.stale",
            Trouble::Away(_) | Trouble::Database(_) => "sign_on.trouble.away",
            Trouble::Settings(..) | Trouble::Seal(_) => "sign_on.trouble.settings",
            Trouble::Unbelievable(_) => "sign_on.trouble.unbelievable",
            Trouble::Stranger(_) => "sign_on.trouble.stranger",
        }
    }
    /// Key of the sentence for administrators.
    #[must_use]
    pub fn tested(&self) -> &'static str {
        match self {
            Trouble::Away(_) | Trouble::Database(_) => "sign_on.tested.away",
            Trouble::Settings(says, _) => says,
            Trouble::Seal(_) => "sign_on.tested.secret",
            Trouble::Cancelled | Trouble::Stale | Trouble::Unbelievable(_) | Trouble::Stranger(_) => {
                "sign_on.tested.wrong"
            }
        }
    }
}
