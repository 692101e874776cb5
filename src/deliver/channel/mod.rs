//! Ways by which notices leave beside mail: rooms and endpoints that an administrator adds. What they have in common is
//! here and in [`super::call`]; what a kind is particular in is a file of its own, and a line in [`of_kind`].
pub mod manage;
pub(crate) mod pass_on;
mod webhook;

use std::{future::Future, pin::Pin, time::Duration};

use chrono::{DateTime, Utc};
use entity::channel;
use reqwest::{Url, redirect::Policy};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use crate::{
    capture::remote::{Networks, Resolver},
    deliver::app::DeliverApp,
};

/// How long an endpoint may take for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a notice tells, whichever channel it leaves by. Rooms and endpoints are told of praise.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The notice: the same however often it is delivered.
    pub(crate) id: Uuid,
    pub(crate) made_at: DateTime<Utc>,
    pub(crate) comment: Uuid,
    pub(crate) recognitions: Vec<Praised>,
    /// The comment in the API.
    pub(crate) url: String,
}

/// A recognition that stands.
#[derive(Clone, Debug)]
pub(crate) struct Praised {
    pub(crate) id: Uuid,
    pub(crate) staff: Option<Uuid>,
    pub(crate) site: Option<Uuid>,
}

/// Where a room or endpoint is, and what signs for it.
#[derive(Clone, Debug)]
pub(crate) struct Recipient {
    pub(crate) address: Url,
    /// The newest first.
    pub(crate) secrets: Vec<SecretString>,
}

/// What is sent, by POST.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Somebody else is responsible for it.
    Accepted,
    /// The recipient is no more.
    RefusedForGood { code: u16 },
    /// It may be accepted later, not before `at` where the other side said so.
    Later {
        code: Option<u16>,
        why: String,
        at: Option<DateTime<Utc>>,
    },
}

/// The future of an attempt.
pub(crate) type Delivering<'a> = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

/// A kind of rooms or endpoints.
pub(crate) trait Channel: Send + Sync {
    /// Whether an address can be one of this kind; else what would be right.
    fn reach(&self, address: &Url) -> Result<(), String>;

    /// A new secret, as the other side is told it; none for kinds whose address is the secret.
    fn new_secret(&self) -> Option<SecretString>;

    /// Puts a message into the form of the kind, signed at this time.
    fn render(&self, message: &Message, to: &Recipient, now: DateTime<Utc>) -> anyhow::Result<Request>;

    /// Hands a request over.
    fn deliver<'a>(
        &'a self,
        client: &'a reqwest::Client,
        to: &'a Recipient,
        request: Request,
        now: DateTime<Utc>,
    ) -> Delivering<'a> {
        Box::pin(post(client, to, request, now))
    }
}

/// The kinds that there are.
pub(crate) const KINDS: &[(&str, &dyn Channel)] = &[("webhook", &webhook::Webhook)];

/// The kind of a name.
pub(crate) fn of_kind(name: &str) -> Option<&'static dyn Channel> {
    let found = KINDS.iter().find(|(kind, _)| *kind == name);
    found.map(|(_, channel)| *channel)
}

/// Opens what is kept of a channel.
pub(crate) fn recipient(app: &DeliverApp, channel: &channel::Model) -> anyhow::Result<Recipient> {
    let about = about(channel.organisation_id, channel.id);
    let address = app.secrets.open(&channel.address, &about)?;
    let secrets = app.secrets.open(&channel.secrets, &about)?;
    Ok(Recipient {
        address: address.expose_secret().parse()?,
        secrets: secrets.expose_secret().lines().map(SecretString::from).collect(),
    })
}

/// What sealed values of a channel are bound to.
fn about(organisation: Uuid, channel: Uuid) -> String {
    format!("{organisation}/channel/{channel}")
}

/// A client that reaches this recipient and no private network, and follows nothing.
pub(crate) fn client(app: &DeliverApp, to: &Recipient) -> anyhow::Result<reqwest::Client> {
    let networks = Networks::and(&app.config.outbound.allowed_private_networks);
    networks.check(&to.address)?;
    let host = to.address.host_str().unwrap_or_default();
    Ok(reqwest::Client::builder()
        .user_agent(concat!("plaudit/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .timeout(PATIENCE)
        .no_proxy()
        .dns_resolver(Resolver::of(networks, host))
        .build()?)
}

async fn post(client: &reqwest::Client, to: &Recipient, request: Request, now: DateTime<Utc>) -> Outcome {
    let mut call = client
        .post(to.address.clone())
        .header("content-type", "application/json");
    for (name, value) in request.headers {
        call = call.header(name, value);
    }
    let answer = match call.body(request.body).send().await {
        Ok(answer) => answer,
        // Without its address, which may be a secret.
        Err(error) => return later(None, error.without_url().to_string(), None),
    };
    let code = answer.status().as_u16();
    match code {
        200..=299 => Outcome::Accepted,
        410 => Outcome::RefusedForGood { code },
        _ => {
            let wait = answer
                .headers()
                .get("retry-after")
                .and_then(|value| value.to_str().ok());
            let at = wait.and_then(|seconds| seconds.parse().ok()).map(|seconds: u32| {
                now + chrono::TimeDelta::seconds(i64::from(seconds.min(LONGEST_ASKED_WAIT)))
            });
            later(Some(code), format!("it answers {code}"), at)
        }
    }
}

/// Seconds; nobody makes us wait for longer than a day.
const LONGEST_ASKED_WAIT: u32 = 24 * 3600;

fn later(code: Option<u16>, why: String, at: Option<DateTime<Utc>>) -> Outcome {
    Outcome::Later { code, why, at }
}
