//! What a source of mails is told. Kept in `source.settings`.
use serde::{Deserialize, Serialize};

use crate::capture::source::SourceError;

/// Names in one list.
const MOST: usize = 20;

/// Whose word a source of mails takes, and who is no customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Mail servers of the organisation whose `Authentication-Results` are believed, by the name that they give there.
    pub trusted_servers: Vec<String>,
    /// Domains from which no customer writes.
    pub own_domains: Vec<String>,
}

impl Settings {
    /// The settings of a source.
    #[must_use]
    pub fn of(source: &entity::source::Model) -> Settings {
        serde_json::from_value(source.settings.clone()).unwrap_or_default()
    }

    /// As they are kept.
    #[must_use]
    pub fn kept(&self) -> serde_json::Value {
        serde_json::json!({ "trusted_servers": self.trusted_servers, "own_domains": self.own_domains })
    }

    /// Trims and checks what was typed.
    pub fn checked(self) -> Result<Settings, SourceError> {
        Ok(Settings {
            trusted_servers: names("trusted_servers", self.trusted_servers)?,
            own_domains: names("own_domains", self.own_domains)?,
        })
    }
}

fn names(field: &'static str, given: Vec<String>) -> Result<Vec<String>, SourceError> {
    let names: Vec<String> = given
        .iter()
        .map(|name| name.trim().trim_start_matches('@').to_lowercase())
        .collect();
    if names.len() > MOST {
        let message = format!("{} are too many; give at most {MOST}", names.len());
        return Err(SourceError::Invalid { field, message });
    }
    match names.iter().find(|name| !is_host(name)) {
        Some(name) => {
            let message = format!("{name:?} is no host name; write it as mx.example.com");
            Err(SourceError::Invalid { field, message })
        }
        None => Ok(names),
    }
}

fn is_host(name: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .chars()
                .all(|c| c.is_alphanumeric() || matches!(c, '-' | '_'))
    };
    (1..=253).contains(&name.len()) && name.split('.').all(is_part)
}
