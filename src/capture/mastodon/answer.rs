//! What an answer of Mastodon means.

use std::error::Error;

use chrono::{DateTime, Utc};
use reqwest::{Response, header::HeaderMap};
use serde::{Deserialize, de::DeserializeOwned};

use crate::capture::remote::{CallLimits, Hang, RateLimit, ReadError, connection_failure, within};

/// Longest piece of the service's own words we repeat, in characters.
const SAID_CHARS: usize = 300;

/// An answer with any status, unread.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) rate: RateLimit,
    pub(super) link: Option<String>,
    server_time: Option<DateTime<Utc>>,
    body: Vec<u8>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
    error_description: Option<String>,
}

impl Answer {
    /// Takes the body, within our limits.
    pub(super) async fn take(mut response: Response, limits: CallLimits) -> Result<Self, ReadError> {
        let headers = response.headers();
        let mut answer = Self {
            status: response.status().as_u16(),
            rate: RateLimit::from_headers(|name| text(headers, name)),
            link: text(headers, "link").map(str::to_owned),
            server_time: text(headers, "date").and_then(rfc_2822),
            body: Vec::new(),
        };
        while let Some(bytes) = within(limits.piece, Hang::InBody, response.chunk())
            .await?
            .map_err(|e| broken(&e))?
        {
            if answer.body.len() + bytes.len() > limits.body_bytes {
                return Err(ReadError::Oversize {
                    limit: limits.body_bytes,
                });
            }
            answer.body.extend_from_slice(&bytes);
        }
        Ok(answer)
    }

    /// The body of a success, only after the status is known to be one.
    pub(super) fn success<T: DeserializeOwned>(&self) -> Result<T, ReadError> {
        if !(200..300).contains(&self.status) {
            return Err(self.meaning());
        }
        let unreadable =
            |e: serde_json::Error| ReadError::Unreadable(format!("{:?} error in JSON", e.classify()));
        serde_json::from_slice(&self.body).map_err(unreadable)
    }

    fn meaning(&self) -> ReadError {
        let said = self.said();
        match self.status {
            429 => ReadError::RateLimited { rate: self.rate },
            300..400 => ReadError::Moved { status: self.status },
            401 => ReadError::Unauthorized {
                said,
                server_time: self.server_time,
                blames_clock: false,
            },
            403 => ReadError::Forbidden { said },
            404 | 410 => ReadError::NotFound { said },
            409 => ReadError::Conflict { said },
            400..500 => ReadError::BadQuestion { said },
            status => ReadError::ServiceFailed { status },
        }
    }

    fn said(&self) -> String {
        let refusal: Option<Refusal> = serde_json::from_slice(&self.body).ok();
        let words = refusal.map(|refusal| refusal.error_description.unwrap_or(refusal.error));
        let words = words.as_deref().unwrap_or("no reason given");
        words
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
            .chars()
            .take(SAID_CHARS)
            .collect()
    }
}

/// The causes alone: reqwest's outermost error repeats the address, whose query is nobody's business in a log.
pub(super) fn broken(error: &reqwest::Error) -> ReadError {
    connection_failure(error.source())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn rfc_2822(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc2822(text).ok().map(|time| time.to_utc())
}
