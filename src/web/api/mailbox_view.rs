//! Mailboxes in the API: which is read, and what became of its mails.
use chrono::{DateTime, Utc};
use poem_openapi::{Enum, Object};

use crate::capture::{
    connection::Health,
    mail,
    mailbox::{self, Encryption, Oauth, Settings},
};

/// How the connection to a mailbox is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum MailboxEncryption {
    /// From the first byte
    #[default]
    Tls,
    /// After the server's greeting
    Starttls,
    /// Not at all; only within networks that the operator lists in `outbound.allowed_private_networks`
    None,
}

/// How tokens are got, where the provider takes no password (XOAUTH2): with `secrets` of a client's secret (`-` where it has none),
/// and of a refresh token if there is one.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct MailboxOauth {
    /// The provider's token address.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub token_url: String,
    /// As whom Plaudit is known there.
    #[oai(validator(min_length = 1, max_length = 250))]
    pub client_id: String,
    /// What the token is for, where the provider asks.
    #[oai(validator(max_length = 500), default)]
    pub scope: String,
}

/// Which mailbox is read by IMAP, and what becomes of its mails.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewMailbox {
    /// The server: `imap.example.com`.
    #[oai(validator(min_length = 1, max_length = 250))]
    pub host: String,
    /// Where it listens; left out for 993 with `tls`, and else 143.
    pub port: Option<u16>,
    /// How the connection is protected.
    #[oai(default)]
    pub encryption: MailboxEncryption,
    /// Who signs in, mostly the address.
    #[oai(validator(min_length = 1, max_length = 250))]
    pub user: String,
    /// How tokens are got; left out where a password is taken.
    pub oauth: Option<MailboxOauth>,
    /// The folder whose mails are read; left out for `INBOX`.
    #[oai(validator(max_length = 250))]
    pub folder: Option<String>,
    /// Where mails go that became comments; left out, they stay where they are.
    #[oai(validator(max_length = 250))]
    pub done_folder: Option<String>,
    /// Where mails go that became none; left out, they stay where they are.
    #[oai(validator(max_length = 250))]
    pub unclear_folder: Option<String>,
}

/// What to change about a mailbox; what is left out stays. Another server, user or folder is read from the time on at which the
/// source was made.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct UpdateMailbox {
    /// Another server.
    #[oai(validator(min_length = 1, max_length = 250))]
    pub host: Option<String>,
    /// Another port.
    pub port: Option<u16>,
    /// Other protection; with no port beside it, at the usual port.
    pub encryption: Option<MailboxEncryption>,
    /// Somebody else signs in.
    #[oai(validator(min_length = 1, max_length = 250))]
    pub user: Option<String>,
    /// Other tokens.
    pub oauth: Option<MailboxOauth>,
    /// Another folder.
    #[oai(validator(max_length = 250))]
    pub folder: Option<String>,
    /// Another folder for mails that became comments; an empty one lets them stay.
    #[oai(validator(max_length = 250))]
    pub done_folder: Option<String>,
    /// Another folder for mails that became none; an empty one lets them stay.
    #[oai(validator(max_length = 250))]
    pub unclear_folder: Option<String>,
}

/// A mailbox that is read, and what became of its mails.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct MailboxView {
    /// The server.
    pub host: String,
    /// Where it listens.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: MailboxEncryption,
    /// Who signs in.
    pub user: String,
    /// How tokens are got, where no password is taken.
    pub oauth: Option<MailboxOauth>,
    /// The folder whose mails are read.
    pub folder: String,
    /// Where mails go that became comments.
    pub done_folder: Option<String>,
    /// Where mails go that became none.
    pub unclear_folder: Option<String>,
    /// Mails that became no comment, by the reason.
    pub skipped: Vec<SkippedMails>,
    /// When the server gave all mails other numbers, as it does when the folder was made anew: since then they were looked through
    /// again, and none became a comment twice.
    pub renumbered_at: Option<DateTime<Utc>>,
}

/// Mails that became no comment for one reason.
#[derive(Clone, Debug, Object)]
pub struct SkippedMails {
    /// `automatic`, `report`, `list`, `ours`, `staff` and `blank` as for `POST /v1/mails`; `unreadable` and `unusable`: it is no mail
    /// that can be read, or has more words than are kept; `same_id`: another mail bears its `Message-ID`; `not_fetched`: the
    /// server did not hand it over.
    pub reason: String,
    /// How many there were.
    pub count: u64,
}

impl NewMailbox {
    pub(super) fn settings(self, mail: mail::Settings) -> Settings {
        Settings {
            host: self.host,
            port: self.port.unwrap_or_default(),
            encryption: self.encryption.into(),
            user: self.user,
            oauth: self.oauth.map(Into::into),
            folder: self.folder.unwrap_or_default(),
            done_folder: self.done_folder,
            unclear_folder: self.unclear_folder,
            mail,
        }
    }
}

impl UpdateMailbox {
    pub(super) fn patch(self) -> mailbox::Patch {
        mailbox::Patch {
            host: self.host,
            port: self.port,
            encryption: self.encryption.map(Into::into),
            user: self.user,
            oauth: self.oauth.map(Into::into),
            folder: self.folder,
            done_folder: self.done_folder,
            unclear_folder: self.unclear_folder,
        }
    }
}

impl MailboxView {
    pub(super) fn of(settings: Settings, health: &Health) -> MailboxView {
        let found = health.mails.clone().unwrap_or_default();
        let skipped = |(reason, count)| SkippedMails { reason, count };
        MailboxView {
            host: settings.host,
            port: settings.port,
            encryption: settings.encryption.into(),
            user: settings.user,
            oauth: settings.oauth.map(Into::into),
            folder: settings.folder,
            done_folder: settings.done_folder,
            unclear_folder: settings.unclear_folder,
            skipped: found.skipped.into_iter().map(skipped).collect(),
            renumbered_at: found.renumbered_at,
        }
    }
}

impl From<MailboxEncryption> for Encryption {
    fn from(given: MailboxEncryption) -> Encryption {
        match given {
            MailboxEncryption::Tls => Encryption::Tls,
            MailboxEncryption::Starttls => Encryption::Starttls,
            MailboxEncryption::None => Encryption::None,
        }
    }
}

impl From<Encryption> for MailboxEncryption {
    fn from(kept: Encryption) -> MailboxEncryption {
        match kept {
            Encryption::Tls => MailboxEncryption::Tls,
            Encryption::Starttls => MailboxEncryption::Starttls,
            Encryption::None => MailboxEncryption::None,
        }
    }
}

impl From<MailboxOauth> for Oauth {
    fn from(given: MailboxOauth) -> Oauth {
        Oauth {
            token_url: given.token_url,
            client_id: given.client_id,
            scope: given.scope,
        }
    }
}

impl From<Oauth> for MailboxOauth {
    fn from(kept: Oauth) -> MailboxOauth {
        MailboxOauth {
            token_url: kept.token_url,
            client_id: kept.client_id,
            scope: kept.scope,
        }
    }
}
