//! Who we are to X.

use crate::capture::remote::{Secret, SecretError};

/// Secrets of an application at X. `Debug` shows which kind, never the secrets.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// OAuth 1.0a: the application acting for the company's account. With an application that this account
    /// owns, reading its mentions costs a fifth.
    Account {
        /// "API key".
        api_key: Secret,
        /// "API key secret".
        api_key_secret: Secret,
        /// "Access token".
        access_token: Secret,
        /// "Access token secret".
        access_token_secret: Secret,
    },
    /// OAuth 2.0 app-only: the application itself.
    App {
        /// "Bearer token".
        bearer_token: Secret,
    },
}

impl Credentials {
    /// The four keys of "OAuth 1.0 Keys" in X's console.
    ///
    /// # Errors
    /// Names the one that cannot be right.
    pub fn account(
        api_key: &str,
        api_key_secret: &str,
        access_token: &str,
        access_token_secret: &str,
    ) -> Result<Self, SecretError> {
        Ok(Self::Account {
            api_key: Secret::parse("API key", api_key)?,
            api_key_secret: Secret::parse("API key secret", api_key_secret)?,
            access_token: Secret::parse("access token", access_token)?,
            access_token_secret: Secret::parse("access token secret", access_token_secret)?,
        })
    }

    /// The application's bearer token.
    ///
    /// # Errors
    /// When it cannot be a token.
    pub fn app(bearer_token: &str) -> Result<Self, SecretError> {
        Ok(Self::App {
            bearer_token: Secret::parse("bearer token", bearer_token)?,
        })
    }
}
