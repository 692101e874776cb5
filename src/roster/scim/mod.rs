//! SCIM 2.0 (RFC 7643, 7644): the company's directory brings people in, changes them and ends them.
//!
//! What it says of somebody is kept as it was written ([`entity::scim_user`]), so that it reads the same back; the roster
//! follows from that by the same functions that pages and files use. Nobody gets a role by it, and whom somebody is
//! linked with for signing in is not touched.
mod apply;
pub mod document;
pub mod filter;
pub mod guard;
mod path;
mod place;
pub mod schema;
pub mod state;
pub mod users;
mod waiting;

use sea_orm::DbErr;

use super::RosterError;

/// Why a request of a directory cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum ScimError {
    /// The body is not what the protocol says.
    #[error("{0}")]
    Syntax(String),
    /// A value that cannot be used.
    #[error("{0}")]
    Value(String),
    /// A path that cannot be read.
    #[error("{0}")]
    Path(String),
    /// There is nothing at the path.
    #[error("{0}")]
    NoTarget(String),
    /// A filter that cannot be read, or asks what is not answered.
    #[error("{0}")]
    Filter(String),
    /// An attribute that the directory does not change.
    #[error("{0} is given here and cannot be changed")]
    Mutability(&'static str),
    /// Somebody else has it.
    #[error("{what} {value:?} belongs to somebody else")]
    Taken {
        /// `userName`, …
        what: &'static str,
        /// The value.
        value: String,
    },
    /// There is no such person.
    #[error("there is no user {0:?}")]
    NotFound(String),
    /// Nobody could administer Plaudit.
    #[error(
        "this is the last administrator of Plaudit; make somebody else one on the page “Roles”, then end them"
    )]
    LastAdministrator,
    /// So many would end that a person has to look first.
    #[error(
        "more than one in ten people would end within a day; nobody is ended until an administrator of Plaudit lets it \
         go on, on the page “Roster”"
    )]
    Stopped(guard::Counted),
    /// The roster refuses it.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}
