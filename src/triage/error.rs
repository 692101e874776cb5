//! Why a decision is refused.
use sea_orm::DbErr;
use uuid::Uuid;

/// A decision, or its undoing, that cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// There is none, or it is another organisation's.
    #[error("there is no such comment")]
    NoSuchComment,
    /// Nobody of the organisation has that id.
    #[error("there is no staff member {0}")]
    NoSuchStaffMember(Uuid),
    /// A credit for nobody.
    #[error("credit needs at least one staff member; nobody_known is for praise of somebody unknown")]
    NobodyNamed,
    /// Somebody is both credited and taken back.
    #[error("{0} is both to be credited and taken back")]
    Contradiction(Uuid),
    /// Whoever decides would be praised by their own word.
    #[error(
        "nobody decides that they earned praise themselves; somebody above them, or an administrator, can"
    )]
    Oneself,
    /// The words are still to be read.
    #[error("the words of this comment have not been read yet; ask again in a moment")]
    NotReadYet,
    /// It looks like junk.
    #[error("this comment is held back; release it first")]
    Held,
    /// The customer took it back.
    #[error("this comment was withdrawn; nothing can be decided about it")]
    Withdrawn,
    /// Nothing is open.
    #[error("nothing is open on this comment, and this would change nothing")]
    NothingToDecide,
    /// No decision, or the last one is undone.
    #[error("there is no decision on this comment that could be undone")]
    NothingToUndo,
    /// Other verdicts followed the decision.
    #[error("the comment has changed since that decision; decide anew")]
    ChangedSince,
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}
