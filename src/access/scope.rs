//! What keys of programs are for.
use std::{fmt, str::FromStr};

/// What a key may be used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// `comments:write`
    CommentsWrite,
    /// `comments:erase`
    CommentsErase,
    /// `comments:read`
    CommentsRead,
    /// `roster:read`
    RosterRead,
    /// `roster:write`
    RosterWrite,
    /// `recognitions:read`
    RecognitionsRead,
    /// `triage:write`
    TriageWrite,
    /// `scim`: people as the company's directory says, and nothing else.
    Scim,
    /// `admin`: keys, sources, jobs, settings.
    Admin,
}

impl Scope {
    /// All scopes.
    pub const ALL: &[Scope] = &[
        Scope::CommentsWrite,
        Scope::CommentsErase,
        Scope::CommentsRead,
        Scope::RosterRead,
        Scope::RosterWrite,
        Scope::RecognitionsRead,
        Scope::TriageWrite,
        Scope::Scim,
        Scope::Admin,
    ];

    /// Its name in keys, documents and messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Scope::CommentsWrite => "comments:write",
            Scope::CommentsErase => "comments:erase",
            Scope::CommentsRead => "comments:read",
            Scope::RosterRead => "roster:read",
            Scope::RosterWrite => "roster:write",
            Scope::RecognitionsRead => "recognitions:read",
            Scope::TriageWrite => "triage:write",
            Scope::Scim => "scim",
            Scope::Admin => "admin",
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A scope that does not exist.
#[derive(Debug, thiserror::Error)]
#[error("there is no scope {given:?}; there are {}", Scope::ALL.iter().map(|scope| scope.name()).collect::<Vec<_>>().join(", "))]
pub struct UnknownScope {
    given: String,
}

impl FromStr for Scope {
    type Err = UnknownScope;

    fn from_str(given: &str) -> Result<Scope, UnknownScope> {
        let known = Scope::ALL.iter().find(|scope| scope.name() == given);
        known.copied().ok_or_else(|| UnknownScope {
            given: given.to_owned(),
        })
    }
}
