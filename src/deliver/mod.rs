//! Telling: from a notice to a mail that the server has accepted.
//!
//! A notice becomes `sent` and its job is deleted in one transaction, right after the server's answer. Dying between
//! the two is the only way in which a mail is sent twice, and then with the same Message-ID and the same links.
pub mod account_mail;
mod alert;
pub mod app;
pub mod call;
pub mod channel;
pub(crate) mod compose;
pub mod digest;
pub mod link;
pub mod mail;
pub(crate) mod outbox;
mod outcome;
mod prepare;
mod settle;
mod sign_in;
mod smtp;
pub mod stage;
