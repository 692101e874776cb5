//! Whether a push comes from whom it says: how a tool signs is data, checking is here. Always over the bytes as they
//! came, and in constant time.
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, TimeDelta, Utc};
use hmac::{Hmac, Mac, digest::KeyInit};
use serde::Deserialize;
use sha1::Sha1;
use sha2::{Sha256, Sha512};
use subtle::ConstantTimeEq;

/// How a tool shows that it is itself.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "scheme", rename_all = "snake_case", deny_unknown_fields)]
pub enum Signature {
    /// Nothing but the address, which nobody can guess.
    Address,
    /// A fixed secret in a header.
    Token {
        header: String,
        #[serde(default)]
        prefix: String,
    },
    /// An HMAC.
    Hmac(HmacScheme),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HmacScheme {
    pub hash: Hash,
    pub encoding: Encoding,
    /// Where it stands: a header, or a field of a form.
    pub header: Option<String>,
    pub field: Option<String>,
    #[serde(default)]
    pub prefix: String,
    /// What is signed: `{body}`, `{url}`, `{fields}` (sorted, names and values), `{header:NAME}`, `{field:NAME}`.
    #[serde(default = "whole_body")]
    pub signed: String,
    /// The key: `{1}` is the first secret.
    #[serde(default = "first_secret")]
    pub key: String,
    /// The secret is base 64 behind this.
    pub key_base64_after: Option<String>,
    /// The header with the time of sending; a push older or newer than five minutes is refused.
    pub time_header: Option<String>,
}

fn whole_body() -> String {
    "{body}".to_owned()
}

fn first_secret() -> String {
    "{1}".to_owned()
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hash {
    Sha1,
    Sha256,
    Sha512,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    Hex,
    Base64,
}

/// How far a sender's clock may be off, and how long a push may be under way.
const WINDOW: TimeDelta = TimeDelta::minutes(5);

/// A request as it came.
pub struct Envelope<'a> {
    /// By name; letter case does not matter.
    pub header: &'a (dyn Fn(&str) -> Option<String> + Sync),
    pub body: &'a [u8],
    /// The whole address that was called.
    pub url: &'a str,
    pub now: DateTime<Utc>,
}

/// Why a push is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("it has no signature where one must stand")]
    Unsigned,
    #[error("its signature is another than the secret makes")]
    Wrong,
    #[error("it was signed more than five minutes before or after it came")]
    Stale,
    #[error("the source has no secret; enter it")]
    NoSecret,
}

impl Signature {
    /// Whether it needs secrets to check anything.
    #[must_use]
    pub fn needs_secret(&self) -> bool {
        !matches!(self, Signature::Address)
    }

    /// Checks a push against the source's secrets.
    pub fn verify(&self, push: &Envelope<'_>, secrets: &[&str]) -> Result<(), Refusal> {
        match self {
            Signature::Address => Ok(()),
            Signature::Token { header, prefix } => {
                let given = (push.header)(header).ok_or(Refusal::Unsigned)?;
                let given = given.strip_prefix(prefix.as_str()).ok_or(Refusal::Unsigned)?;
                let secret = secrets.first().ok_or(Refusal::NoSecret)?;
                is_equal(given.as_bytes(), secret.as_bytes())
            }
            Signature::Hmac(scheme) => scheme.verify(push, secrets),
        }
    }
}

impl HmacScheme {
    fn verify(&self, push: &Envelope<'_>, secrets: &[&str]) -> Result<(), Refusal> {
        let given = self.given(push).ok_or(Refusal::Unsigned)?;
        self.check_time(push)?;
        let signed = fill(&self.signed, |name| part(name, push)).ok_or(Refusal::Unsigned)?;
        let made = self.hash.mac(&self.key(secrets)?, &signed);
        let made = match self.encoding {
            Encoding::Hex => made.iter().map(|byte| format!("{byte:02x}")).collect(),
            Encoding::Base64 => STANDARD.encode(made),
        };
        // While a secret is replaced a sender may sign with both.
        let mut signatures = given
            .split_whitespace()
            .filter_map(|one| one.strip_prefix(&self.prefix));
        match signatures.any(|one| is_equal(one.as_bytes(), made.as_bytes()).is_ok()) {
            true => Ok(()),
            false => Err(Refusal::Wrong),
        }
    }

    fn given(&self, push: &Envelope<'_>) -> Option<String> {
        match (&self.header, &self.field) {
            (Some(header), _) => (push.header)(header),
            (None, Some(field)) => form_field(push.body, field),
            (None, None) => None,
        }
    }

    fn check_time(&self, push: &Envelope<'_>) -> Result<(), Refusal> {
        let Some(header) = &self.time_header else {
            return Ok(());
        };
        let said = (push.header)(header).ok_or(Refusal::Unsigned)?;
        let seconds = said.parse().ok().and_then(|at| DateTime::from_timestamp(at, 0));
        let at = seconds.or_else(|| said.parse().ok()).ok_or(Refusal::Stale)?;
        match (push.now - at).abs() <= WINDOW {
            true => Ok(()),
            false => Err(Refusal::Stale),
        }
    }

    fn key(&self, secrets: &[&str]) -> Result<Vec<u8>, Refusal> {
        let secret = |name: &str| {
            let number: usize = name.parse().ok()?;
            let secret = secrets.get(number.checked_sub(1)?)?;
            Some(secret.as_bytes().to_vec())
        };
        let key = fill(&self.key, secret).ok_or(Refusal::NoSecret)?;
        let Some(prefix) = &self.key_base64_after else {
            return Ok(key);
        };
        let key = key.strip_prefix(prefix.as_bytes()).unwrap_or(&key);
        STANDARD.decode(key).map_err(|_| Refusal::NoSecret)
    }
}

impl Hash {
    fn mac(self, key: &[u8], message: &[u8]) -> Vec<u8> {
        match self {
            Hash::Sha1 => mac::<Hmac<Sha1>>(key, message),
            Hash::Sha256 => mac::<Hmac<Sha256>>(key, message),
            Hash::Sha512 => mac::<Hmac<Sha512>>(key, message),
        }
    }
}

fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length.
    let Ok(mac) = <M as KeyInit>::new_from_slice(key) else {
        return Vec::new();
    };
    mac.chain_update(message).finalize().into_bytes().to_vec()
}

fn is_equal(given: &[u8], right: &[u8]) -> Result<(), Refusal> {
    match bool::from(given.ct_eq(right)) && !right.is_empty() {
        true => Ok(()),
        false => Err(Refusal::Wrong),
    }
}

/// A template with what its names stand for; none where one of them is missing.
fn fill(template: &str, named: impl Fn(&str) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
    let mut filled = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after.split_once('}')?;
        filled.extend_from_slice(before.as_bytes());
        filled.extend(named(name)?);
        rest = after;
    }
    filled.extend_from_slice(rest.as_bytes());
    Some(filled)
}

fn part(name: &str, push: &Envelope<'_>) -> Option<Vec<u8>> {
    match name.split_once(':') {
        Some(("header", name)) => Some((push.header)(name)?.into_bytes()),
        Some(("field", name)) => Some(form_field(push.body, name)?.into_bytes()),
        _ if name == "body" => Some(push.body.to_vec()),
        _ if name == "url" => Some(push.url.as_bytes().to_vec()),
        _ if name == "fields" => {
            let mut fields: Vec<(String, String)> = form_urlencoded::parse(push.body).into_owned().collect();
            fields.sort();
            Some(
                fields
                    .into_iter()
                    .map(|(name, value)| name + &value)
                    .collect::<String>()
                    .into_bytes(),
            )
        }
        _ => None,
    }
}

fn form_field(body: &[u8], name: &str) -> Option<String> {
    form_urlencoded::parse(body)
        .find(|(field, _)| field == name)
        .map(|(_, value)| value.into_owned())
}
