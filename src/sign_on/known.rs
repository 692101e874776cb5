//! What providers say of themselves and their keys, kept for an hour.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{DiscoveryError, IssuerUrl, ProviderMetadataWithLogout};

use super::{
    SignOnApp,
    http::{self, CallError},
    trouble::Trouble,
};

/// For so long it is believed.
const KEPT: TimeDelta = TimeDelta::hours(1);
/// Whoever sends tokens with made-up keys has us ask for the keys no more often.
const ASKED_AGAIN: TimeDelta = TimeDelta::minutes(1);
/// Providers that are remembered.
const MOST: usize = 200;

/// What a provider says of itself, with its keys.
pub type Metadata = ProviderMetadataWithLogout;

/// When it was asked for, and what it said.
type Said = (DateTime<Utc>, Arc<Metadata>);

/// By issuer.
#[derive(Debug, Default)]
pub struct Known(Mutex<HashMap<String, Said>>);

impl Known {
    fn of(&self, issuer: &str, since: DateTime<Utc>) -> Option<Arc<Metadata>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, metadata) = all.get(issuer)?;
        (*at > since).then(|| metadata.clone())
    }

    fn keep(&self, issuer: &str, at: DateTime<Utc>, metadata: Metadata) -> Arc<Metadata> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        let metadata = Arc::new(metadata);
        all.insert(issuer.to_owned(), (at, metadata.clone()));
        metadata
    }
}

/// What a provider says of itself; asked where nothing is known, or where it is an hour old.
pub(super) async fn of(app: &SignOnApp, issuer: &str) -> Result<Arc<Metadata>, Trouble> {
    since(app, issuer, KEPT).await
}

/// The same where a key was not found: asked again, once a minute at most.
pub(super) async fn again(app: &SignOnApp, issuer: &str) -> Result<Arc<Metadata>, Trouble> {
    since(app, issuer, ASKED_AGAIN).await
}

async fn since(app: &SignOnApp, issuer: &str, age: TimeDelta) -> Result<Arc<Metadata>, Trouble> {
    let now = app.clock.now();
    if let Some(known) = app.known.of(issuer, now - age) {
        return Ok(known);
    }
    let fresh = discover(app, issuer).await?;
    Ok(app.known.keep(issuer, now, fresh))
}

/// Asks a provider; what is wrong is said in words.
pub(super) async fn discover(app: &SignOnApp, issuer: &str) -> Result<Metadata, Trouble> {
    let issuer =
        IssuerUrl::new(issuer.to_owned()).map_err(|_| Trouble::settings("the issuer is no address"))?;
    let config = app.config.clone();
    let caller = move |request| {
        let config = config.clone();
        async move { http::call(&config, request).await }
    };
    Metadata::discover_async(issuer, &caller).await.map_err(said)
}

fn said(error: DiscoveryError<CallError>) -> Trouble {
    match error {
        DiscoveryError::Request(CallError::Away(why)) => {
            Trouble::away(format!("its description cannot be fetched: {why}"))
        }
        DiscoveryError::Request(other) => {
            Trouble::settings(format!("its description cannot be fetched: {other}"))
        }
        DiscoveryError::Response(status, _, _) if status.is_server_error() => {
            Trouble::away(format!("it answers {status} where its description should be"))
        }
        DiscoveryError::Response(status, _, _) if status.is_redirection() => Trouble::settings(format!(
            "it answers {status} where its description should be, and leads elsewhere: enter the issuer that it leads to"
        )),
        DiscoveryError::Response(status, _, _) if !status.is_success() => Trouble::settings(format!(
            "it answers {status} where its description should be: there is none below this issuer"
        )),
        DiscoveryError::Response(..) | DiscoveryError::Parse(_) => {
            Trouble::settings("what stands where its description should be is no description of a provider")
        }
        DiscoveryError::Validation(why) => Trouble::settings(format!(
            "it calls itself otherwise, and the issuer has to be the same to the letter: {why}"
        )),
        DiscoveryError::UrlParse(_) => Trouble::settings("the issuer is no address"),
        other => Trouble::settings(format!("its description cannot be read: {other}")),
    }
}
