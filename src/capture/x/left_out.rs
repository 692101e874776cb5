//! In the place of `transport`, in a program built without the feature `x` and so without egg-mode and OpenSSL.
use chrono::{DateTime, Utc};

use super::Credentials;
use crate::capture::remote::{BaseUrl, CallLimits, RateLimit, ReadError};

/// Asks nobody.
#[derive(Clone, Debug)]
pub(super) struct Transport {
    credentials: Credentials,
}

/// An answer with any status, unread.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) rate: RateLimit,
    pub(super) server_time: Option<DateTime<Utc>>,
    pub(super) body: Vec<u8>,
}

/// Names and values of a query.
pub(super) type Query = Vec<(&'static str, String)>;

impl Transport {
    pub(super) fn new(_: BaseUrl, credentials: Credentials, _: CallLimits) -> Self {
        Self { credentials }
    }

    pub(super) fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    pub(super) async fn get(&self, _path: &str, _query: Query) -> Result<Answer, ReadError> {
        Err(ReadError::LeftOut("what reads X (feature x)"))
    }
}
