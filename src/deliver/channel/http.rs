//! Requests to addresses that somebody typed: no private network, no redirect, no proxy, an answer that is read in part.
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Response, Url, header, redirect::Policy};

use super::{Outcome, Place, Recipient, Rendered, WrongAddress};
use crate::{
    capture::remote::{Networks, Resolver},
    deliver::app::DeliverApp,
};

/// How long an endpoint may take for an answer.
const TIMEOUT: Duration = Duration::from_secs(20);
/// Bytes of an answer that are read.
const READ: usize = 4096;
/// Nobody makes us wait for longer.
const LONGEST_ASKED_WAIT: TimeDelta = TimeDelta::days(1);

/// What the other side said.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) code: u16,
    /// Its beginning.
    pub(super) body: String,
    /// Not before.
    pub(super) at: Option<DateTime<Utc>>,
}

impl Answer {
    /// For another attempt.
    pub(super) fn later(&self) -> Outcome {
        Outcome::Later {
            code: Some(self.code),
            why: match self.code {
                200..=299 => format!("it answers {}, and not that it took the message", self.code),
                code => format!("it answers {code}"),
            },
            at: self.at,
            is_away: true,
        }
    }
}

/// Whether an address can be called at all; else what would be right.
pub(super) fn reach(address: &str) -> Result<Url, WrongAddress> {
    let wrong = WrongAddress::Malformed("it should look like https://example.org/hooks/plaudit");
    let url: Url = address.parse().map_err(|_| wrong)?;
    let is_this_machine = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_this_machine => Ok(url),
        _ => Err(WrongAddress::Malformed("it must begin with https://")),
    }
}

/// Posts JSON; `Err` where there was no answer.
pub(super) async fn post(app: &DeliverApp, to: &Recipient, rendered: &Rendered) -> Result<Answer, Outcome> {
    let Recipient::Place(place) = to else {
        return Err(Outcome::later("this is no room or endpoint"));
    };
    let client = client(app, place).map_err(|error| Outcome::later(error.to_string()))?;
    let mut call = client
        .post(place.address.clone())
        .header(header::CONTENT_TYPE, "application/json");
    for (name, value) in &rendered.headers {
        call = call.header(*name, value);
    }
    let sent = call.body(rendered.body.clone()).send().await;
    // Without its address, which may be a secret.
    let answer = sent.map_err(|error| Outcome::later(error.without_url().to_string()))?;
    Ok(Answer {
        code: answer.status().as_u16(),
        at: retry_after(&answer, app.clock.now()),
        body: beginning(answer).await,
    })
}

fn client(app: &DeliverApp, place: &Place) -> anyhow::Result<reqwest::Client> {
    let networks = Networks::and(&app.config.outbound.allowed_private_networks);
    networks.check(&place.address)?;
    let host = place.address.host_str().unwrap_or_default();
    Ok(reqwest::Client::builder()
        .user_agent(concat!("plaudit/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .timeout(TIMEOUT)
        .no_proxy()
        .dns_resolver(Resolver::of(networks, host))
        .build()?)
}

/// Seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(answer: &Response, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let value = answer.headers().get(header::RETRY_AFTER)?.to_str().ok()?;
    let at = match value.parse::<u32>() {
        Ok(seconds) => now + TimeDelta::seconds(i64::from(seconds)),
        Err(_) => DateTime::parse_from_rfc2822(value).ok()?.with_timezone(&Utc),
    };
    Some(at.min(now + LONGEST_ASKED_WAIT))
}

/// An answer that breaks off is what came of it: the status was there.
async fn beginning(mut answer: Response) -> String {
    let mut bytes = Vec::new();
    while bytes.len() < READ {
        match answer.chunk().await {
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) | Err(_) => break,
        }
    }
    bytes.truncate(READ);
    String::from_utf8_lossy(&bytes).into_owned()
}
