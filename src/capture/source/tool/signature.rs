//! Whether a push comes from whom it says: how a tool signs is data, checking is here. Always over the bytes as they
//! came, and in constant time.
use std::sync::LazyLock;

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
    /// The HMAC that the Standard Webhooks agree on.
    StandardWebhooks,
    /// One of several: what one tool sends of its own accord may be signed otherwise than what people let it send.
    Any { of: Vec<Signature> },
}

/// <https://www.standardwebhooks.com>, version 1 with a shared secret.
static STANDARD_WEBHOOKS: LazyLock<HmacScheme> = LazyLock::new(|| HmacScheme {
    hash: Hash::Sha256,
    encoding: Encoding::Base64,
    header: Some("webhook-signature".to_owned()),
    field: None,
    prefix: "v1,".to_owned(),
    signed: "{header:webhook-id}.{header:webhook-timestamp}.{body}".to_owned(),
    key: first_secret(),
    key_base64_after: Some("whsec_".to_owned()),
    time_header: Some("webhook-timestamp".to_owned()),
});

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
        match self {
            Signature::Address => false,
            Signature::Any { of } => of.iter().all(Signature::needs_secret),
            Signature::Token { .. } | Signature::Hmac(_) | Signature::StandardWebhooks => true,
        }
    }

    /// The one HMAC by which everything is signed; none where there is another way.
    #[must_use]
    pub fn hmac(&self) -> Option<&HmacScheme> {
        match self {
            Signature::Hmac(scheme) => Some(scheme),
            Signature::StandardWebhooks => Some(&STANDARD_WEBHOOKS),
            Signature::Address | Signature::Token { .. } | Signature::Any { .. } => None,
        }
    }

    /// What makes it impossible to check anything, with so many secrets.
    pub(super) fn check(&self, secrets: usize) -> Result<(), String> {
        match self {
            Signature::Address => Ok(()),
            Signature::Any { of } if of.is_empty() => Err("signature.of is empty; list two".to_owned()),
            Signature::Any { of } => of.iter().try_for_each(|one| one.check(secrets)),
            Signature::Token { .. } | Signature::StandardWebhooks if secrets == 0 => {
                Err("signature needs a secret; say in `secrets` what it is called".to_owned())
            }
            Signature::Token { .. } | Signature::StandardWebhooks => Ok(()),
            Signature::Hmac(scheme) => scheme.check(secrets),
        }
    }

    /// Whether these secrets are of the kind that it signs with.
    pub(in crate::capture::source) fn takes(&self, secrets: &[&str]) -> bool {
        let has_key = |scheme: &HmacScheme| scheme.key(secrets).is_ok_and(|key| !key.is_empty());
        match self {
            Signature::Address | Signature::Token { .. } => true,
            Signature::Hmac(scheme) => has_key(scheme),
            Signature::StandardWebhooks => has_key(&STANDARD_WEBHOOKS),
            Signature::Any { of } => of.iter().all(|one| one.takes(secrets)),
        }
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
            Signature::StandardWebhooks => STANDARD_WEBHOOKS.verify(push, secrets),
            Signature::Any { of } => verify_any(of, push, secrets),
        }
    }
}

/// What was signed one way and wrongly is refused for that, not for what it lacks of another way.
fn verify_any(of: &[Signature], push: &Envelope<'_>, secrets: &[&str]) -> Result<(), Refusal> {
    let mut refusal = Refusal::Unsigned;
    for one in of {
        match one.verify(push, secrets) {
            Ok(()) => return Ok(()),
            Err(Refusal::Unsigned) => {}
            Err(other) => refusal = other,
        }
    }
    Err(refusal)
}

impl HmacScheme {
    fn check(&self, secrets: usize) -> Result<(), String> {
        if self.header.is_none() && self.field.is_none() {
            return Err("signature names neither a header nor a field in which it stands".to_owned());
        }
        let is_secret = |name: &str| {
            let number = name.parse::<usize>();
            let is_there = number.is_ok_and(|number| (1..=secrets).contains(&number));
            is_there.then(Vec::new)
        };
        if fill(&self.key, is_secret).is_none() {
            return Err(format!(
                "signature.key {:?} names a secret that is not there; there are {secrets}",
                self.key
            ));
        }
        let is_part = |name: &str| {
            let is_named = name.starts_with("header:") || name.starts_with("field:");
            (is_named || ["body", "url", "fields"].contains(&name)).then(Vec::new)
        };
        if fill(&self.signed, is_part).is_none() {
            return Err(format!(
                "signature.signed {:?} cannot be read; it is made of {{body}}, {{url}}, {{fields}}, {{header:NAME}} and {{field:NAME}}",
                self.signed
            ));
        }
        Ok(())
    }

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
            // Twilio's own validators count a pair once, however often it was sent.
            fields.dedup();
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

/// None where it stands more than once: what is signed must be what is read.
fn form_field(body: &[u8], name: &str) -> Option<String> {
    let mut named = form_urlencoded::parse(body).filter(|(field, _)| field == name);
    match (named.next(), named.next()) {
        (Some((_, value)), None) => Some(value.into_owned()),
        _ => None,
    }
}
