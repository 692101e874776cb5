//! Hands each kind of job to its stage.
use std::{future::Future, pin::Pin};

use crate::{
    app::App,
    attribute,
    job::{
        Kind,
        worker::{Batch, Failures},
    },
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
    }
}
