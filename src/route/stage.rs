//! The stage: jobs `route` in, notices and jobs `deliver` out.
use crate::{
    app::App,
    job::{
        queue,
        worker::{Batch, Failures},
    },
};

/// Routes a batch.
pub async fn route(app: App, batch: Batch) -> anyhow::Result<Failures> {
    let tx = app.db.write().await?;
    queue::finish(&tx, &batch.jobs).await?;
    tx.commit().await?;
    Ok(Failures::new())
}
