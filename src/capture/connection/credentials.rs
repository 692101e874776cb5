//! The secrets of a connection: one a line, checked before they are encrypted, never shown again.
use secrecy::{ExposeSecret, SecretString};

use crate::capture::{
    mailbox,
    remote::{Secret, SecretError},
    x,
};

/// Secrets by network. `Debug` shows which kind, never the secrets.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// X: four of an account, or one of an application.
    X(x::Credentials),
    /// Mastodon: an access token.
    Mastodon(Secret),
    /// A mailbox: a password, or what tokens are got with.
    Mailbox(mailbox::Credentials),
}

/// Secrets that cannot be right.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum CredentialsError {
    /// The wrong number of them.
    #[error("{found} secrets were given; {expected}")]
    Count {
        /// How many.
        found: usize,
        /// What would be right.
        expected: &'static str,
    },
    /// No password.
    #[error("the password is too long, or has a character that no keyboard types; copy it again")]
    Unfit,
    /// One of them is no secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
}

impl Credentials {
    /// Reads secrets that were given one a line.
    pub fn parse(kind: &str, lines: &SecretString) -> Result<Credentials, CredentialsError> {
        let lines: Vec<&str> = lines
            .expose_secret()
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        match (kind, lines.as_slice()) {
            ("x", [key, key_secret, token, token_secret]) => Ok(Credentials::X(x::Credentials::account(
                key,
                key_secret,
                token,
                token_secret,
            )?)),
            ("x", [bearer]) => Ok(Credentials::X(x::Credentials::app(bearer)?)),
            ("x", lines) => Err(CredentialsError::Count {
                found: lines.len(),
                expected: "give four, one a line (API key, API key secret, access token, access token secret), \
                           or one (bearer token)",
            }),
            ("mailbox", [_] | [_, _]) => mailbox::Credentials::parse(&lines)
                .map(Credentials::Mailbox)
                .ok_or(CredentialsError::Unfit),
            ("mailbox", lines) => Err(CredentialsError::Count {
                found: lines.len(),
                expected: "give one: the password; or, for tokens, the client's secret, and the refresh token if there is one",
            }),
            (_, [token]) => Ok(Credentials::Mastodon(Secret::parse("access token", token)?)),
            (_, lines) => Err(CredentialsError::Count {
                found: lines.len(),
                expected: "give one: the access token",
            }),
        }
    }

    /// As `parse` reads them.
    pub(super) fn lines(&self) -> SecretString {
        let secrets: Vec<&Secret> = match self {
            Credentials::X(x::Credentials::Account {
                api_key,
                api_key_secret,
                access_token,
                access_token_secret,
            }) => vec![api_key, api_key_secret, access_token, access_token_secret],
            Credentials::X(x::Credentials::App { bearer_token }) => vec![bearer_token],
            Credentials::Mastodon(token) => vec![token],
            Credentials::Mailbox(mailbox) => return mailbox.expose().into(),
        };
        let lines: Vec<&str> = secrets.into_iter().map(Secret::expose).collect();
        lines.join("\n").into()
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Credentials::X(_) => "x",
            Credentials::Mastodon(_) => "mastodon",
            Credentials::Mailbox(_) => "mailbox",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_pasted_with_blank_lines_and_spaces_are_read() {
        let pasted: SecretString = "  key \r\n\nkeysecret\n token\ntokensecret\n\n".into();
        let read = Credentials::parse("x", &pasted).unwrap();
        assert_eq!(read.lines().expose_secret(), "key\nkeysecret\ntoken\ntokensecret");
    }

    #[test]
    fn a_wrong_number_of_secrets_is_told_without_showing_them() {
        let error = Credentials::parse("x", &"hunter2\nhunter3".into()).unwrap_err();
        assert!(error.to_string().starts_with("2 secrets were given"), "{error}");
        assert!(!error.to_string().contains("hunter"), "{error}");
    }
}
