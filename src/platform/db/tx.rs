//! A transaction that either was committed or wrote nothing.
//!
//! Databases end transactions by themselves: SQLite rolls back when the disk is full or fails, and runs what follows
//! statement by statement; PostgreSQL refuses what follows and answers a COMMIT with a rollback that is no error. And
//! sqlx counts transactions itself: where SQLite has rolled back already it refuses sqlx' ROLLBACK, the count stays at
//! one, and every later transaction becomes a savepoint inside one that nobody commits. So a transaction in which a
//! statement failed takes no further one and cannot be committed, and its connection is not used again.
use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::{health::Health, turn::Turn};
use crate::platform::{job::Kinds, wake::Wake};

/// A transaction: the only thing that writes.
#[derive(Debug)]
pub struct Tx {
    inner: DatabaseTransaction,
    health: Arc<Health>,
    wake: Arc<Wake>,
    /// Kinds of jobs that were enqueued.
    new_jobs: AtomicU16,
    /// Set while a statement is under way, and for good where it failed or was given up.
    is_broken: AtomicBool,
    /// The turn of those that work in the background; it ends with the transaction.
    _turn: Option<Turn>,
}

impl Tx {
    pub(super) fn new(
        inner: DatabaseTransaction,
        health: Arc<Health>,
        wake: Arc<Wake>,
        turn: Option<Turn>,
    ) -> Tx {
        Tx {
            inner,
            health,
            wake,
            new_jobs: AtomicU16::new(0),
            is_broken: AtomicBool::new(false),
            _turn: turn,
        }
    }

    /// Commits, then wakes the workers if jobs were enqueued.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.refuse_if_broken()?;
        if let Err(error) = self.inner.commit().await {
            self.health.note_failed_write(&error);
            return Err(error);
        }
        self.health.note_commit();
        let new_jobs = Kinds::from_bits(self.new_jobs.load(Ordering::Relaxed));
        if new_jobs != Kinds::default() {
            self.wake.signal(new_jobs);
        }
        Ok(())
    }

    /// Gives the transaction up.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
    }

    /// Says that jobs were enqueued, so that the commit wakes their workers.
    pub(crate) fn note_new_jobs(&self, kinds: Kinds) {
        self.new_jobs.fetch_or(kinds.bits(), Ordering::Relaxed);
    }

    /// Whether rows can be locked for update.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.inner.get_database_backend() == DbBackend::Sqlite
    }

    fn refuse_if_broken(&self) -> Result<(), DbErr> {
        if self.is_broken.load(Ordering::Relaxed) {
            return Err(DbErr::Custom(
                "a statement of this transaction failed before; nothing of it is kept".to_owned(),
            ));
        }
        Ok(())
    }

    async fn run<T>(&self, statement: impl Future<Output = Result<T, DbErr>> + Send) -> Result<T, DbErr> {
        self.refuse_if_broken()?;
        self.health.note_statement();
        let unfinished = Unfinished(self);
        let answer = statement.await;
        match &answer {
            Ok(_) => std::mem::forget(unfinished),
            Err(error) => self.health.note_failed_write(error),
        }
        answer
    }
}

/// A statement that has not succeeded: it failed, or nobody waited for its end.
struct Unfinished<'a>(&'a Tx);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.is_broken.store(true, Ordering::Relaxed);
        self.0.health.discard_writer();
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.run(self.inner.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.run(self.inner.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.run(self.inner.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.run(self.inner.query_all_raw(statement)).await
    }
}
