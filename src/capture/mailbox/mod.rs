//! Mailboxes, read by IMAP (RFC 9051, RFC 3501). [`Client`] opens a conversation with the server, moves the mails about
//! which everything is known to the folders for them, and fetches those that come next; what it is told and what it
//! found stand in [`Progress`]. What the mails say is judged by [`super::mail`], as if they had been passed on.
mod client;
mod credentials;
mod door;
mod folder_name;
mod kind;
mod progress;
mod session;
mod settings;
mod tokens;
mod transport;

pub use client::{Client, ClientError, Letter, Limits, Round};
pub use credentials::Credentials;
pub use kind::MailboxKind;
pub use progress::{Fate, Progress};
pub use settings::{Encryption, Oauth, Patch, Settings, is_line};
