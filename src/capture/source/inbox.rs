//! Pushes between the moment they are answered and the moment they are deleted: stored before the answer, encrypted,
//! bounded for each source, read by a job, kept for as long as the source says.
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{hook, push, push_comment, source};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Insert, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait,
    sea_query::{Expr, OnConflict},
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    access::audit,
    capture::app::CaptureApp,
    platform::{
        db::Tx,
        job::{self, Job, NewJob, queue},
        paging::{Page, PageQuery},
        secret::{SealError, Secrets},
    },
};

/// What one source may keep; what comes beyond is put off until something was read or grew old.
const MOST_PUSHES: i64 = 200_000;
const MOST_BYTES: i64 = 512 * 1024 * 1024;
/// Pushes deleted or read anew by one statement.
const AT_ONCE: u64 = 500;

/// What became of a push.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    New,
    /// The same came before.
    Known,
    /// The source keeps as much as it may.
    Full,
}

/// Why a push was not stored.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    #[error("cannot encrypt: {0}")]
    Seal(#[from] SealError),
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// A push as it came.
pub struct Body {
    pub content_type: String,
    pub bytes: Vec<u8>,
}

/// How many pushes went unread with their source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discarded {
    pub waiting: u64,
    pub quarantined: u64,
}

/// Stores a push with the job that reads it; returns after the commit.
pub async fn take(app: &CaptureApp, hook: &hook::Model, body: &Body) -> Result<Taken, InboxError> {
    let id = Uuid::now_v7();
    let now = app.clock.now();
    let bytes = i64::try_from(body.bytes.len()).unwrap_or(i64::MAX);
    let row = push::ActiveModel {
        id: Set(id),
        organisation_id: Set(hook.organisation_id),
        source_id: Set(hook.source_id),
        digest: Set(app.secrets.fingerprint(&body.bytes)),
        state: Set(push::State::Waiting),
        sealed: Set(seal(&app.secrets, hook, id, body)?),
        bytes: Set(bytes),
        received_at: Set(now),
        read_at: Set(None),
        reason: Set(None),
    };
    let tx = app.db.write().await?;
    let taken = insert(&tx, hook, row, bytes, now).await?;
    if taken == Taken::New {
        job::enqueue_all(&tx, vec![job_of(hook.organisation_id, id, now)]).await?;
        tx.commit().await?;
    } else {
        tx.rollback().await?;
    }
    Ok(taken)
}

async fn insert(
    tx: &Tx,
    hook: &hook::Model,
    row: push::ActiveModel,
    bytes: i64,
    now: DateTime<Utc>,
) -> Result<Taken, DbErr> {
    let mut insert = Insert::one(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .into_query();
    insert.returning_col(push::Column::Id);
    if tx.query_all(&insert).await?.is_empty() {
        return Ok(Taken::Known);
    }
    let counted = hook::Entity::update_many()
        .col_expr(hook::Column::Pushes, Expr::col(hook::Column::Pushes).add(1_i64))
        .col_expr(hook::Column::Bytes, Expr::col(hook::Column::Bytes).add(bytes))
        .col_expr(hook::Column::LastPushAt, Expr::value(now))
        .filter(hook::Column::SourceId.eq(hook.source_id))
        .filter(hook::Column::Pushes.lt(MOST_PUSHES))
        .filter(hook::Column::Bytes.lte(MOST_BYTES - bytes))
        .exec(tx)
        .await?;
    Ok(match counted.rows_affected {
        0 => Taken::Full,
        _ => Taken::New,
    })
}

/// The job that reads a push.
pub(super) fn job_of(organisation: Uuid, push: Uuid, now: DateTime<Utc>) -> NewJob {
    NewJob {
        organisation,
        job: Job::Push { push },
        run_at: now,
        key: Some(key(push)),
    }
}

fn key(push: Uuid) -> String {
    format!("push:{push}")
}

fn seal(secrets: &Secrets, hook: &hook::Model, id: Uuid, body: &Body) -> Result<Vec<u8>, SealError> {
    let plain = [body.content_type.as_bytes(), b"\n", &body.bytes].concat();
    secrets.seal_bytes(&plain, &about(hook.organisation_id, id))
}

/// Decrypts a push.
pub(super) fn open(secrets: &Secrets, push: &push::Model) -> Result<Body, SealError> {
    let plain = secrets.open_bytes(&push.sealed, &about(push.organisation_id, push.id))?;
    let end = plain
        .iter()
        .position(|byte| *byte == b'\n')
        .ok_or(SealError::Damaged)?;
    let (content_type, bytes) = plain.split_at(end);
    Ok(Body {
        content_type: String::from_utf8_lossy(content_type).into_owned(),
        bytes: bytes.iter().skip(1).copied().collect(),
    })
}

fn about(organisation: Uuid, push: Uuid) -> String {
    format!("{organisation}/push/{push}")
}

/// A page of what a source cannot read, oldest first.
pub async fn quarantine(
    connection: &impl ConnectionTrait,
    source: &source::Model,
    page: PageQuery,
) -> Result<Page<push::Model>, DbErr> {
    let quarantined = push::Entity::within(source.organisation_id)
        .filter(push::Column::SourceId.eq(source.id))
        .filter(push::Column::State.eq(push::State::Quarantined));
    page.fetch(connection, quarantined, push::Column::Id, |row| row.id)
        .await
}

/// The newest push of a source that is kept.
pub async fn newest(
    connection: &impl ConnectionTrait,
    source: &source::Model,
) -> Result<Option<push::Model>, DbErr> {
    push::Entity::within(source.organisation_id)
        .filter(push::Column::SourceId.eq(source.id))
        .order_by_desc(push::Column::Id)
        .one(connection)
        .await
}

/// Shows a push to an administrator, which the audit log keeps.
pub async fn show(
    app: &CaptureApp,
    source: &source::Model,
    push: Uuid,
    actor: &str,
) -> Result<Option<(push::Model, Body)>, InboxError> {
    let tx = app.db.write().await?;
    let found = push::Entity::within(source.organisation_id)
        .filter(push::Column::SourceId.eq(source.id))
        .filter(push::Column::Id.eq(push))
        .one(&tx)
        .await?;
    let Some(found) = found else {
        tx.rollback().await?;
        return Ok(None);
    };
    let body = open(&app.secrets, &found)?;
    let entry = audit::Entry {
        organisation: source.organisation_id,
        at: app.clock.now(),
        actor,
        action: "read_push",
        subject_kind: "push",
        subject_id: Some(push.to_string()),
        detail: json!({ "source": source.id }),
    };
    audit::record(&tx, entry).await?;
    tx.commit().await?;
    Ok(Some((found, body)))
}

/// Reads again what could not be read: one push, or all of the source; returns how many.
pub async fn replay(
    tx: &Tx,
    source: &source::Model,
    push: Option<Uuid>,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let mut chosen = Condition::all()
        .add(push::Column::OrganisationId.eq(source.organisation_id))
        .add(push::Column::SourceId.eq(source.id))
        .add(push::Column::State.eq(push::State::Quarantined));
    if let Some(push) = push {
        chosen = chosen.add(push::Column::Id.eq(push));
    }
    let changed = push::Entity::update_many()
        .col_expr(push::Column::State, Expr::value("waiting"))
        .col_expr(push::Column::Reason, Expr::value(None::<String>))
        .filter(chosen)
        .exec(tx)
        .await?;
    read_waiting(tx, source, now).await?;
    let entry = audit::Entry {
        organisation: source.organisation_id,
        at: now,
        actor,
        action: "replay_pushes",
        subject_kind: "source",
        subject_id: Some(source.id.to_string()),
        detail: json!({ "count": changed.rows_affected }),
    };
    audit::record(tx, entry).await?;
    Ok(changed.rows_affected)
}

/// Gives a job to every push that waits: after a pause, or when it is to be read again.
pub(super) async fn read_waiting(tx: &Tx, source: &source::Model, now: DateTime<Utc>) -> Result<(), DbErr> {
    let mut after = Uuid::nil();
    loop {
        let ids = waiting_after(tx, source, after).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = *last;
        // A job that is under way ends after this transaction, and then sees that the source is not paused.
        queue::no_later_than(tx, ids.iter().copied().map(key).collect(), now).await?;
        let jobs = ids.into_iter().map(|id| job_of(source.organisation_id, id, now));
        job::enqueue_all(tx, jobs.collect()).await?;
    }
}

/// Some of the pushes that wait, oldest first.
pub(super) async fn waiting_after(tx: &Tx, source: &source::Model, after: Uuid) -> Result<Vec<Uuid>, DbErr> {
    push::Entity::within(source.organisation_id)
        .select_only()
        .column(push::Column::Id)
        .filter(push::Column::SourceId.eq(source.id))
        .filter(push::Column::State.eq(push::State::Waiting))
        .filter(push::Column::Id.gt(after))
        .order_by_asc(push::Column::Id)
        .limit(AT_ONCE)
        .into_tuple()
        .all(tx)
        .await
}

/// Deletes the pushes that brought a comment.
pub(in crate::capture) async fn forget_comment(tx: &Tx, comment: Uuid) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = push_comment::Entity::find()
        .select_only()
        .column(push_comment::Column::PushId)
        .filter(push_comment::Column::CommentId.eq(comment))
        .into_tuple()
        .all(tx)
        .await?;
    delete(tx, ids).await
}

/// Deletes pushes and counts them off, each once: two processes that forget the same wait for each other, and the second
/// finds none.
pub(super) async fn delete(tx: &Tx, ids: Vec<Uuid>) -> Result<(), DbErr> {
    let mut doomed = push::Entity::find()
        .select_only()
        .columns([push::Column::Id, push::Column::SourceId, push::Column::Bytes])
        .filter(push::Column::Id.is_in(ids))
        .order_by_asc(push::Column::Id);
    if !tx.is_sqlite() {
        doomed = doomed.lock_exclusive();
    }
    let doomed: Vec<(Uuid, Uuid, i64)> = doomed.into_tuple().all(tx).await?;
    if doomed.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = doomed.iter().map(|(id, _, _)| *id).collect();
    let mut sums: BTreeMap<Uuid, (i64, i64)> = BTreeMap::new();
    for (_, source, bytes) in doomed {
        let sum = sums.entry(source).or_default();
        *sum = (sum.0 + 1, sum.1 + bytes);
    }
    push_comment::Entity::delete_many()
        .filter(push_comment::Column::PushId.is_in(ids.iter().copied()))
        .exec(tx)
        .await?;
    push::Entity::delete_many()
        .filter(push::Column::Id.is_in(ids))
        .exec(tx)
        .await?;
    for (source, (n, bytes)) in sums {
        hook::Entity::update_many()
            .col_expr(hook::Column::Pushes, Expr::col(hook::Column::Pushes).sub(n))
            .col_expr(hook::Column::Bytes, Expr::col(hook::Column::Bytes).sub(bytes))
            .filter(hook::Column::SourceId.eq(source))
            .exec(tx)
            .await?;
    }
    Ok(())
}

pub(super) async fn discard_all(tx: &Tx, source: &source::Model) -> Result<Discarded, DbErr> {
    let mut discarded = Discarded::default();
    loop {
        let some: Vec<(Uuid, push::State)> = push::Entity::within(source.organisation_id)
            .select_only()
            .column(push::Column::Id)
            .column(push::Column::State)
            .filter(push::Column::SourceId.eq(source.id))
            .limit(AT_ONCE)
            .into_tuple()
            .all(tx)
            .await?;
        if some.is_empty() {
            return Ok(discarded);
        }
        for (_, state) in &some {
            discarded.waiting += u64::from(*state == push::State::Waiting);
            discarded.quarantined += u64::from(*state == push::State::Quarantined);
        }
        delete(tx, some.into_iter().map(|(id, _)| id).collect()).await?;
    }
}

/// Deletes what is older than its source keeps, a few at a time; returns how many.
pub async fn forget_old(app: &CaptureApp) -> Result<usize, DbErr> {
    let hooks = hook::Entity::find()
        .filter(hook::Column::Pushes.gt(0))
        .all(app.db.read())
        .await?;
    let mut forgotten = 0;
    for hook in hooks {
        let before = app.clock.now() - TimeDelta::days(hook.retention_days.into());
        let old: Vec<Uuid> = push::Entity::within(hook.organisation_id)
            .select_only()
            .column(push::Column::Id)
            .filter(push::Column::SourceId.eq(hook.source_id))
            .filter(push::Column::ReceivedAt.lt(before))
            .order_by_asc(push::Column::ReceivedAt)
            .limit(AT_ONCE)
            .into_tuple()
            .all(app.db.read())
            .await?;
        if !old.is_empty() {
            forgotten += old.len();
            let tx = app.db.write().await?;
            delete(&tx, old).await?;
            tx.commit().await?;
        }
    }
    Ok(forgotten)
}
