//! `/v1/sources/{id}/backfill`
use chrono::{DateTime, NaiveDate, Utc};
use entity::source;
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, param::Path, payload::Json};
use uuid::Uuid;

use super::Tag;
use crate::{
    access::Action,
    capture::source::{
        self as sources,
        backfill::{self, Backfill, State},
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on what a tool held before it pushed.
#[derive(Debug)]
pub struct Backfills;

/// From when on.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewBackfill {
    /// The first day, in UTC.
    pub since: NaiveDate,
}

/// How it does.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum BackfillState {
    /// Pages are taken in one after the other.
    Running,
    /// Somebody stopped it, or must put something right first.
    Stopped,
    /// Everything was taken in, or it was undone.
    Done,
}

/// What a tool held before it pushed, taken in from a day on.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct BackfillView {
    /// The import that it is; undo that to take everything back.
    pub import: Uuid,
    /// From when on.
    pub since: DateTime<Utc>,
    /// How it does.
    pub state: BackfillState,
    /// Pages that were taken in.
    pub pages: i32,
    /// Answers in them.
    pub answers: i64,
    /// Comments that are new.
    pub added: i64,
    /// Comments that were here already.
    pub same: i64,
    /// Comments that were here with other words.
    pub revised: i64,
    /// Comments that were withdrawn or erased, and stay so.
    pub gone: i64,
    /// Answers without words.
    pub blank: i64,
    /// Answers that cannot be used.
    pub rejected: i64,
    /// Why the last call brought nothing, and what to do about it.
    pub problem: Option<String>,
    /// When the next page is asked for, where that is not now.
    pub next_at: Option<DateTime<Utc>>,
    /// When it began.
    pub started_at: DateTime<Utc>,
    /// When everything was taken in.
    pub finished_at: Option<DateTime<Utc>>,
    /// When it was undone.
    pub undone_at: Option<DateTime<Utc>>,
}

/// It begins.
#[derive(ApiResponse)]
pub enum CreateBackfill {
    /// It runs.
    #[oai(status = 201)]
    Created(Json<BackfillView>),
}

#[OpenApi(prefix_path = "/sources", tag = "Tag::Sources")]
impl Backfills {
    /// Take in what a tool held before it pushed
    ///
    /// Page by page, in the background; one at a time of a source. What is older than 14 days tells nobody. Whatever it adds
    /// is taken back by undoing the import.
    #[oai(path = "/:id/backfill", method = "post", operation_id = "create_backfill")]
    async fn create(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
        body: Json<NewBackfill>,
    ) -> Result<CreateBackfill, Failure> {
        let caller = auth.permit(Action::CREATE_BACKFILL)?;
        let source = source(web, caller.organisation, id.0).await?;
        let tx = web.app.db.write().await?;
        let now = web.app.clock.now();
        let begun = backfill::begin(&tx, &source, body.0.since, &caller.actor, now).await?;
        tx.commit().await?;
        Ok(CreateBackfill::Created(Json(begun.into())))
    }

    /// Get the newest backfill of a source
    #[oai(path = "/:id/backfill", method = "get", operation_id = "get_backfill")]
    async fn get(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
    ) -> Result<Json<BackfillView>, Failure> {
        let caller = auth.permit(Action::GET_BACKFILL)?;
        let source = source(web, caller.organisation, id.0).await?;
        Ok(Json(latest(web, &source).await?))
    }

    /// Stop a backfill
    ///
    /// What it brought stays; resumed, it goes on from there.
    #[oai(path = "/:id/backfill/stop", method = "post", operation_id = "stop_backfill")]
    async fn stop(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
    ) -> Result<Json<BackfillView>, Failure> {
        let caller = auth.permit(Action::STOP_BACKFILL)?;
        let source = source(web, caller.organisation, id.0).await?;
        let tx = web.app.db.write().await?;
        backfill::stop(&tx, &source, &caller.actor, web.app.clock.now()).await?;
        tx.commit().await?;
        Ok(Json(latest(web, &source).await?))
    }

    /// Resume a backfill
    ///
    /// Also after something was put right.
    #[oai(
        path = "/:id/backfill/resume",
        method = "post",
        operation_id = "resume_backfill"
    )]
    async fn resume(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// The source.
        id: Path<Uuid>,
    ) -> Result<Json<BackfillView>, Failure> {
        let caller = auth.permit(Action::RESUME_BACKFILL)?;
        let source = source(web, caller.organisation, id.0).await?;
        let tx = web.app.db.write().await?;
        backfill::go_on(&tx, &source, &caller.actor, web.app.clock.now()).await?;
        tx.commit().await?;
        Ok(Json(latest(web, &source).await?))
    }
}

async fn source(web: &Web, organisation: Uuid, id: Uuid) -> Result<source::Model, Failure> {
    let found = sources::by_id(web.app.db.read(), organisation, id).await?;
    found.ok_or_else(|| Failure::not_found("source"))
}

async fn latest(web: &Web, source: &source::Model) -> Result<BackfillView, Failure> {
    let found = backfill::latest(web.app.db.read(), source).await?;
    Ok(found.ok_or_else(|| Failure::not_found("backfill"))?.into())
}

impl From<Backfill> for BackfillView {
    fn from(backfill: Backfill) -> BackfillView {
        let whole = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let brought = backfill.brought();
        let Backfill { row, import } = backfill;
        BackfillView {
            import: import.id,
            since: row.since,
            state: match row.state {
                State::Running => BackfillState::Running,
                State::Stopped => BackfillState::Stopped,
                State::Done => BackfillState::Done,
            },
            pages: row.pages,
            answers: whole(brought.lines),
            added: whole(brought.added),
            same: whole(brought.same),
            revised: whole(brought.revised),
            gone: whole(brought.gone),
            blank: whole(brought.blank),
            rejected: whole(brought.rejected),
            problem: row.problem,
            next_at: row.next_at,
            started_at: import.started_at,
            finished_at: import.finished_at,
            undone_at: import.undone_at,
        }
    }
}
