//! Calls to providers, whose addresses somebody typed: no private network, no redirect, no proxy, in bounded time and size.
use std::time::Duration;

use openidconnect::{HttpRequest, HttpResponse, http};
use reqwest::{Url, redirect::Policy};

use super::Trouble;
use crate::{
    capture::remote::{Networks, PrivateAddress, Resolver},
    platform::config::Config,
};

/// A call, from the name's look-up to the last byte.
const TIMEOUT: Duration = Duration::from_secs(5);
/// All calls for which somebody waits.
const ALL: Duration = Duration::from_secs(10);
/// What providers say of themselves is a few kilobytes.
const MOST: usize = 512 * 1024;

/// A call that brought no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// It leads where nothing may be called.
    #[error(transparent)]
    Private(#[from] PrivateAddress),
    /// Secrets would travel readably, or it is none at all.
    #[error("it does not begin with https://")]
    Address,
    /// Nobody answered, or not in time.
    #[error("there is no answer: {0}")]
    Away(String),
    /// More than anybody needs.
    #[error("its answer is longer than {MOST} bytes")]
    TooLong,
}

/// Whether an address may carry secrets: over https, or on this machine.
pub(super) fn is_safe(url: &Url) -> bool {
    let is_this_machine = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || (url.scheme() == "http" && is_this_machine)
}

/// What is asked of a provider while somebody waits: all of it in bounded time.
pub(super) async fn in_time<T>(asking: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    within(ALL, asking).await
}

async fn within<T>(most: Duration, asking: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    let late = |_| Trouble::away(format!("it is not done within {} seconds", most.as_secs()));
    tokio::time::timeout(most, asking).await.map_err(late)?
}

/// Sends a request of the library's.
pub(super) async fn call(config: &Config, request: HttpRequest) -> Result<HttpResponse, CallError> {
    let request = reqwest::Request::try_from(request).map_err(|_| CallError::Address)?;
    if !is_safe(request.url()) {
        return Err(CallError::Address);
    }
    let client = client(config, request.url())?;
    let mut answer = client.execute(request).await.map_err(away)?;
    let mut made = http::Response::builder().status(answer.status());
    for (name, value) in answer.headers() {
        made = made.header(name, value);
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(away)? {
        if body.len() + chunk.len() > MOST {
            return Err(CallError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    made.body(body)
        .map_err(|error| CallError::Away(error.to_string()))
}

fn client(config: &Config, url: &Url) -> Result<reqwest::Client, CallError> {
    let networks = Networks::and(&config.outbound.allowed_private_networks);
    networks.check(url)?;
    let client = reqwest::Client::builder()
        .user_agent(concat!("plaudit/", env!("CARGO_PKG_VERSION")))
        .redirect(Policy::none())
        .timeout(TIMEOUT)
        .no_proxy()
        .dns_resolver(Resolver::of(networks, url.host_str().unwrap_or_default()));
    client.build().map_err(away)
}

/// Without the address, which may hold a code.
fn away(error: reqwest::Error) -> CallError {
    if error.is_timeout() {
        return CallError::Away(format!("none within {} seconds", TIMEOUT.as_secs()));
    }
    let mut cause: &dyn std::error::Error = &error.without_url();
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    CallError::Away(cause.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn nobody_waits_for_ever() {
        let late = within(Duration::ZERO, std::future::pending::<Result<(), Trouble>>()).await;
        assert!(matches!(late, Err(Trouble::Away(_))));
    }
}
