//! Words come in: every source hands a [`draft::Draft`] to [`store::store`], which writes the comment, its first
//! revision and the job to attribute it in one transaction.
pub mod app;
mod comment;
pub mod connection;
pub mod form;
pub mod form_token;
pub mod group;
pub mod import;
pub mod mail;
pub mod mailbox;
pub mod mastodon;
pub mod reading;
pub mod receipt;
pub mod remote;
pub mod source;
pub mod spoken;
pub mod x;

pub use comment::{draft, erase, held, read, search, shielded, store};
