//! One call to a tool: no private network but those that are allowed, no redirect with the key, bounded in time and size.
use std::{error::Error, time::Duration};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{
    Response, Url,
    header::{HeaderName, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use serde_json::Value;

use crate::capture::remote::{Hang, Networks, RateLimit, ReadError, Resolver, connection_failure};

/// The whole call, from the name's look-up to the last byte.
const TIMEOUT: Duration = Duration::from_secs(45);
/// Largest answer that is taken: a page of long answers.
const MOST: usize = 16 << 20;
/// Of the tool's own words.
const SAID_CHARS: usize = 300;
/// Where tools say why they refuse.
const REASONS: [&str; 6] = [
    "/error/message",
    "/meta/error/errorMessage",
    "/error_description",
    "/message",
    "/msg",
    "/error",
];

/// Asks for what stands at an address.
pub(super) async fn get(
    networks: Networks,
    address: Url,
    (name, value): (String, String),
    now: DateTime<Utc>,
) -> Result<Vec<u8>, ReadError> {
    networks.check(&address)?;
    let host = address.host_str().unwrap_or_default().to_owned();
    let unfit = |_| ReadError::BadQuestion {
        said: "the key cannot stand in a header".to_owned(),
    };
    let name = HeaderName::try_from(name).map_err(|_| ReadError::BadQuestion {
        said: "the tool's header has no name".to_owned(),
    })?;
    let mut value = HeaderValue::try_from(value).map_err(unfit)?;
    value.set_sensitive(true);
    // Whoever was first to choose ring chose the same: an error here is no failure.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let http = reqwest::Client::builder()
        .user_agent(concat!("plaudit/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .timeout(TIMEOUT)
        .dns_resolver(Resolver::beside_proxy(networks, &host))
        .build()
        .map_err(|error| broken(&error))?;
    let question = http
        .get(address)
        .header("accept", "application/json")
        .header(name, value);
    take(question.send().await.map_err(|error| broken(&error))?, now).await
}

async fn take(mut answer: Response, now: DateTime<Utc>) -> Result<Vec<u8>, ReadError> {
    let (status, resets_at) = (answer.status().as_u16(), retry_after(&answer, now));
    let mut body = Vec::new();
    while let Some(bytes) = answer.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + bytes.len() > MOST {
            return Err(ReadError::Oversize { limit: MOST });
        }
        body.extend_from_slice(&bytes);
    }
    match status {
        200..300 => Ok(body),
        status => Err(meaning(status, resets_at, said(&body))),
    }
}

fn meaning(status: u16, resets_at: Option<DateTime<Utc>>, said: String) -> ReadError {
    match status {
        429 => ReadError::RateLimited {
            rate: RateLimit {
                resets_at,
                ..RateLimit::default()
            },
        },
        300..400 => ReadError::Moved { status },
        401 => ReadError::Unauthorized {
            said,
            server_time: None,
            blames_clock: false,
        },
        403 => ReadError::Forbidden { said },
        404 | 410 => ReadError::NotFound { said },
        409 => ReadError::Conflict { said },
        400..500 => ReadError::BadQuestion { said },
        status => ReadError::ServiceFailed { status },
    }
}

/// Seconds, or a date (RFC 9110, 10.2.3).
fn retry_after(answer: &Response, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let value = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    match value.parse::<u32>() {
        Ok(seconds) => Some(now + TimeDelta::seconds(i64::from(seconds))),
        Err(_) => Some(DateTime::parse_from_rfc2822(value).ok()?.with_timezone(&Utc)),
    }
}

fn said(body: &[u8]) -> String {
    let refusal: Option<Value> = serde_json::from_slice(body).ok();
    let reason = refusal
        .as_ref()
        .and_then(|refusal| REASONS.iter().find_map(|place| refusal.pointer(place)?.as_str()));
    let words: Vec<&str> = reason.unwrap_or("no reason given").split_whitespace().collect();
    words.join(" ").chars().take(SAID_CHARS).collect()
}

/// The causes alone: reqwest's outermost error repeats the address.
fn broken(error: &reqwest::Error) -> ReadError {
    match error.is_timeout() {
        true => ReadError::Hung(Hang::Altogether),
        false => connection_failure(error.source()),
    }
}
