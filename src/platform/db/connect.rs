//! Connecting to either database.
use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DbErr,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use secrecy::ExposeSecret;
use tracing::log::LevelFilter;

use super::{Db, Notes, Reader, health::Health, migrate};
use crate::platform::{
    config::{self, Synchronous},
    secret::make_private_file,
    wake::Wake,
};

const SQLITE_READERS: u32 = 4;

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
        let (writer, reader) = if is_sqlite {
            if let Some(file) = settings.file() {
                // What SQLite puts beside it is as private as the file.
                make_private_file(&file)
                    .map_err(|error| DbErr::Custom(format!("{}: {error}", file.display())))?;
            }
            let writer = connect_sqlite(settings, Access::Write(health.clone())).await?;
            (writer, connect_sqlite(settings, Access::Read).await?)
        } else {
            let pool = connect_postgres(settings, health.clone()).await?;
            (pool.clone(), pool)
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
    match access {
        Access::Read => {
            options.max_connections(SQLITE_READERS);
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
