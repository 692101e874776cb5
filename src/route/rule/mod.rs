//! Rules as data: who hears of praise besides those who hear of it anyway. The first rule, which is always there, tells the
//! manager, or who comes next ([`super::addressee`]); it alone makes promises.
//!
//! No rule widens who may see: every reader but a room is asked of `permit`, and a room is shown what any other room is.
mod holds;
pub mod manage;
mod readers;
pub mod trial;

pub(super) use readers::{Named, Rules};
