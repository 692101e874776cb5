//! Hands each kind of job to its stage.
use std::{future::Future, pin::Pin};

use tokio_util::sync::CancellationToken;

use crate::{
    app::App,
    attribute,
    capture::reading,
    deliver,
    job::{
        Kind,
        worker::{self, Batch, Failures},
    },
    route,
};

/// Works until stopped: the loops that take jobs, and beside them those that make digests when they fall due
/// and see to it that every source is read.
pub async fn run(app: App, stop: CancellationToken) {
    tokio::join!(
        worker::run(app.clone(), dispatch, stop.clone()),
        deliver::digest::schedule::run(app.clone(), stop.clone()),
        reading::schedule::run(app, stop)
    );
}

/// The stage of a kind of job.
#[must_use]
pub fn dispatch(
    app: App,
    kind: Kind,
    batch: Batch,
) -> Pin<Box<dyn Future<Output = anyhow::Result<Failures>> + Send>> {
    match kind {
        Kind::Attribute => Box::pin(attribute::stage::attribute(app, batch)),
        Kind::Route => Box::pin(route::stage::route(app, batch)),
        Kind::Deliver => Box::pin(deliver::stage::deliver(app, batch)),
        Kind::Read => Box::pin(reading::read(app, batch)),
        Kind::SignIn => Box::pin(deliver::sign_in::deliver(app, batch)),
    }
}
