//! People decide where the engine is not sure, say of themselves that it was they or not, and read complaints apart from
//! praise.
pub mod check;
pub mod complaint;
pub mod decide;
pub mod desk;
mod error;
pub mod list;
pub mod own;
mod settle;
pub mod undo;

pub use decide::{Answer, NewDecision, decide, decide_and_learn};
pub use error::DecisionError;
pub use undo::undo;
