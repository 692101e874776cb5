//! The stage: jobs `deliver` in, mails out.
use crate::{
    app::App,
    job::{
        queue,
        worker::{Batch, Failures},
    },
};

/// Delivers a batch.
pub async fn deliver(app: App, batch: Batch) -> anyhow::Result<Failures> {
    let tx = app.db.write().await?;
    queue::finish(&tx, &batch.jobs).await?;
    tx.commit().await?;
    Ok(Failures::new())
}
