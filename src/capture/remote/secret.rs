//! A token or key as an administrator pasted it, checked before it can do harm.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

/// A token or key: trimmed, printable ASCII, never shown by `Debug`.
#[derive(Clone)]
pub struct Secret(SecretString);

/// Why a pasted secret cannot be right.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SecretError {
    /// Nothing was given.
    #[error("the {name} is empty")]
    Empty {
        /// What the secret is called where it was issued.
        name: &'static str,
    },
    /// It holds something no token holds: a space, a line break, a letter outside ASCII.
    #[error(
        "the {name} has a character that no token has (a space, a line break, a letter with an accent): copy it again"
    )]
    NotAToken {
        /// What the secret is called where it was issued.
        name: &'static str,
    },
}

impl Secret {
    /// Trims and checks a secret; `name` says which one is meant in an error.
    ///
    /// # Errors
    /// When it is empty or holds characters that cannot travel in a header.
    pub fn parse(name: &'static str, text: &str) -> Result<Self, SecretError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(SecretError::Empty { name });
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(SecretError::NotAToken { name });
        }
        Ok(Self(text.to_owned().into()))
    }

    /// The secret itself, for the one place that sends it or encrypts it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_from_a_file_loses_its_line_break() {
        assert_eq!(
            Secret::parse("bearer token", "AAAA%3Dbbb\n").unwrap().expose(),
            "AAAA%3Dbbb"
        );
    }

    #[test]
    fn what_cannot_be_a_token_is_refused_by_name() {
        assert_eq!(
            Secret::parse("API key", " ").unwrap_err(),
            SecretError::Empty { name: "API key" }
        );
        for text in ["two words", "line\nbreak", "schlüssel"] {
            let error = Secret::parse("API key", text).unwrap_err();
            assert_eq!(error, SecretError::NotAToken { name: "API key" });
            assert!(!error.to_string().contains(text));
        }
    }

    #[test]
    fn a_secret_is_not_shown_by_debug() {
        let secret = Secret::parse("API key", "hunter2").unwrap();
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}
