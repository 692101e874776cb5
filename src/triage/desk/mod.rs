//! The manager's desk: what waits to be passed on, to be decided, to be put right, oldest first.
//!
//! What waits is found by indices that hold nothing else, so that a desk costs what lies on it, not its history.
pub mod concern;
pub mod pace;
pub mod pass_on;
pub mod send;
pub mod waiting;
pub mod who;

use std::collections::HashSet;

use uuid::Uuid;

/// Most rows that are counted: beyond, the desk says that there are more.
pub const COUNTED: u64 = 1000;

/// Whose desk: what of an organisation lies on it.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// Of praise of people who reported to this manager …
    pub manager: Option<Uuid>,
    /// … or report to them today.
    pub reports: HashSet<Uuid>,
    /// Praise that this account is to pass on, since nobody nearer did …
    pub account: Option<Uuid>,
    /// Of what was said at these sites (those below included).
    pub sites: HashSet<Uuid>,
    /// Of everything that has no manager or site of its own or that nobody passed on who was asked, and every question and
    /// concern.
    pub everything: bool,
}

/// Why something on the desk cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// It is not there, or another organisation's.
    #[error("there is no such thing on any desk")]
    NotFound,
    /// It does not wait (any more).
    #[error("this does not wait any more: somebody did it, or the words were taken back")]
    NotWaiting,
    /// It cannot be mailed to the person.
    #[error("this person has no address that takes mail, or wants none: read it to them")]
    NotReachable,
    /// A line that is too long.
    #[error("that is too long: {longest} letters at most")]
    TooLong {
        /// The most there may be.
        longest: usize,
    },
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] sea_orm::DbErr),
}
