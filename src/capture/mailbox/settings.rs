//! Which mailbox, and what becomes of its mails. Kept in `source.settings`.
use serde::{Deserialize, Serialize};

use super::credentials::Credentials;
use crate::capture::{mail, remote::BaseUrl, source::SourceError};

/// Longest host, user and name of a folder.
const LONGEST: usize = 250;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encryption {
    /// From the first byte.
    #[default]
    Tls,
    /// After the server's greeting.
    Starttls,
    /// Not at all: taken within networks that the operator lists, and nowhere else.
    None,
}

impl Encryption {
    /// Where servers listen that protect connections so.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Encryption::Tls => 993,
            Encryption::Starttls | Encryption::None => 143,
        }
    }
}

/// Where tokens are asked for (RFC 6749), where the provider takes no password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Oauth {
    /// The provider's token address.
    pub token_url: String,
    /// As whom Plaudit is known there.
    pub client_id: String,
    /// What the token is for; empty where the provider does not ask.
    pub scope: String,
}

/// A mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The server: `imap.example.com`.
    pub host: String,
    /// Where it listens; 0 for the usual one.
    pub port: u16,
    /// How the connection is protected.
    pub encryption: Encryption,
    /// Who signs in.
    pub user: String,
    /// How tokens are got, where no password is taken.
    pub oauth: Option<Oauth>,
    /// The folder whose mails are read; empty for `INBOX`.
    pub folder: String,
    /// Where mails go that became comments; where none is named they stay.
    pub done_folder: Option<String>,
    /// Where mails go that became none; where none is named they stay.
    pub unclear_folder: Option<String>,
    /// Whose word is taken, and who is no customer.
    #[serde(flatten)]
    pub mail: mail::Settings,
}

/// What is to change; what is empty stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// Another server.
    pub host: Option<String>,
    /// Another port; 0 for the usual one.
    pub port: Option<u16>,
    /// Other protection.
    pub encryption: Option<Encryption>,
    /// Somebody else signs in.
    pub user: Option<String>,
    /// Other tokens.
    pub oauth: Option<Oauth>,
    /// Another folder.
    pub folder: Option<String>,
    /// Another folder for mails that became comments; empty lets them stay.
    pub done_folder: Option<String>,
    /// Another folder for mails that became none; empty lets them stay.
    pub unclear_folder: Option<String>,
}

impl Settings {
    /// With what is to change.
    #[must_use]
    pub fn with(self, patch: Patch) -> Settings {
        // Whoever changes the protection and names no port means the usual one.
        let port = patch.encryption.map_or(self.port, |_| 0);
        Settings {
            host: patch.host.unwrap_or(self.host),
            port: patch.port.unwrap_or(port),
            encryption: patch.encryption.unwrap_or(self.encryption),
            user: patch.user.unwrap_or(self.user),
            oauth: patch.oauth.or(self.oauth),
            folder: patch.folder.unwrap_or(self.folder),
            done_folder: patch.done_folder.or(self.done_folder),
            unclear_folder: patch.unclear_folder.or(self.unclear_folder),
            mail: self.mail,
        }
    }

    /// Where tokens are asked for; empty where a password is taken.
    #[must_use]
    pub fn token_url(&self) -> &str {
        self.oauth.as_ref().map_or("", |oauth| &oauth.token_url)
    }

    /// Whether these secrets are as many as are needed.
    pub fn check(&self, credentials: &Credentials) -> Result<(), SourceError> {
        match self.oauth.is_some() || credentials.is_password() {
            true => Ok(()),
            false => Err(SourceError::Invalid {
                field: "secrets",
                message: "2 were given; give one: the password".to_owned(),
            }),
        }
    }

    /// Whether the numbers of one folder mean mails of the other.
    #[must_use]
    pub fn is_same_folder(&self, other: &Settings) -> bool {
        let place = |settings: &Settings| {
            (
                settings.host.clone(),
                settings.port,
                settings.user.clone(),
                settings.folder.clone(),
            )
        };
        place(self) == place(other)
    }

    /// Trims and checks what was typed.
    pub fn checked(self) -> Result<Settings, SourceError> {
        let folder = folder("folder", &self.folder)?;
        let folder = folder.unwrap_or_else(|| "INBOX".to_owned());
        let settings = Settings {
            host: host(&self.host)?,
            port: if self.port == 0 {
                self.encryption.port()
            } else {
                self.port
            },
            user: line("user", &self.user)?,
            oauth: self.oauth.map(Oauth::checked).transpose()?,
            done_folder: other("done_folder", self.done_folder.as_deref(), &folder)?,
            unclear_folder: other("unclear_folder", self.unclear_folder.as_deref(), &folder)?,
            mail: self.mail.checked()?,
            encryption: self.encryption,
            folder,
        };
        Ok(settings)
    }
}

impl Oauth {
    fn checked(self) -> Result<Oauth, SourceError> {
        let token_url = BaseUrl::parse(&self.token_url).map_err(|error| SourceError::Invalid {
            field: "oauth.token_url",
            message: error.to_string(),
        })?;
        Ok(Oauth {
            token_url: token_url.as_str().to_owned(),
            client_id: line("oauth.client_id", &self.client_id)?,
            scope: self.scope.split_whitespace().collect::<Vec<_>>().join(" "),
        })
    }
}

fn host(given: &str) -> Result<String, SourceError> {
    let host = given.trim().to_lowercase();
    let is_name = |part: &str| {
        let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        !part.is_empty() && part.chars().all(fits)
    };
    let is_address = host.parse::<std::net::IpAddr>().is_ok();
    if host.len() <= LONGEST && (is_address || host.split('.').all(is_name)) {
        return Ok(host);
    }
    let message = "is the name of a server alone; write it as imap.example.com".to_owned();
    Err(SourceError::Invalid {
        field: "host",
        message,
    })
}

/// Whether it can be the name of a user or a folder.
#[must_use]
pub fn is_line(given: &str) -> bool {
    let line = given.trim();
    (1..=LONGEST).contains(&line.chars().count()) && !line.chars().any(char::is_control)
}

fn line(field: &'static str, given: &str) -> Result<String, SourceError> {
    if is_line(given) {
        return Ok(given.trim().to_owned());
    }
    let message = format!("needs 1 to {LONGEST} characters on one line");
    Err(SourceError::Invalid { field, message })
}

fn folder(field: &'static str, given: &str) -> Result<Option<String>, SourceError> {
    match given.trim().is_empty() {
        true => Ok(None),
        false => line(field, given).map(Some),
    }
}

/// What is moved into the folder that is read would be read for ever.
fn other(field: &'static str, given: Option<&str>, read: &str) -> Result<Option<String>, SourceError> {
    let found = folder(field, given.unwrap_or_default())?;
    match found {
        Some(name) if name.to_lowercase() == read.to_lowercase() => {
            let message = format!("{name:?} is the folder that is read; name another one");
            Err(SourceError::Invalid { field, message })
        }
        found => Ok(found),
    }
}
