//! What customers said at a tool before it pushed: from a day on, page by page, a job for each. A page's comments, where the
//! next one begins and its job are one commit, so a process that dies repeats nothing. It is an import, undone like any.
use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use entity::{backfill, import, source};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

pub use entity::backfill::State;

use super::{
    SourceError, fetch,
    tool::{Tool, fetch::Place},
};
use crate::{
    capture::import::{Outcome, log},
    platform::{
        db::Tx,
        job::{self, Job, NewJob},
    },
};

mod page;

pub use page::read;

/// A backfill with its import.
#[derive(Clone, Debug)]
pub struct Backfill {
    pub row: backfill::Model,
    pub import: import::Model,
}

impl Backfill {
    /// What it has brought by now.
    #[must_use]
    pub fn brought(&self) -> Outcome {
        Outcome::so_far(&self.import)
    }
}

/// Begins one: what was answered since the beginning of a day (UTC) is taken in.
pub async fn begin(
    tx: &Tx,
    source: &source::Model,
    day: NaiveDate,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Backfill, SourceError> {
    let since = day.and_time(NaiveTime::MIN).and_utc();
    let label = check(source, since, now)?;
    if fetch::of(tx, source).await?.is_none() {
        return Err(invalid("reading_key", "is missing; enter it first"));
    }
    let new = log::NewImport {
        organisation: source.organisation_id,
        source: source.id,
        file_name: &format!("{label}, from {day}"),
        digest: "",
        columns: &None,
        actor,
        now,
    };
    let import = log::begin(tx, new).await?;
    let row = backfill::ActiveModel {
        import_id: Set(import.id),
        organisation_id: Set(source.organisation_id),
        source_id: Set(source.id),
        since: Set(since),
        state: Set(State::Running),
        place: Set(to_json(&Place::default())?),
        pages: Set(0),
        failures: Set(0),
        problem: Set(None),
        next_at: Set(None),
    };
    let inserted = backfill::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    if inserted == 0 {
        return Err(invalid(
            "since",
            "one is not done yet: let it go on, or undo it, before another begins",
        ));
    }
    job::enqueue_all(tx, vec![job_of(&import, now)]).await?;
    super::record(tx, source, "begin_backfill", actor, now).await?;
    match latest(tx, source).await? {
        Some(begun) => Ok(begun),
        None => Err(invalid("since", "nothing was begun")),
    }
}

/// What the tool is called, if it can be asked from that time on.
fn check(source: &source::Model, since: DateTime<Utc>, now: DateTime<Utc>) -> Result<String, SourceError> {
    let no_list = |label: &str| {
        let message =
            format!("{label} cannot be asked for what it holds already; import its export as a file");
        invalid("source", &message)
    };
    let tool = Tool::find(&source.kind).ok_or_else(|| no_list(&source.kind))?;
    let tool = tool
        .with(&source.settings)
        .map_err(|error| invalid("settings", &error))?;
    let fetch = tool.fetch.as_ref().filter(|fetch| fetch.has_list());
    let fetch = fetch.ok_or_else(|| no_list(&tool.label))?;
    fetch
        .lacks()
        .map_err(|fault| invalid("settings", &fault.to_string()))?;
    let year_2000 = DateTime::from_timestamp(946_684_800, 0).unwrap_or_default();
    match since {
        since if since > now => Err(invalid("since", "lies in the future; give a day that was")),
        since if since < year_2000 => Err(invalid("since", "lies before 2000-01-01")),
        _ => Ok(tool.label),
    }
}

/// The newest backfill of a source.
pub async fn latest(
    connection: &impl ConnectionTrait,
    source: &source::Model,
) -> Result<Option<Backfill>, DbErr> {
    let row = backfill::Entity::within(source.organisation_id)
        .filter(backfill::Column::SourceId.eq(source.id))
        .order_by_desc(backfill::Column::ImportId)
        .one(connection)
        .await?;
    match row {
        Some(row) => with_import(connection, row).await,
        None => Ok(None),
    }
}

async fn with_import(
    connection: &impl ConnectionTrait,
    row: backfill::Model,
) -> Result<Option<Backfill>, DbErr> {
    let import = log::get(connection, row.organisation_id, row.import_id).await?;
    Ok(import.map(|import| Backfill { row, import }))
}

/// The one of an import, while it runs.
async fn running(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    import: Uuid,
) -> Result<Option<Backfill>, DbErr> {
    let row = backfill::Entity::within(organisation)
        .filter(backfill::Column::ImportId.eq(import))
        .filter(backfill::Column::State.eq(State::Running))
        .one(connection)
        .await?;
    match row {
        Some(row) => with_import(connection, row).await,
        None => Ok(None),
    }
}

/// Stops one; what it brought stays.
pub async fn stop(tx: &Tx, source: &source::Model, actor: &str, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let stopped = backfill::Entity::update_many()
        .col_expr(backfill::Column::State, Expr::value("stopped"))
        .col_expr(backfill::Column::Problem, Expr::value(None::<String>))
        .col_expr(backfill::Column::NextAt, Expr::value(None::<DateTime<Utc>>))
        .filter(backfill::Column::SourceId.eq(source.id))
        .filter(backfill::Column::State.eq(State::Running))
        .exec(tx)
        .await?;
    if stopped.rows_affected > 0 {
        super::record(tx, source, "stop_backfill", actor, now).await?;
    }
    Ok(stopped.rows_affected > 0)
}

/// Lets one go on that was stopped, from where it stood.
pub async fn go_on(tx: &Tx, source: &source::Model, actor: &str, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let goes = resume(tx, source, now).await?;
    if goes {
        super::record(tx, source, "resume_backfill", actor, now).await?;
    }
    Ok(goes)
}

/// The same after another key was entered.
pub(super) async fn go_on_with_key(tx: &Tx, source: &source::Model, now: DateTime<Utc>) -> Result<(), DbErr> {
    let waiting = open(tx, source).await?;
    if waiting.is_some_and(|waiting| waiting.problem.is_some()) {
        resume(tx, source, now).await?;
    }
    Ok(())
}

async fn resume(tx: &Tx, source: &source::Model, now: DateTime<Utc>) -> Result<bool, DbErr> {
    let Some(found) = open(tx, source).await? else {
        return Ok(false);
    };
    let id = found.import_id;
    // A page that is under way ends after this transaction, and then sees that it goes on.
    job::queue::no_later_than(tx, vec![key(id)], now).await?;
    let row = backfill::ActiveModel {
        state: Set(State::Running),
        failures: Set(0),
        problem: Set(None),
        next_at: Set(None),
        ..Default::default()
    };
    let changed = backfill::Entity::update_many()
        .set(row)
        .filter(backfill::Column::ImportId.eq(id))
        .filter(backfill::Column::State.ne(State::Done))
        .exec(tx)
        .await?;
    if changed.rows_affected == 0 {
        return Ok(false);
    }
    let next = NewJob {
        organisation: source.organisation_id,
        job: Job::Backfill { import: id },
        run_at: now,
        key: Some(key(id)),
    };
    job::enqueue_all(tx, vec![next]).await?;
    Ok(true)
}

/// What is read is another survey or server from now on: its pages begin at the first. What is here already stays as it is.
pub(super) async fn from_the_first_page(tx: &Tx, source: &source::Model) -> Result<(), DbErr> {
    backfill::Entity::update_many()
        .col_expr(backfill::Column::Place, Expr::value(serde_json::json!({})))
        .filter(backfill::Column::OrganisationId.eq(source.organisation_id))
        .filter(backfill::Column::SourceId.eq(source.id))
        .filter(backfill::Column::State.ne(State::Done))
        .exec(tx)
        .await?;
    Ok(())
}

/// The one that is not done.
async fn open(
    connection: &impl ConnectionTrait,
    source: &source::Model,
) -> Result<Option<backfill::Model>, DbErr> {
    backfill::Entity::within(source.organisation_id)
        .filter(backfill::Column::SourceId.eq(source.id))
        .filter(backfill::Column::State.ne(State::Done))
        .one(connection)
        .await
}

/// Nothing further is read of a source that is removed.
pub(super) async fn end(tx: &Tx, source: &source::Model) -> Result<(), DbErr> {
    backfill::Entity::update_many()
        .col_expr(backfill::Column::State, Expr::value("done"))
        .filter(backfill::Column::SourceId.eq(source.id))
        .exec(tx)
        .await?;
    Ok(())
}

fn job_of(import: &import::Model, run_at: DateTime<Utc>) -> NewJob {
    NewJob {
        organisation: import.organisation_id,
        job: Job::Backfill { import: import.id },
        run_at,
        key: Some(key(import.id)),
    }
}

fn key(import: Uuid) -> String {
    format!("backfill:{import}")
}

fn to_json(place: &Place) -> Result<serde_json::Value, DbErr> {
    serde_json::to_value(place).map_err(|error| DbErr::Json(error.to_string()))
}

fn invalid(field: &'static str, message: &str) -> SourceError {
    SourceError::Invalid {
        field,
        message: message.to_owned(),
    }
}
