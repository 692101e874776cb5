//! Telling: from a notice to a message that somebody else has accepted, by mail or by a room or endpoint.
//!
//! A notice becomes `sent` and its job is deleted in one transaction, right after the other side's answer. Dying between
//! the two is the only way in which it is told twice, and then under the same id and with the same links.
pub mod account_mail;
mod alert;
pub mod app;
pub mod channel;
pub(crate) mod compose;
mod defer;
pub mod digest;
pub mod link;
pub(crate) mod outbox;
mod outcome;
mod pace;
mod prepare;
mod read;
mod roles;
mod settle;
mod sign_in;
pub mod stage;
pub mod wall;

pub use defer::retry_dead_letters;
