//! Sees to it that every reader has its job: one that was given up, or lost with a restored backup, begins again.
use std::{collections::HashSet, time::Duration};

use entity::{job, reader, source};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::{
    capture::app::CaptureApp,
    capture::{
        connection::{KINDS, job_key, job_of},
        source::inbox,
    },
    platform::job as jobs,
    roster::rota,
};

const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Looks every minute until it is stopped.
pub async fn run(app: CaptureApp, stop: CancellationToken) {
    let mut turns = tokio::time::interval(LOOK_EVERY);
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        if let Err(error) = run_due(&app).await {
            warn!(%error, "could not look for readers without a job; tried again in a minute");
        }
        if let Err(error) = rota::forget_old(&app.db, app.clock.now()).await {
            warn!(%error, "could not delete old shifts; tried again in a minute");
        }
        if let Err(error) = inbox::forget_old(&app).await {
            warn!(%error, "could not delete old pushes; tried again in a minute");
        }
    }
}

/// Gives a job to every reader that should have one and has none; returns how many.
pub async fn run_due(app: &CaptureApp) -> Result<usize, DbErr> {
    let readers = reading(app).await?;
    let keys: Vec<String> = readers.iter().map(|reader| job_key(reader.id)).collect();
    if keys.is_empty() {
        return Ok(0);
    }
    let waiting: HashSet<String> = job::Entity::find()
        .select_only()
        .column(job::Column::Key)
        .filter(job::Column::Key.is_in(keys))
        .into_tuple()
        .all(app.db.read())
        .await?
        .into_iter()
        .collect();
    let idle: Vec<_> = readers
        .iter()
        .filter(|reader| !waiting.contains(&job_key(reader.id)))
        .map(|reader| job_of(reader, app.clock.now()))
        .collect();
    if idle.is_empty() {
        return Ok(0);
    }
    let count = idle.len();
    let tx = app.db.write().await?;
    jobs::enqueue_all(&tx, idle).await?;
    tx.commit().await?;
    Ok(count)
}

/// The readers, of all organisations, that are neither stopped nor paused.
async fn reading(app: &CaptureApp) -> Result<Vec<reader::Model>, DbErr> {
    let sources: Vec<uuid::Uuid> = source::Entity::find()
        .select_only()
        .column(source::Column::Id)
        .filter(source::Column::Kind.is_in(KINDS))
        .filter(source::Column::PausedAt.is_null())
        .filter(source::Column::RemovedAt.is_null())
        .into_tuple()
        .all(app.db.read())
        .await?;
    reader::Entity::find()
        .filter(reader::Column::SourceId.is_in(sources))
        .filter(reader::Column::StoppedBy.is_null())
        .all(app.db.read())
        .await
}
