//! An attempt to sign in that is under way. It lies sealed in the visitor's browser: whoever has not begun it there
//! cannot end it, and nothing is kept here of those who turn back.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Trouble;
use crate::{access::session, platform::secret::Secrets};

/// For so long somebody may be at the provider.
pub const WORKS: TimeDelta = TimeDelta::minutes(10);
const ABOUT: &str = "sign_on/attempt";

/// What it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Purpose {
    /// Signing in.
    SignIn,
    /// Signing in once more, since something is to be changed.
    Confirm,
    /// Linking the account that is signed in.
    Link(Uuid),
    /// Linking the account of a link that was handed over.
    LinkBy(Uuid),
}

/// What somebody goes to a provider for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// What it is for.
    pub purpose: Purpose,
    /// Where it leads in the end.
    pub path: Option<String>,
    /// Whether others use the device too.
    pub is_shared: bool,
}

/// An attempt.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Attempt {
    /// At which provider.
    pub provider: Uuid,
    /// What comes back with the visitor.
    pub state: String,
    /// What comes back in the token.
    pub nonce: String,
    /// PKCE: proves that whoever brings the code has begun the attempt.
    pub verifier: String,
    /// Where it leads in the end.
    pub path: Option<String>,
    /// What it is for.
    pub purpose: Purpose,
    /// Whether others use the device too.
    #[serde(default)]
    pub is_shared: bool,
    /// When it began.
    pub begun_at: DateTime<Utc>,
}

impl Attempt {
    pub(super) fn new(provider: Uuid, wanted: Wanted, now: DateTime<Utc>) -> Attempt {
        let random = || session::new_token().expose_secret().to_owned();
        Attempt {
            provider,
            state: random(),
            nonce: random(),
            verifier: random(),
            path: wanted.path,
            purpose: wanted.purpose,
            is_shared: wanted.is_shared,
            begun_at: now,
        }
    }

    /// As it lies in the browser.
    pub(super) fn sealed(&self, secrets: &Secrets) -> Result<String, Trouble> {
        let plain = serde_json::to_vec(self).map_err(|error| Trouble::settings(error.to_string()))?;
        Ok(URL_SAFE_NO_PAD.encode(secrets.seal_bytes(&plain, ABOUT)?))
    }

    /// As it comes back: to this provider, with the same state, in time.
    pub fn opened(
        secrets: &Secrets,
        cookie: Option<&str>,
        provider: Uuid,
        state: &str,
        now: DateTime<Utc>,
    ) -> Result<Attempt, Trouble> {
        let sealed = cookie.and_then(|cookie| URL_SAFE_NO_PAD.decode(cookie).ok());
        let plain = sealed.and_then(|sealed| secrets.open_bytes(&sealed, ABOUT).ok());
        let attempt: Option<Attempt> = plain.and_then(|plain| serde_json::from_slice(&plain).ok());
        let attempt = attempt.ok_or(Trouble::Stale)?;
        let is_same = bool::from(subtle::ConstantTimeEq::ct_eq(
            attempt.state.as_bytes(),
            state.as_bytes(),
        ));
        let age = now - attempt.begun_at;
        if attempt.provider != provider || !is_same || age > WORKS || age < TimeDelta::zero() {
            return Err(Trouble::Stale);
        }
        Ok(attempt)
    }
}
