//! The database: SQLite with one connection that writes and four that read, or PostgreSQL with a pool.
//!
//! What writes takes a [`Tx`], what reads takes a [`Reader`] or any connection. A committed [`Tx`] that enqueued jobs
//! wakes the workers.
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use chrono::{DateTime, Utc};
use migration::{Migrator, MigratorTrait};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, QueryResult, RuntimeErr, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
    sqlx::{
        self,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use tracing::log::LevelFilter;

use crate::{
    clock::Clock,
    config::{self, Synchronous},
    wake::Wake,
};

const SQLITE_READERS: u32 = 4;
/// One number for all replicas: the advisory lock under which PostgreSQL is migrated.
const MIGRATION_LOCK: i64 = 0x706c_6175_6469_7401;

/// A handle to the database; cheap to clone.
#[derive(Clone, Debug)]
pub struct Db {
    reader: Reader,
    writer: DatabaseConnection,
    wake: Arc<Wake>,
}

/// A connection that only reads.
#[derive(Clone, Debug)]
pub struct Reader(DatabaseConnection);

/// A transaction: the only thing that writes.
#[derive(Debug)]
pub struct Tx {
    inner: DatabaseTransaction,
    wake: Arc<Wake>,
    has_new_jobs: Arc<AtomicBool>,
}

impl Db {
    /// Connects; makes the SQLite file where there is none.
    pub async fn connect(settings: &config::Database, wake: Arc<Wake>) -> Result<Db, DbErr> {
        if settings.url.starts_with("sqlite:") {
            let writer = connect_sqlite(settings, false).await?;
            let reader = Reader(connect_sqlite(settings, true).await?);
            return Ok(Db { reader, writer, wake });
        }
        let pool = connect_postgres(settings).await?;
        Ok(Db {
            reader: Reader(pool.clone()),
            writer: pool,
            wake,
        })
    }

    /// A connection to read from.
    #[must_use]
    pub fn read(&self) -> &Reader {
        &self.reader
    }

    /// Begins a transaction to write in; dropping it rolls back.
    pub async fn write(&self) -> Result<Tx, DbErr> {
        let mode = self.is_sqlite().then_some(SqliteTransactionMode::Immediate);
        let options = TransactionOptions {
            sqlite_transaction_mode: mode,
            ..Default::default()
        };
        let inner = self.writer.begin_with_options(options).await?;
        Ok(Tx {
            inner,
            wake: self.wake.clone(),
            has_new_jobs: Arc::default(),
        })
    }

    /// Whether one process holds the whole database.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.writer.get_database_backend() == DbBackend::Sqlite
    }

    /// The pool of connections that write: for migrations, backups, LISTEN and tests.
    #[must_use]
    pub fn writer(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Brings the schema up to date; replicas that start together wait for each other.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        if self.is_sqlite() {
            return Migrator::up(&self.writer, None).await;
        }
        let lock = self.writer.begin().await?;
        lock.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
            .await?;
        Migrator::up(&self.writer, None).await?;
        lock.commit().await
    }

    /// Waits for open work and closes.
    pub async fn close(self) {
        let _ = self.reader.0.close().await;
        let _ = self.writer.close().await;
    }
}

async fn connect_sqlite(settings: &config::Database, read_only: bool) -> Result<DatabaseConnection, DbErr> {
    let synchronous = match settings.sqlite_synchronous {
        Synchronous::Full => SqliteSynchronous::Full,
        Synchronous::Normal => SqliteSynchronous::Normal,
        Synchronous::Off => SqliteSynchronous::Off,
    };
    let mut options = quiet(&settings.url);
    options.max_connections(if read_only { SQLITE_READERS } else { 1 });
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .create_if_missing(!read_only)
            .read_only(read_only)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(Duration::from_secs(10))
            .foreign_keys(true)
            .pragma("cache_size", "-16384")
    });
    Database::connect(options).await
}

async fn connect_postgres(settings: &config::Database) -> Result<DatabaseConnection, DbErr> {
    let mut options = quiet(&settings.url);
    options.max_connections(settings.max_connections);
    Database::connect(options).await
}

/// Statements carry customers' words: they are neither logged nor put into spans.
fn quiet(url: &str) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    options
        .sqlx_logging(false)
        .sqlx_logging_level(LevelFilter::Off)
        .record_stmt_in_spans(false)
        .acquire_timeout(Duration::from_secs(20))
        .connect_timeout(Duration::from_secs(10))
        .test_before_acquire(false);
    options
}

impl Tx {
    /// Commits, then wakes the workers if jobs were enqueued.
    pub async fn commit(self) -> Result<(), DbErr> {
        self.inner.commit().await?;
        if self.has_new_jobs.load(Ordering::Relaxed) {
            self.wake.signal();
        }
        Ok(())
    }

    /// Gives the transaction up.
    pub async fn rollback(self) -> Result<(), DbErr> {
        self.inner.rollback().await
    }

    /// Says that a job was enqueued, so that the commit wakes the workers.
    pub(crate) fn note_new_job(&self) {
        self.has_new_jobs.store(true, Ordering::Relaxed);
    }

    /// Whether rows can be locked for update.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        self.inner.get_database_backend() == DbBackend::Sqlite
    }
}

/// Whether an error says that the database cannot be reached or is busy, rather than what it thinks of a statement.
#[must_use]
pub fn is_away(error: &DbErr) -> bool {
    match error {
        DbErr::Conn(_) | DbErr::ConnectionAcquire(_) => true,
        DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error)) => {
            !matches!(**error, sqlx::Error::Database(ref error) if !is_passing(error.code().as_deref()))
        }
        _ => false,
    }
}

/// Of SQLite: busy, locked, out of order or full; of PostgreSQL: the classes of connection, resources and shutdown.
fn is_passing(code: Option<&str>) -> bool {
    let Some(code) = code else { return false };
    match code.parse::<u32>() {
        Ok(number) if code.len() < 5 => matches!(number & 0xff, 5 | 6 | 10 | 13),
        _ => ["08", "53", "57"].iter().any(|class| code.starts_with(class)),
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

macro_rules! delegate_connection {
    ($type:ty, $field:tt) => {
        #[async_trait::async_trait]
        impl ConnectionTrait for $type {
            fn get_database_backend(&self) -> DbBackend {
                self.$field.get_database_backend()
            }
            async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
                self.$field.execute_raw(statement).await
            }
            async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
                self.$field.execute_unprepared(sql).await
            }
            async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
                self.$field.query_one_raw(statement).await
            }
            async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
                self.$field.query_all_raw(statement).await
            }
        }
    };
}
delegate_connection!(Reader, 0);
delegate_connection!(Tx, inner);
