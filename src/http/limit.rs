//! How much one client may send: bytes a request, requests a minute. Counted by each process for itself.
use std::{net::IpAddr, num::NonZeroU32, sync::Arc};

use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use poem::{Body, Endpoint, Request, http::StatusCode};

use super::{Web, problem::Failure};
use crate::{access::Caller, config::Limits};

/// Counters of requests.
#[derive(Debug)]
pub struct RateLimits {
    api: DefaultKeyedRateLimiter<String>,
    form: DefaultKeyedRateLimiter<IpAddr>,
    wrong_keys: DefaultKeyedRateLimiter<IpAddr>,
    links: DefaultKeyedRateLimiter<IpAddr>,
    wrong_codes: DefaultKeyedRateLimiter<IpAddr>,
}

impl RateLimits {
    /// Limits as configured.
    #[must_use]
    pub fn new(limits: &Limits) -> RateLimits {
        RateLimits {
            api: RateLimiter::keyed(per_minute(limits.api_per_minute)),
            form: RateLimiter::keyed(per_minute(limits.form_per_minute)),
            wrong_keys: RateLimiter::keyed(per_minute(limits.wrong_keys_per_minute)),
            links: RateLimiter::keyed(per_minute(limits.sign_ins_per_minute)),
            wrong_codes: RateLimiter::keyed(per_minute(limits.sign_ins_per_minute)),
        }
    }

    /// Counts one call of a key.
    pub fn may_call(&self, caller: &Caller) -> Result<(), Failure> {
        self.api
            .check_key(&caller.actor)
            .map_err(|_| too_many("calls with this key"))
    }

    /// Counts one form that was sent.
    pub fn may_send_form(&self, address: IpAddr) -> Result<(), Failure> {
        self.form
            .check_key(&address)
            .map_err(|_| too_many("forms from this address"))
    }

    /// Counts one wrong key. A right key always works, so that nobody behind the same address is locked out.
    pub fn note_wrong_key(&self, address: IpAddr) -> Result<(), Failure> {
        self.wrong_keys
            .check_key(&address)
            .map_err(|_| too_many("wrong keys from this address"))
    }

    /// Counts one request for a link to sign in. Opening a link is never refused, so nobody locks anybody out.
    pub fn may_ask_for_link(&self, address: IpAddr) -> Result<(), Failure> {
        self.links
            .check_key(&network(address))
            .map_err(|_| too_many("links from this network"))
    }

    /// Counts one code that was typed.
    pub fn may_try_code(&self, address: IpAddr) -> Result<(), Failure> {
        self.wrong_codes
            .check_key(&network(address))
            .map_err(|_| too_many("codes from this network"))
    }

    /// Forgets clients that have been quiet, so that memory does not grow with the number of addresses seen.
    pub fn forget_quiet_clients(&self) {
        self.api.retain_recent();
        self.form.retain_recent();
        self.wrong_keys.retain_recent();
        self.links.retain_recent();
        self.wrong_codes.retain_recent();
    }
}

/// What one client has: an address of IPv4, or the 64 bits of IPv6 that a provider gives to one line.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => (u128::from(six) & !u128::from(u64::MAX)).to_be_bytes().into(),
    }
}

fn per_minute(count: u32) -> Quota {
    Quota::per_minute(NonZeroU32::new(count).unwrap_or(NonZeroU32::MIN))
}

fn too_many(of_what: &str) -> Failure {
    Failure::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_requests",
        "Too many requests",
        Some(format!("too many {of_what}; wait a minute")),
    )
}

/// Reads the body up to the limit before anybody else does; poem's own limit would refuse requests without a length.
pub async fn limit_body<E: Endpoint>(next: Arc<E>, mut request: Request) -> poem::Result<E::Output> {
    let config = request.data::<Web>().map(|web| web.app.config.clone());
    let Some(config) = config else {
        return next.call(request).await;
    };
    let is_import = request.uri().path().starts_with("/v1/imports");
    let limit = if is_import {
        config.server.import_limit_bytes
    } else {
        config.server.body_limit_bytes
    };
    let bytes = request
        .take_body()
        .into_bytes_limit(limit)
        .await
        .map_err(|error| match error {
            poem::error::ReadBodyError::PayloadTooLarge => too_large(limit),
            other => poem::Error::from(other),
        })?;
    request.set_body(Body::from_bytes(bytes));
    next.call(request).await
}

fn too_large(limit: usize) -> poem::Error {
    let detail = format!("the body may have at most {limit} bytes");
    Failure::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "too_large",
        "The body is too large",
        Some(detail),
    )
    .into()
}
