//! The database: SQLite with one connection that writes and four that read, or PostgreSQL with a pool.
//!
//! What writes takes a [`Tx`], what reads takes a [`Reader`] or any connection. A committed [`Tx`] that enqueued jobs
//! wakes the workers.
mod capture_rate;
mod connect;
mod fault;
mod health;
mod insert;
mod log;
mod migrate;
mod turn;
mod tx;

use std::{future::Future, sync::Arc};

use chrono::{DateTime, Utc};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

pub use connect::ConnectError;
pub use fault::{is_lost, is_passing};
pub(crate) use insert::{groups, insert_all, insert_or};
pub use tx::Tx;

use crate::platform::{clock::Clock, wake::Wake};
use health::Health;
use log::Log;
use turn::{Turn, Turns};

/// A handle to the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    reader: Reader,
    writer: DatabaseConnection,
    health: Arc<Health>,
    wake: Arc<Wake>,
    notes: Notes,
    /// SQLite: of those that work in the background.
    turns: Turns,
    /// SQLite only.
    log: Option<Log>,
}

/// Writes that nobody waits for.
#[derive(Clone, Debug)]
struct Notes {
    under_way: TaskTracker,
    permit: Arc<Semaphore>,
}

impl Default for Notes {
    fn default() -> Notes {
        Notes {
            under_way: TaskTracker::new(),
            permit: Arc::new(Semaphore::new(1)),
        }
    }
}

/// A connection that only reads.
#[derive(Clone, Debug)]
pub struct Reader {
    pool: DatabaseConnection,
    health: Arc<Health>,
}

impl Db {
    /// A connection to read from.
    #[must_use]
    pub fn read(&self) -> &Reader {
        &self.reader
    }

    /// Begins a transaction to write in; dropping it rolls back.
    pub async fn write(&self) -> Result<Tx, DbErr> {
        self.write_after(None).await
    }

    async fn write_after(&self, mut turn: Option<Turn>) -> Result<Tx, DbErr> {
        let begun = match self.begin().await {
            Err(error) if is_lost(&error) => {
                self.health.note(&error);
                self.begin().await
            }
            begun => begun,
        };
        if let Some(turn) = &mut turn {
            turn.begin();
        }
        match begun {
            Ok(inner) => Ok(Tx::new(inner, self.health.clone(), self.wake.clone(), turn)),
            Err(error) => {
                self.health.note_failed_write(&error);
                Err(error)
            }
        }
    }

    /// Begins a transaction to write what is done again if the machine stops before the disk has it: claims of jobs, and
    /// what follows from them alone. SQLite does not wait for the disk at its end, and lets those pass to whom somebody
    /// listens.
    pub async fn write_repeatable(&self) -> Result<Tx, DbErr> {
        let turn = if self.is_sqlite() {
            Some(self.turns.take(&self.health).await)
        } else {
            None
        };
        health::IS_REPEATABLE.scope(true, self.write_after(turn)).await
    }

    async fn begin(&self) -> Result<sea_orm::DatabaseTransaction, DbErr> {
        let mode = self.is_sqlite().then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions {
            sqlite_transaction_mode: mode,
            ..Default::default()
        };
        self.writer.begin_with_options(options).await
    }

    /// Says that somebody waited for so many comments to be written.
    pub fn note_captures(&self, count: usize) {
        self.health.note_captures(count);
    }

    /// Comments that came in a second, lately, in this process.
    #[must_use]
    pub fn captures_a_second(&self) -> f64 {
        self.health.captures_a_second()
    }

    /// Whether this process has just taken words in, so that more may have to wait for what is being written.
    #[must_use]
    pub fn is_capturing(&self) -> bool {
        self.health.is_capturing()
    }

    /// Whether one process holds the whole database.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.writer.get_database_backend() == DbBackend::Sqlite
    }

    /// The pool of connections that write: for LISTEN and tests.
    #[must_use]
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Statements sent so far, beginnings and ends of transactions aside.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.health.statements()
    }

    /// Whether writing works, as far as is known: once a write has failed, whoever asks tries a small one.
    pub async fn is_writable(&self) -> bool {
        if !self.health.has_failed_to_write() {
            return true;
        }
        match health::try_to_write(self).await {
            Ok(()) => {
                self.health.note_write();
                true
            }
            Err(_) => false,
        }
    }

    /// Writes, after the caller has gone on, what may as well be left out: so that reading goes on when writing fails.
    /// One such write waits at a time; others are left out meanwhile.
    pub fn note<F>(&self, write: impl FnOnce(Db) -> F)
    where
        F: Future<Output = Result<(), DbErr>> + Send + 'static,
    {
        let Ok(permit) = self.notes.permit.clone().try_acquire_owned() else {
            return;
        };
        let write = write(self.clone());
        self.notes.under_way.spawn(async move {
            if let Err(error) = write.await {
                tracing::warn!(%error, "could not note when something was used last");
            }
            drop(permit);
        });
    }

    /// Waits until what was noted is written.
    pub async fn settle(&self) {
        self.notes.under_way.close();
        self.notes.under_way.wait().await;
        self.notes.under_way.reopen();
    }

    /// SQLite: moves what was written into the file and empties the log, in which erased words would last.
    pub async fn tidy(&self) -> Result<(), DbErr> {
        match &self.log {
            Some(log) => log.empty().await,
            None => Ok(()),
        }
    }

    /// Waits for open work and closes.
    pub async fn close(self) {
        self.settle().await;
        let _ = self.reader.pool.close().await;
        if let Some(log) = &self.log {
            log.close().await;
        }
        let _ = self.writer.close().await;
    }
}

/// The database's own time, against which leases are compared; a fixed clock stands in for it.
pub async fn now(connection: &impl ConnectionTrait, clock: &Clock) -> Result<DateTime<Utc>, DbErr> {
    let backend = connection.get_database_backend();
    if backend == DbBackend::Sqlite || !clock.is_system() {
        return Ok(clock.now());
    }
    let statement = Statement::from_string(backend, "SELECT clock_timestamp() AS now");
    match connection.query_one_raw(statement).await? {
        Some(row) => row.try_get("", "now"),
        None => Ok(clock.now()),
    }
}

/// Reads again over another connection if the one at hand turns out to be lost.
macro_rules! read {
    ($self:ident.$method:ident($argument:expr)) => {{
        $self.health.note_statement();
        match $self.pool.$method($argument.clone()).await {
            Err(error) if is_lost(&error) => {
                $self.health.note(&error);
                $self.pool.$method($argument).await
            }
            answer => answer,
        }
    }};
}

#[async_trait::async_trait]
impl ConnectionTrait for Reader {
    fn get_database_backend(&self) -> DbBackend {
        self.pool.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.pool.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.pool.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        read!(self.query_one_raw(statement))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        read!(self.query_all_raw(statement))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::config::Config;

    /// 1 is NORMAL, 2 is FULL (SQLite, "PRAGMA synchronous").
    async fn synchronous(tx: Tx) -> i32 {
        let statement = Statement::from_string(DbBackend::Sqlite, "PRAGMA synchronous");
        let row = tx.query_one_raw(statement).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        row.try_get("", "synchronous").unwrap()
    }

    #[tokio::test]
    async fn only_what_can_be_repeated_does_not_wait_for_the_disk() {
        let folder = tempfile::tempdir().unwrap();
        let mut config = Config::from_toml("").unwrap();
        config.database.url = format!("sqlite://{}", folder.path().join("p.db").display()).into();
        let db = Db::connect(&config.database, Arc::default()).await.unwrap();
        for (is_repeatable, expected) in [(false, 2), (true, 1), (true, 1), (false, 2)] {
            let tx = if is_repeatable {
                db.write_repeatable().await.unwrap()
            } else {
                db.write().await.unwrap()
            };
            assert_eq!(synchronous(tx).await, expected);
        }
        db.close().await;
    }
}
