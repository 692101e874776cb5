//! Words come in: every source hands [`incoming::Incoming`] to [`store::store`], which writes the comment, its first
//! revision and the job to attribute it in one transaction.
pub mod connection;
pub mod erase;
pub mod form;
pub mod group;
pub mod held;
pub mod import;
pub mod incoming;
mod known;
pub mod mastodon;
pub mod read;
pub mod reading;
pub mod receipt;
pub mod remote;
pub mod revise;
pub mod source;
pub mod stamp;
pub mod store;
pub mod x;
