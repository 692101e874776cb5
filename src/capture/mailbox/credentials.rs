//! What opens a mailbox.
use secrecy::{ExposeSecret, SecretString};

/// Longest line that is taken for a secret; tokens have up to some thousand characters.
const LONGEST: usize = 10_000;
/// Stands in place of a secret that a client does not have.
const NONE: &str = "-";

/// A password; or a client's secret, and the refresh token of somebody who let it in. `Debug` does not show them.
#[derive(Clone, Debug)]
pub struct Credentials {
    first: SecretString,
    refresh_token: Option<SecretString>,
}

impl Credentials {
    /// Secrets as they were pasted, one a line: blanks within a password may be part of it.
    #[must_use]
    pub fn parse(lines: &[&str]) -> Option<Credentials> {
        let (first, refresh_token) = match lines {
            [first] => (first, None),
            [first, token] => (first, Some(token)),
            _ => return None,
        };
        let line = |line: &&str| {
            let line = line.trim();
            let is_one = (1..=LONGEST).contains(&line.len()) && !line.chars().any(char::is_control);
            is_one.then(|| SecretString::from(line))
        };
        Some(Credentials {
            first: line(first)?,
            refresh_token: match refresh_token {
                Some(token) => Some(line(token)?),
                None => None,
            },
        })
    }

    /// As `parse` reads them, for the one place that encrypts them.
    #[must_use]
    pub fn expose(&self) -> String {
        let lines = [Some(self.password()), self.refresh_token()];
        lines.into_iter().flatten().collect::<Vec<_>>().join("\n")
    }

    pub(super) fn is_password(&self) -> bool {
        self.refresh_token.is_none()
    }

    pub(super) fn password(&self) -> &str {
        self.first.expose_secret()
    }

    pub(super) fn client_secret(&self) -> Option<&str> {
        Some(self.password()).filter(|secret| *secret != NONE)
    }

    pub(super) fn refresh_token(&self) -> Option<&str> {
        self.refresh_token.as_ref().map(ExposeSecret::expose_secret)
    }

    /// With another refresh token; none where there is none, or it is the same.
    pub(super) fn with_refresh_token(&self, token: &str) -> Option<Credentials> {
        let is_other = self.refresh_token().is_some_and(|held| held != token);
        let other = Credentials::parse(&[self.password(), token]);
        other.filter(|_| is_other)
    }
}
