//! What is known of the connections: which are not to be used again, and whether writing works.
use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use sea_orm::{
    ConnectionTrait, DbBackend, DbErr,
    sqlx::{self, Connection, Executor, PgConnection, SqliteConnection, pool::PoolConnectionMetadata},
};
use tokio::{sync::Notify, time::timeout};
use tracing::{error, info};

use super::{Db, capture_rate::CaptureRate, is_lost, is_passing};
use crate::platform::telemetry::metrics;

/// A connection that was idle for longer is tested before it is used.
const TRUSTED_FOR: Duration = Duration::from_secs(1);
/// Whoever sent words just now may be about to send more.
const CAPTURING_FOR: Duration = Duration::from_secs(2);
/// So many comments a second.
const CROWDED: f64 = 300.0;
const LONGEST_PROBE: Duration = Duration::from_secs(3);
/// Large enough to need room of its own: the log keeps room from writes that failed half-way.
const PROBE: &[(DbBackend, &str)] = &[
    (
        DbBackend::Sqlite,
        "INSERT INTO write_probe (id, filler) VALUES (1, hex(randomblob(32768))) \
         ON CONFLICT (id) DO UPDATE SET filler = excluded.filler",
    ),
    (
        DbBackend::Postgres,
        "INSERT INTO write_probe (id, filler) \
         SELECT 1, string_agg(md5(random()::text || i::text), '') FROM generate_series(1, 2048) i \
         ON CONFLICT (id) DO UPDATE SET filler = excluded.filler",
    ),
];

#[derive(Debug, Default)]
pub(super) struct Health {
    /// SQLite: the connection that writes is closed before it is used again.
    must_discard_writer: AtomicBool,
    /// PostgreSQL: connections made before this are tested before they are used.
    lost_at: Mutex<Option<Instant>>,
    cannot_write: AtomicBool,
    /// SQLite: the connection that writes is set not to wait for the disk. A new one always waits.
    waits_for_nothing: AtomicBool,
    statements: AtomicU64,
    commits: AtomicU64,
    write_failed: Notify,
    captures: Mutex<CaptureRate>,
}

tokio::task_local! {
    /// SQLite: what is about to be written is written again if the machine stops before the disk has it.
    pub(super) static IS_REPEATABLE: bool;
}

impl Health {
    /// Counts a statement.
    pub(super) fn note_statement(&self) {
        self.statements.fetch_add(1, Ordering::Relaxed);
        metrics::statement();
    }

    /// Waits for the next write that fails.
    pub(super) async fn write_failed(&self) {
        self.write_failed.notified().await;
    }

    pub(super) fn note_captures(&self, count: usize) {
        let mut captures = self.captures.lock().unwrap_or_else(PoisonError::into_inner);
        captures.note(count, Instant::now());
    }

    pub(super) fn is_capturing(&self) -> bool {
        let captures = *self.captures.lock().unwrap_or_else(PoisonError::into_inner);
        captures.last().is_some_and(|at| at.elapsed() < CAPTURING_FOR)
    }

    /// Comments that came in a second, lately.
    pub(super) fn captures_a_second(&self) -> f64 {
        let captures = *self.captures.lock().unwrap_or_else(PoisonError::into_inner);
        captures.at(Instant::now())
    }

    /// Whether so many come in that what works in the background is in their way.
    pub(super) fn is_crowded(&self) -> bool {
        self.captures_a_second() > CROWDED
    }

    pub(super) fn note_commit(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    pub(super) fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Notes an error of any statement.
    pub(super) fn note(&self, error: &DbErr) {
        if is_lost(error) {
            *self.lost_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        }
    }

    /// Notes an error of what was to write.
    pub(super) fn note_failed_write(&self, error: &DbErr) {
        self.note(error);
        self.discard_writer();
        if !is_passing(error) {
            return;
        }
        self.write_failed.notify_one();
        if !self.cannot_write.swap(true, Ordering::Relaxed) {
            error!(%error, "the database cannot be written");
        }
    }

    pub(super) fn note_write(&self) {
        if self.cannot_write.swap(false, Ordering::Relaxed) {
            info!("the database can be written again");
        }
    }

    pub(super) fn has_failed_to_write(&self) -> bool {
        self.cannot_write.load(Ordering::Relaxed)
    }

    pub(super) fn discard_writer(&self) {
        self.must_discard_writer.store(true, Ordering::Relaxed);
    }

    /// Whether SQLite's connection that writes is outside of any transaction, so that it may be used again.
    pub(super) fn admits_writer(&self, connection: &SqliteConnection) -> bool {
        let must_discard = self.must_discard_writer.swap(false, Ordering::Relaxed);
        !must_discard && !connection.is_in_transaction()
    }

    /// SQLite: sets how the connection that writes waits for the disk, as whoever is about to write wants it. Whatever
    /// does not wait is on the disk with the next commit that does.
    pub(super) async fn wait_as_wanted(&self, connection: &mut SqliteConnection) -> Result<(), sqlx::Error> {
        let is_repeatable = IS_REPEATABLE.try_with(|wanted| *wanted).unwrap_or(false);
        if self.waits_for_nothing.load(Ordering::Relaxed) == is_repeatable {
            return Ok(());
        }
        let sql = if is_repeatable {
            "PRAGMA synchronous = NORMAL"
        } else {
            "PRAGMA synchronous = FULL"
        };
        connection.execute(sql).await?;
        self.waits_for_nothing.store(is_repeatable, Ordering::Relaxed);
        Ok(())
    }

    /// Whether a connection to PostgreSQL may be used again.
    pub(super) async fn admits(
        &self,
        connection: &mut PgConnection,
        known: PoolConnectionMetadata,
    ) -> Result<bool, sqlx::Error> {
        let lost_at = *self.lost_at.lock().unwrap_or_else(PoisonError::into_inner);
        let is_older_than_loss = lost_at.is_some_and(|lost_at| lost_at.elapsed() <= known.age);
        if known.idle_for >= TRUSTED_FOR || is_older_than_loss {
            connection.ping().await?;
        }
        Ok(true)
    }
}

/// Writes something that needs room.
pub(super) async fn try_to_write(db: &Db) -> Result<(), DbErr> {
    let probe = async {
        let tx = db.write().await?;
        let backend = tx.get_database_backend();
        for (_, sql) in PROBE.iter().filter(|(of, _)| *of == backend) {
            tx.execute_unprepared(sql).await?;
        }
        tx.commit().await
    };
    timeout(LONGEST_PROBE, probe)
        .await
        .unwrap_or_else(|_| Err(DbErr::Custom("a small write took too long".to_owned())))
}
