//! Hands each kind of job to its stage.
use std::{future::Future, pin::Pin};

use crate::{
    app::App,
    attribute, deliver,
    job::{
        Kind,
        worker::{Batch, Failures},
    },
    route,
};

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
    }
}
