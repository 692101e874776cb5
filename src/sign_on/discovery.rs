//! What providers say of themselves and their keys, kept for an hour; and for half a minute that one did not answer.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
/// For so long whoever comes to one that failed is told so at once.
const FAILED: TimeDelta = TimeDelta::seconds(30);
/// Providers that are remembered.
const MOST: usize = 200;

/// What a provider says of itself, with its keys.
pub type Metadata = ProviderMetadataWithLogout;

/// By issuer.
#[derive(Debug, Default)]
pub struct Discovery(Mutex<Memory>);

#[derive(Debug, Default)]
struct Memory {
    /// When it was asked for, and what it said.
    said: HashMap<String, (DateTime<Utc>, Arc<Metadata>)>,
    /// When it was asked for in vain.
    failed: HashMap<String, (DateTime<Utc>, Trouble)>,
}

impl Discovery {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, issuer: &str, since: DateTime<Utc>) -> Option<Arc<Metadata>> {
        let memory = self.memory();
        let (at, metadata) = memory.said.get(issuer)?;
        (*at > since).then(|| metadata.clone())
    }

    fn failed(&self, issuer: &str, since: DateTime<Utc>) -> Option<Trouble> {
        let memory = self.memory();
        let (at, trouble) = memory.failed.get(issuer)?;
        (*at > since).then(|| trouble.of_provider())?
    }

    fn keep(&self, issuer: &str, at: DateTime<Utc>, metadata: Metadata) -> Arc<Metadata> {
        let mut memory = self.memory();
        memory.failed.remove(issuer);
        if memory.said.len() >= MOST {
            memory.said.clear();
        }
        let metadata = Arc::new(metadata);
        memory.said.insert(issuer.to_owned(), (at, metadata.clone()));
        metadata
    }

    fn keep_failed(&self, issuer: &str, at: DateTime<Utc>, trouble: &Trouble) {
        let mut memory = self.memory();
        if memory.failed.len() >= MOST {
            memory.failed.clear();
        }
        if let Some(trouble) = trouble.of_provider() {
            memory.failed.insert(issuer.to_owned(), (at, trouble));
        }
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
    if let Some(known) = app.discovery.of(issuer, now - age) {
        return Ok(known);
    }
    match app.discovery.failed(issuer, now - FAILED) {
        Some(trouble) => Err(trouble),
        None => anew(app, issuer).await,
    }
}

/// The same, whatever is remembered.
pub(super) async fn anew(app: &SignOnApp, issuer: &str) -> Result<Arc<Metadata>, Trouble> {
    let now = app.clock.now();
    match discover(app, issuer).await {
        Ok(metadata) => Ok(app.discovery.keep(issuer, now, metadata)),
        Err(trouble) => {
            app.discovery.keep_failed(issuer, now, &trouble);
            Err(trouble)
        }
    }
}

/// Asks a provider; what is wrong is said in words.
async fn discover(app: &SignOnApp, issuer: &str) -> Result<Metadata, Trouble> {
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
    let wrong = |key: &'static str, why: String| Trouble::Settings(key, why);
    match error {
        DiscoveryError::Request(CallError::Away(why)) => {
            Trouble::away(format!("its description cannot be fetched: {why}"))
        }
        DiscoveryError::Request(other) => wrong(
            "sign_on.tested.address",
            format!("its description cannot be fetched: {other}"),
        ),
        DiscoveryError::Response(status, _, _) if status.is_server_error() => {
            Trouble::away(format!("it answers {status} where its description should be"))
        }
        DiscoveryError::Response(status, _, _) if status.is_redirection() => wrong(
            "sign_on.tested.moved",
            format!(
                "it answers {status} where its description should be, and leads elsewhere: enter the issuer that it leads to"
            ),
        ),
        DiscoveryError::Response(status, _, _) if !status.is_success() => wrong(
            "sign_on.tested.missing",
            format!("it answers {status} where its description should be: there is none below this issuer"),
        ),
        DiscoveryError::Response(..) | DiscoveryError::Parse(_) => wrong(
            "sign_on.tested.missing",
            "what stands where its description should be is no description of a provider".to_owned(),
        ),
        DiscoveryError::Validation(why) => wrong(
            "sign_on.tested.issuer",
            format!("it calls itself otherwise, and the issuer has to be the same to the letter: {why}"),
        ),
        DiscoveryError::UrlParse(_) => Trouble::settings("the issuer is no address"),
        other => Trouble::settings(format!("its description cannot be read: {other}")),
    }
}
