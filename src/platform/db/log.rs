//! SQLite's log of what was written. Moving it into the file takes the disk tens of milliseconds each time: that is done
//! over a connection of its own, so that nobody who writes waits for it.
use std::{sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, DatabaseConnection, DbErr};
use tokio::{sync::Mutex, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::debug;

use super::Db;

const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Commits after which it is worth while.
const COMMITS: u64 = 50;
/// Looks after which it is done for the sake of a single commit.
const LOOKS: u32 = 100;

/// The connection that moves the log; one mover at a time.
#[derive(Clone, Debug)]
pub(super) struct Log(Arc<Mutex<DatabaseConnection>>);

impl Log {
    pub(super) fn new(connection: DatabaseConnection) -> Log {
        Log(Arc::new(Mutex::new(connection)))
    }

    /// Moves what nobody reads any more, and waits for nobody.
    async fn shorten(&self) -> Result<(), DbErr> {
        let connection = self.0.lock().await;
        connection
            .execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)")
            .await?;
        Ok(())
    }

    /// Moves all of it and empties the file.
    pub(super) async fn empty(&self) -> Result<(), DbErr> {
        let connection = self.0.lock().await;
        connection
            .execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
            .await?;
        Ok(())
    }

    pub(super) async fn close(&self) {
        let connection = self.0.lock().await.clone();
        let _ = connection.close().await;
    }
}

impl Db {
    /// SQLite: keeps the log short until it is stopped, the more often the more is written.
    pub async fn keep_log_short(self, stop: CancellationToken) {
        let Some(log) = &self.log else {
            return stop.cancelled().await;
        };
        let (mut moved, mut looks) = (self.health.commits(), 0);
        loop {
            let has_failed = tokio::select! {
                () = stop.cancelled() => return,
                () = sleep(LOOK_EVERY) => false,
                () = self.health.write_failed() => true,
            };
            if has_failed {
                // Where the disk is full, this is the room that there is.
                if let Err(error) = log.empty().await {
                    debug!(%error, "could not empty SQLite's log");
                }
                continue;
            }
            let commits = self.health.commits();
            looks += 1;
            if commits == moved || (commits - moved < COMMITS && looks < LOOKS) {
                continue;
            }
            if let Err(error) = log.shorten().await {
                debug!(%error, "could not move SQLite's log into the file; whoever writes does it");
            }
            (moved, looks) = (commits, 0);
        }
    }
}
