//! What opens a mailbox.
use secrecy::{ExposeSecret, SecretString};

/// Longest line that is taken for a secret; tokens have up to some thousand characters.
const LONGEST: usize = 10_000;

/// A password. `Debug` does not show it.
#[derive(Clone, Debug)]
pub struct Credentials {
    password: SecretString,
}

impl Credentials {
    /// A password as it was pasted: blanks within it may be part of it.
    #[must_use]
    pub fn parse(line: &str) -> Option<Credentials> {
        let line = line.trim();
        let is_one = (1..=LONGEST).contains(&line.len()) && !line.chars().any(char::is_control);
        is_one.then(|| Credentials {
            password: line.to_owned().into(),
        })
    }

    /// The password itself, for the one place that sends it or encrypts it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.password.expose_secret()
    }
}
