//! The database: its schema, its clock, work that was given up.
use chrono::{DateTime, TimeDelta, Utc};
use entity::job;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, Statement};

use super::Finding;
use crate::{
    app::App,
    platform::{config::Config, db::ConnectError},
};

/// Clocks that lie further apart than this make leases and waits unreliable.
const SKEW_ALLOWED: TimeDelta = TimeDelta::seconds(5);

pub(super) fn unusable(config: &Config, error: &ConnectError) -> Finding {
    let ConnectError::Database(error) = error else {
        return Finding::bad("database", error.to_string());
    };
    let what = if config.database.is_sqlite() {
        "check that the directory exists and can be written"
    } else {
        "check database.url, and that the server runs and lets this user in"
    };
    Finding::bad("database", format!("it cannot be reached ({error}); {what}"))
}

pub(super) async fn examine(app: &App) -> Vec<Finding> {
    vec![schema(app).await, clock(app).await]
}

/// Whether there is anything to look at in it.
pub(super) async fn is_of_this_version(app: &App) -> bool {
    matches!(app.db.pending_migrations().await, Ok(0))
}

async fn schema(app: &App) -> Finding {
    match app.db.pending_migrations().await {
        Ok(0) => Finding::good("database", "it answers, and its schema is of this version"),
        Ok(pending) => Finding::doubtful(
            "database",
            format!(
                "{pending} migrations are pending, and nothing in it can be looked at before; run plaudit init where there is \
                 no organisation yet, else plaudit migrate, or let serve do it"
            ),
        ),
        Err(error) => Finding::bad("database", format!("its schema cannot be read: {error}")),
    }
}

async fn clock(app: &App) -> Finding {
    let skew = match database_time(app).await {
        Ok(Some(time)) => (time - app.clock.now()).abs(),
        Ok(None) => return Finding::good("clock", "database and process share one"),
        Err(error) => return Finding::bad("clock", format!("the database's time cannot be read: {error}")),
    };
    if skew > SKEW_ALLOWED {
        let seconds = skew.num_seconds();
        return Finding::bad(
            "clock",
            format!("it lies {seconds} s from the database's; let both follow NTP"),
        );
    }
    Finding::good(
        "clock",
        format!("{} ms from the database's", skew.num_milliseconds()),
    )
}

async fn database_time(app: &App) -> Result<Option<DateTime<Utc>>, DbErr> {
    if app.db.is_sqlite() {
        return Ok(None);
    }
    let backend = app.db.read().get_database_backend();
    let row = app
        .db
        .read()
        .query_one_raw(Statement::from_string(backend, "SELECT clock_timestamp() AS now"))
        .await?;
    row.map(|row| row.try_get("", "now")).transpose()
}

pub(super) async fn dead_letters(app: &App) -> Finding {
    let dead = job::Entity::find()
        .filter(job::Column::DeadAt.is_not_null())
        .count(app.db.read())
        .await;
    match dead {
        Ok(0) => Finding::good("jobs", "none failed"),
        Ok(count) => Finding::doubtful(
            "jobs",
            format!("{count} failed; plaudit jobs list shows why, plaudit jobs retry tries again"),
        ),
        Err(error) => Finding::bad(
            "jobs",
            format!("they cannot be read: {error}; run plaudit migrate"),
        ),
    }
}
