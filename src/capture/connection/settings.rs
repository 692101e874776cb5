//! What a connection is set to read; no secrets. Kept in `source.settings`.
use entity::source;
use serde::{Deserialize, Serialize};

use super::{CHECK, FOLDER, MENTIONS};
use crate::capture::{mailbox, remote::BaseUrl, source::SourceError};

/// Search rules of one source.
const MOST_RULES: usize = 5;
/// Longest search rule of a self-serve plan, in characters.
const RULE_CHARS: usize = 512;

/// Settings by network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "network", rename_all = "snake_case")]
pub enum Settings {
    /// X (Twitter).
    X(X),
    /// Mastodon, and servers that speak its API.
    Mastodon(Mastodon),
    /// A mailbox.
    Mailbox(mailbox::Settings),
}

/// Settings of X.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct X {
    /// The account whose mentions are read, without `@`.
    pub handle: String,
    /// Searches beside the mentions.
    pub rules: Vec<String>,
    /// The application belongs to the account, whose mentions then have a lower price.
    pub owns_application: bool,
}

/// Settings of Mastodon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Mastodon {
    /// The server: `https://mastodon.example`.
    pub address: String,
}

impl Settings {
    /// The settings of a source; none where it is no connection.
    #[must_use]
    pub fn of(source: &source::Model) -> Option<Settings> {
        serde_json::from_value(source.settings.clone()).ok()
    }

    /// The source's kind.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Settings::X(_) => "x",
            Settings::Mastodon(_) => "mastodon",
            Settings::Mailbox(_) => "mailbox",
        }
    }

    /// Names of its readers.
    #[must_use]
    pub fn readers(&self) -> Vec<String> {
        let searches = match self {
            Settings::X(x) => x.rules.len(),
            Settings::Mastodon(_) => 0,
            Settings::Mailbox(_) => return vec![FOLDER.to_owned()],
        };
        let searches = (1..=searches).map(|number| format!("search {number}"));
        [MENTIONS.to_owned(), CHECK.to_owned()]
            .into_iter()
            .chain(searches)
            .collect()
    }

    /// What decides where the secrets go, by the name of its field.
    fn way(&self) -> Vec<(&'static str, String)> {
        match self {
            Settings::X(_) => Vec::new(),
            Settings::Mastodon(mastodon) => vec![("address", mastodon.address.clone())],
            Settings::Mailbox(mailbox) => vec![
                ("host", mailbox.host.clone()),
                ("port", mailbox.port.to_string()),
                ("encryption", format!("{:?}", mailbox.encryption)),
                ("user", mailbox.user.clone()),
                ("oauth.token_url", mailbox.token_url().to_owned()),
            ],
        }
    }

    /// The field by which secrets would go another way than before.
    pub(super) fn leads_elsewhere(&self, before: &Settings) -> Option<&'static str> {
        let mut pairs = self.way().into_iter().zip(before.way());
        pairs.find_map(|((field, now), (_, before))| (now != before).then_some(field))
    }

    /// Whether a reader that read by one knows where to read on by the other.
    pub(super) fn is_same_place(&self, other: &Settings) -> bool {
        match (self, other) {
            (Settings::Mailbox(one), Settings::Mailbox(other)) => one.is_same_folder(other),
            (Settings::Mastodon(one), Settings::Mastodon(other)) => one.address == other.address,
            _ => true,
        }
    }

    /// Trims and checks what was typed.
    pub(super) fn checked(self) -> Result<Settings, SourceError> {
        match self {
            Settings::X(x) => Ok(Settings::X(checked_x(x)?)),
            Settings::Mastodon(mastodon) => {
                let address = BaseUrl::parse(&mastodon.address)
                    .map_err(|error| invalid("address", error.to_string()))?;
                Ok(Settings::Mastodon(Mastodon {
                    address: address.as_str().to_owned(),
                }))
            }
            Settings::Mailbox(mailbox) => Ok(Settings::Mailbox(mailbox.checked()?)),
        }
    }
}

impl X {
    /// The rule of a reader called `search N`.
    #[must_use]
    pub fn rule_of(&self, reader: &str) -> Option<&str> {
        let number: usize = reader.strip_prefix("search ")?.parse().ok()?;
        self.rules.get(number.checked_sub(1)?).map(String::as_str)
    }
}

fn checked_x(x: X) -> Result<X, SourceError> {
    let handle = x.handle.trim().trim_start_matches('@').to_owned();
    let is_handle = (1..=15).contains(&handle.len())
        && handle
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_handle {
        return Err(invalid(
            "handle",
            "has 1 to 15 letters, digits or _, without @".to_owned(),
        ));
    }
    let rules: Vec<String> = x.rules.iter().map(|rule| rule.trim().to_owned()).collect();
    if rules.len() > MOST_RULES {
        return Err(invalid(
            "rules",
            format!("{} are too many; give at most {MOST_RULES}", rules.len()),
        ));
    }
    let unfit = rules
        .iter()
        .position(|rule| rule.is_empty() || rule.chars().count() > RULE_CHARS);
    if let Some(index) = unfit {
        let message = format!("rule {} needs 1 to {RULE_CHARS} characters", index + 1);
        return Err(invalid("rules", message));
    }
    Ok(X { handle, rules, ..x })
}

pub(super) fn invalid(field: &'static str, message: String) -> SourceError {
    SourceError::Invalid { field, message }
}
