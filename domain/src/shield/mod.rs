//! Words that somebody should look at before anybody else does: of somebody's looks or body, invitations, threats, and
//! what is private.
//!
//! Each sentence is weighed by itself: what stands in it (words, their classes, their neighbours) adds up to a score for
//! each kind and one for all together, as logistic regression learnt it (`trainer shield`). What one sentence says, the
//! text says.
mod feature;
mod model;

pub use feature::{Features, sentences};
pub use model::{BITS, Fitted, MOST, Model, ModelError, SCORES, length, slot};

use std::fmt;

/// What words seem to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// They speak of somebody's looks or body.
    Looks,
    /// They invite or court somebody.
    Invitation,
    /// They threaten.
    Threat,
    /// They hold a private address, telephone number or account.
    Private,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 4] = [Kind::Looks, Kind::Invitation, Kind::Threat, Kind::Private];

    /// Its name in tables and labelled texts.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Kind::Looks => "looks",
            Kind::Invitation => "invitation",
            Kind::Threat => "threat",
            Kind::Private => "private",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// What words seem to say; nothing of most.
#[must_use]
pub fn look(text: &str) -> Vec<Kind> {
    Model::shipped().look(text)
}
