//! Tells other processes of new jobs, and hears of theirs: PostgreSQL's NOTIFY, after the commit and never inside it,
//! where it would make writers wait for each other. Polling is the guarantee; this only shortens the wait.
use std::time::Duration;

use sea_orm::{
    ConnectionTrait,
    sqlx::{Error, postgres::PgListener},
};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Kinds, worker::Worker};

const CHANNEL: &str = "plaudit_job";
/// At most twenty announcements a second.
const PAUSE: Duration = Duration::from_millis(50);
const RECONNECT_AFTER: Duration = Duration::from_secs(5);

/// Announces new jobs of this process until it is stopped; for PostgreSQL only.
pub async fn announce(worker: Worker, stop: CancellationToken) {
    while stop
        .run_until_cancelled(worker.wake.to_announce())
        .await
        .is_some()
    {
        if let Err(error) = worker
            .db
            .writer()
            .execute_unprepared(&format!("NOTIFY {CHANNEL}"))
            .await
        {
            warn!(%error, "could not announce new jobs; other processes find them by polling");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Wakes the workers of this process when another one announces jobs; for PostgreSQL only.
pub async fn listen(worker: Worker, stop: CancellationToken) {
    while !stop.is_cancelled() {
        if let Some(Err(error)) = stop.run_until_cancelled(hear(&worker)).await {
            warn!(%error, "lost the connection that hears of new jobs; polling goes on");
            stop.run_until_cancelled(tokio::time::sleep(RECONNECT_AFTER))
                .await;
        }
    }
}

async fn hear(worker: &Worker) -> Result<(), Error> {
    let mut listener = PgListener::connect_with(worker.db.writer().get_postgres_connection_pool()).await?;
    listener.listen(CHANNEL).await?;
    loop {
        listener.recv().await?;
        worker.wake.signal_local(Kinds::ALL);
    }
}
