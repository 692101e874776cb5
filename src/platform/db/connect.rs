//! Connecting to either database.
use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::{
        Executor,
        sqlite::{SqliteJournalMode, SqliteSynchronous},
    },
};
use secrecy::ExposeSecret;
use tracing::log::LevelFilter;

use super::{Db, Notes, Reader, health::Health, log::Log, migrate, turn::Turns};
use crate::platform::{
    config::{self, Synchronous},
    secret::make_private_file,
    wake::Wake,
};

const SQLITE_READERS: u32 = 4;
/// PostgreSQL: a plan that was made while a table was small is kept while it grows, and reading the table whole was right
/// then. Every query has its index; compiling one takes longer than running it.
const PLANS: &str = "SET enable_seqscan = off; SET jit = off";
/// Pages of the log after which whoever writes moves them into the file themselves, where nobody else keeps up. A longer one
/// would be written less often, but on a full disk it needs as much room as it holds before anything can be written again.
const LONGEST_LOG: &str = "1000";
/// Statements that a connection keeps prepared: all that are met again and again, in the sizes of `entity::among` and
/// `insert_all`.
const KEPT_STATEMENTS: usize = 1000;
/// Rows that SQLite's thread reads before it waits for whoever asked.
const ROWS_AHEAD: usize = 1024;

/// Why the database cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// It cannot be reached, or refuses.
    #[error(transparent)]
    Database(#[from] DbErr),
    /// It was made before there were releases.
    #[error(
        "it was made by the first version of Plaudit, from which this one cannot take over; \
         let database.url name a new database, and import roster and comments again"
    )]
    FirstVersion,
}

impl Db {
    /// Connects; makes the SQLite file where there is none. Refuses what another version's migrations have made.
    pub async fn connect(settings: &config::Database, wake: Arc<Wake>) -> Result<Db, ConnectError> {
        let health = Arc::new(Health::default());
        let is_sqlite = settings.is_sqlite();
        let (writer, reader, log) = if is_sqlite {
            if let Some(file) = settings.file() {
                // What SQLite puts beside it is as private as the file.
                make_private_file(&file)
                    .map_err(|error| DbErr::Custom(format!("{}: {error}", file.display())))?;
            }
            let writer = connect_sqlite(settings, Access::Write(health.clone())).await?;
            let reader = connect_sqlite(settings, Access::Read).await?;
            let log = Log::new(connect_sqlite(settings, Access::KeepLog).await?);
            (writer, reader, Some(log))
        } else {
            let pool = connect_postgres(settings, health.clone()).await?;
            (pool.clone(), pool, None)
        };
        let reader = Reader {
            pool: reader,
            health: health.clone(),
        };
        let db = Db {
            reader,
            writer,
            health,
            wake,
            notes: Notes::default(),
            log,
            turns: Turns::default(),
        };
        if migrate::is_of_first_version(db.read()).await? {
            return Err(ConnectError::FirstVersion);
        }
        Ok(db)
    }
}

enum Access {
    Read,
    Write(Arc<Health>),
    /// Moves what was written from the log into the file.
    KeepLog,
}

async fn connect_sqlite(settings: &config::Database, access: Access) -> Result<DatabaseConnection, DbErr> {
    let synchronous = match settings.sqlite_synchronous {
        Synchronous::Full => SqliteSynchronous::Full,
        Synchronous::Normal => SqliteSynchronous::Normal,
        Synchronous::Off => SqliteSynchronous::Off,
    };
    let mut options = quiet(settings.url.expose_secret());
    options.test_before_acquire(false);
    let read_only = matches!(access, Access::Read);
    let longest_log = match access {
        Access::KeepLog => "0",
        Access::Read | Access::Write(_) => LONGEST_LOG,
    };
    match access {
        Access::Read => {
            options.max_connections(SQLITE_READERS);
        }
        Access::KeepLog => {
            options.max_connections(1);
        }
        Access::Write(health) => {
            options.max_connections(1);
            let may_skip_waiting = settings.sqlite_synchronous == Synchronous::Full;
            options.map_sqlx_sqlite_before_acquire(move |connection, _| {
                let health = health.clone();
                Box::pin(async move {
                    if !health.admits_writer(connection) {
                        return Ok(false);
                    }
                    if may_skip_waiting {
                        health.wait_as_wanted(connection).await?;
                    }
                    Ok(true)
                })
            });
        }
    }
    options.map_sqlx_sqlite_opts(move |sqlite| {
        sqlite
            .create_if_missing(!read_only)
            .read_only(read_only)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(synchronous)
            .busy_timeout(Duration::from_secs(10))
            .foreign_keys(true)
            .statement_cache_capacity(KEPT_STATEMENTS)
            .row_buffer_size(ROWS_AHEAD)
            // What a statement may have to take back, and what it sorts, is small.
            .pragma("temp_store", "MEMORY")
            .pragma("wal_autocheckpoint", longest_log)
            // What was erased is overwritten, not merely forgotten.
            .pragma("secure_delete", "ON")
            .pragma("cache_size", "-16384")
    });
    Database::connect(options).await
}

async fn connect_postgres(
    settings: &config::Database,
    health: Arc<Health>,
) -> Result<DatabaseConnection, DbErr> {
    let mut options = quiet(settings.url.expose_secret());
    options
        .max_connections(settings.max_connections)
        .test_before_acquire(false)
        .map_sqlx_postgres_opts(|postgres| postgres.statement_cache_capacity(KEPT_STATEMENTS))
        .map_sqlx_postgres_pool_opts(|pool| {
            pool.after_connect(|connection, _| {
                Box::pin(async move {
                    connection.execute(PLANS).await?;
                    Ok(())
                })
            })
        })
        .map_sqlx_postgres_before_acquire(move |connection, known| {
            let health = health.clone();
            Box::pin(async move { health.admits(connection, known).await })
        });
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
        .connect_timeout(Duration::from_secs(10));
    options
}
