//! Connecting a mailbox.
use serde::Serialize;

use super::super::Language;
use super::{Choice, Context, Field, Page};

/// The form that connects a mailbox.
#[derive(Clone, Debug, Serialize)]
pub struct AdminMailboxPage {
    /// The frame.
    pub page: Page,
    /// Where it posts.
    pub action: String,
    /// Where the tools are listed.
    pub back_url: String,
    /// `name`: what the source is called.
    pub name: Field,
    /// `host`: the server.
    pub host: Field,
    /// `encryption`: how the connection is protected.
    pub encryptions: Vec<Choice>,
    /// `port`; empty for the usual one.
    pub port: Field,
    /// `user`: who signs in.
    pub user: Field,
    /// `password`: never shown again.
    pub password: Field,
    /// `folder`: the one that is read.
    pub folder: Field,
    /// `done_folder`: for mails that became messages.
    pub done_folder: Field,
    /// `unclear_folder`: for those that became none.
    pub unclear_folder: Field,
    /// `trusted_server`: whose word on senders is taken.
    pub trusted_server: Field,
    /// Why the mailbox could not be opened, in English.
    pub trouble: Option<String>,
}

impl Context for AdminMailboxPage {
    const NAME: &'static str = "pages/admin-mailbox";

    fn language(&self) -> Language {
        self.page.language
    }
}
