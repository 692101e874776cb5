//! Webhooks as the Standard Webhooks describe them (version 1.0.0): a thin event, signed with HMAC-SHA256 by the secrets
//! that hold, under an id that stays the same however often it is delivered.
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, Mac};
use rand::RngCore;
use reqwest::Url;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use sha2::Sha256;

use super::{Channel, Message, Recipient, Request};

/// What secrets begin with, before their base64.
const LEAD: &str = "whsec_";

/// The kind `webhook`.
#[derive(Debug)]
pub(super) struct Webhook;

impl Channel for Webhook {
    fn reach(&self, address: &Url) -> Result<(), String> {
        let is_this_machine = matches!(address.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        match address.scheme() {
            "https" => Ok(()),
            "http" if is_this_machine => Ok(()),
            _ => Err("it must begin with https://".to_owned()),
        }
    }

    fn new_secret(&self) -> Option<SecretString> {
        let mut random = [0_u8; 32];
        rand::rng().fill_bytes(&mut random);
        Some(SecretString::from(format!("{LEAD}{}", STANDARD.encode(random))))
    }

    fn render(&self, message: &Message, to: &Recipient, now: DateTime<Utc>) -> anyhow::Result<Request> {
        let (id, at, body) = (
            format!("msg_{}", message.id.simple()),
            now.timestamp(),
            event(message),
        );
        let signed = format!("{id}.{at}.{body}");
        let signatures: Vec<String> = to
            .secrets
            .iter()
            .map(|secret| sign(secret, &signed))
            .collect::<Result<_, _>>()?;
        Ok(Request {
            headers: vec![
                ("webhook-id", id),
                ("webhook-timestamp", at.to_string()),
                ("webhook-signature", signatures.join(" ")),
            ],
            body,
        })
    }
}

/// Ids only: words and names are read through the API, by who may.
fn event(message: &Message) -> String {
    let recognitions: Vec<_> = message
        .recognitions
        .iter()
        .map(|one| json!({ "id": one.id, "staff_id": one.staff, "site_id": one.site }))
        .collect();
    let event = json!({
        "type": "recognition.created",
        "timestamp": message.made_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "data": {
            "comment_id": message.comment,
            "comment_url": message.url,
            "recognitions": recognitions,
        },
    });
    event.to_string()
}

fn sign(secret: &SecretString, signed: &str) -> anyhow::Result<String> {
    let secret = secret.expose_secret();
    let key = STANDARD.decode(secret.strip_prefix(LEAD).unwrap_or(secret))?;
    let mut mac = Hmac::<Sha256>::new_from_slice(&key)?;
    mac.update(signed.as_bytes());
    Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_specification_is_signed_as_it_says() {
        let secret = SecretString::from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        assert_eq!(
            sign(&secret, signed).unwrap(),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }
}
