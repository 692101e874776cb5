//! Webhooks as the Standard Webhooks describe them (version 1.0.0): a thin event, signed with HMAC-SHA256 by the secrets
//! that hold, under an id that stays the same however often it is delivered.
use anyhow::bail;
use base64::{Engine, engine::general_purpose::STANDARD};
use chrono::{DateTime, SecondsFormat, Utc};
use hmac::{Hmac, Mac};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use uuid::Uuid;

use super::{Channel, Delivering, Outcome, Place, Recipient, Refused, Rendered, WrongAddress, http, room};
use crate::{
    deliver::app::DeliverApp,
    deliver::compose::{Message, said::Said},
    template::Language,
};

/// What secrets begin with, before their base64.
const LEAD: &str = "whsec_";
/// There is no such endpoint any more.
const GONE: u16 = 410;

/// The kind `webhook`.
#[derive(Debug)]
pub(super) struct Webhook;

impl Channel for Webhook {
    fn label(&self) -> &str {
        "Webhook"
    }

    fn reach(&self, address: &str) -> Result<(), WrongAddress> {
        let url = http::reach(address)?;
        room::is_of_none(&url, super::WEBHOOK)
    }

    fn new_secret(&self) -> Option<SecretString> {
        let mut random = [0_u8; 32];
        rand::rng().fill_bytes(&mut random);
        Some(SecretString::from(format!("{LEAD}{}", STANDARD.encode(random))))
    }

    fn render(
        &self,
        app: &DeliverApp,
        messages: &[&Message],
        to: &Recipient,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<Rendered>> {
        let (Recipient::Place(place), [message]) = (to, messages) else {
            bail!("an event is one message to one endpoint");
        };
        let Some(said) = message.matter.comment() else {
            return Ok(None);
        };
        let notice = &message.addressed.notice;
        let url = format!("{}/v1/comments/{}", app.config.server.base_url, said.comment.id);
        let body = event(said, notice.created_at, &url);
        Ok(Some(signed(notice.id, body, place, now)?))
    }

    fn trial(&self, app: &DeliverApp, to: &Place, _: Language) -> anyhow::Result<Rendered> {
        let now = app.clock.now();
        let body = written("channel.tested", now, &json!({ "channel_id": to.channel.id }));
        signed(Uuid::now_v7(), body, to, now)
    }

    fn deliver<'a>(
        &'a self,
        app: &'a DeliverApp,
        to: &'a Recipient,
        rendered: &'a Rendered,
    ) -> Delivering<'a> {
        Box::pin(async move {
            match http::post(app, to, rendered).await {
                Ok(answer) if (200..=299).contains(&answer.code) => Outcome::Accepted,
                Ok(answer) if answer.code == GONE => Outcome::Refused(Refused::Recipient {
                    code: GONE,
                    words: String::new(),
                }),
                Ok(answer) => answer.later(),
                Err(outcome) => outcome,
            }
        })
    }
}

/// Ids only: words and names are read through the API, by who may.
fn event(said: &Said, made_at: DateTime<Utc>, url: &str) -> String {
    let told = said.told.iter().map(|told| &told.recognition);
    let recognitions: Vec<_> = told
        .map(|one| json!({ "id": one.id, "staff_id": one.staff_id, "site_id": one.site_id }))
        .collect();
    let data = json!({
        "comment_id": said.comment.id,
        "comment_url": url,
        "recognitions": recognitions,
    });
    written("recognition.created", made_at, &data)
}

fn written(name: &str, at: DateTime<Utc>, data: &Value) -> String {
    let at = at.to_rfc3339_opts(SecondsFormat::Millis, true);
    json!({ "type": name, "timestamp": at, "data": data }).to_string()
}

fn signed(about: Uuid, body: String, to: &Place, now: DateTime<Utc>) -> anyhow::Result<Rendered> {
    let (id, at) = (format!("msg_{}", about.simple()), now.timestamp());
    let signed = format!("{id}.{at}.{body}");
    let signatures = to.secrets.iter().map(|secret| sign(secret, &signed));
    let signatures: Vec<String> = signatures.collect::<Result<_, _>>()?;
    Ok(Rendered {
        about,
        headers: vec![
            ("webhook-id", id),
            ("webhook-timestamp", at.to_string()),
            ("webhook-signature", signatures.join(" ")),
        ],
        body: body.into_bytes(),
    })
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
