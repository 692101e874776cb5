//! Verdicts, and what follows from them: credited verdicts as feeds and boards show them: derived rows, which can be computed anew from the verdicts.
pub mod board;
pub mod count;
pub mod derive;
pub mod feed;
pub mod own;
pub mod passed_on;
pub mod promise;
pub mod rebuild;
mod recount;
pub mod scope;
pub mod verdict;
