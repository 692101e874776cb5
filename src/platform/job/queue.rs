//! Claiming, finishing, putting back and giving up jobs. Leases are compared with the database's clock.
use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{among, job};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, UpdateMany,
    sea_query::{Expr, LockBehavior, LockType},
};
use uuid::Uuid;

use super::{Job, JobError, Kind, Kinds};
use crate::platform::db::Tx;

/// Claims after which a job is given up: with [`wait_after`] about three days.
pub const MAX_ATTEMPTS: i32 = 80;
const LONGEST_WAIT_SECONDS: i64 = 3600;
/// Jobs named in one statement.
const NAMED_TOGETHER: usize = 1000;

/// A job that is ours until its lease ends.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// Row id.
    pub id: i64,
    /// The claim: completion under another attempt is refused.
    pub attempt: i32,
    /// Whose it is.
    pub organisation: Uuid,
    /// What to do.
    pub job: Job,
}

/// Claims up to `limit` due jobs of a kind, oldest first, for `lease`.
///
/// A job whose payload cannot be read is given up, not skipped.
pub async fn claim(
    tx: &Tx,
    kind: Kind,
    limit: u64,
    worker: &str,
    now: DateTime<Utc>,
    lease: TimeDelta,
) -> Result<Vec<Claimed>, DbErr> {
    let mut rows = job::Entity::update_many()
        .col_expr(job::Column::Attempt, Expr::col(job::Column::Attempt).add(1))
        .col_expr(job::Column::LeasedUntil, Expr::value(now + lease))
        .col_expr(job::Column::LeasedBy, Expr::value(worker))
        .filter(job::Column::Id.in_subquery(due_ids(tx, kind, limit, now)))
        .exec_with_returning(tx)
        .await?;
    rows.sort_by_key(|row| (row.run_at, row.id));
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        match read(&row) {
            Ok(_) if row.attempt > MAX_ATTEMPTS => {
                dead_letter(tx, row.id, row.attempt, "the process died with it too often", now).await?;
            }
            Ok(ours) => claimed.push(ours),
            Err(error) => {
                dead_letter(
                    tx,
                    row.id,
                    row.attempt,
                    &format!("unreadable payload: {error}"),
                    now,
                )
                .await?;
            }
        }
    }
    Ok(claimed)
}

fn due_ids(tx: &Tx, kind: Kind, limit: u64, now: DateTime<Utc>) -> sea_orm::sea_query::SelectStatement {
    let mut due = claimable(kind, now)
        .select_only()
        .column(job::Column::Id)
        .order_by(job::Column::RunAt, Order::Asc)
        .order_by(job::Column::Id, Order::Asc)
        .limit(limit)
        .into_query();
    if !tx.is_sqlite() {
        due.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked);
    }
    due
}

/// Whether any job of a kind could be claimed at `now`.
pub async fn any_claimable(
    connection: &impl ConnectionTrait,
    kind: Kind,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    Ok(claimable(kind, now).one(connection).await?.is_some())
}

fn claimable(kind: Kind, now: DateTime<Utc>) -> Select<job::Entity> {
    let free = Condition::any()
        .add(job::Column::LeasedUntil.is_null())
        .add(job::Column::LeasedUntil.lte(now));
    job::Entity::find()
        .filter(job::Column::Kind.eq(kind.name()))
        .filter(job::Column::DeadAt.is_null())
        .filter(job::Column::RunAt.lte(now))
        .filter(free)
}

fn read(row: &job::Model) -> Result<Claimed, serde_json::Error> {
    let tagged = serde_json::json!({ "kind": row.kind, "payload": row.payload });
    Ok(Claimed {
        id: row.id,
        attempt: row.attempt,
        organisation: row.organisation_id.unwrap_or_default(),
        job: serde_json::from_value(tagged)?,
    })
}

/// Deletes finished jobs in the transaction that holds their effects; returns the ids that were still ours.
///
/// The caller writes effects only for those: another worker has the rest, or had them.
pub async fn finish(tx: &Tx, jobs: &[Claimed]) -> Result<HashSet<i64>, DbErr> {
    let mut finished = HashSet::with_capacity(jobs.len());
    if jobs.is_empty() {
        return Ok(finished);
    }
    let mut delete = job::Entity::delete_many()
        .filter(under_any_of(tx, jobs.iter().map(|job| (job.id, job.attempt))))
        .into_query();
    delete.returning_col(job::Column::Id);
    for row in tx.query_all(&delete).await? {
        finished.insert(row.try_get("", "id")?);
    }
    Ok(finished)
}

/// Deletes jobs whose effects have happened outside, whoever holds them by now.
pub(crate) async fn remove(tx: &Tx, jobs: impl IntoIterator<Item = i64>) -> Result<(), DbErr> {
    let jobs: Vec<i64> = jobs.into_iter().collect();
    for some in jobs.chunks(NAMED_TOGETHER) {
        job::Entity::delete_many()
            .filter(among(job::Column::Id, some.iter().copied()))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Frees jobs that are still ours and were not tried, so that another process may take them at once; answers how many.
pub async fn release(tx: &Tx, claims: &[(i64, i32)]) -> Result<u64, DbErr> {
    tx.note_new_jobs(Kinds::ALL);
    let freed = untried(tx, claims.iter().copied())
        .filter(job::Column::LeasedUntil.is_not_null())
        .exec(tx)
        .await?;
    Ok(freed.rows_affected)
}

/// Frees jobs under our claims as if they had not been claimed.
fn untried(tx: &Tx, claims: impl Iterator<Item = (i64, i32)>) -> UpdateMany<job::Entity> {
    job::Entity::update_many()
        .col_expr(job::Column::Attempt, Expr::col(job::Column::Attempt).sub(1))
        .col_expr(job::Column::LeasedUntil, Expr::value(None::<DateTime<Utc>>))
        .filter(under_any_of(tx, claims))
}

/// Puts a job back until `at`, with what went wrong.
pub async fn put_back(tx: &Tx, job: &Claimed, error: &str, at: DateTime<Utc>) -> Result<(), DbErr> {
    job::Entity::update_many()
        .col_expr(job::Column::RunAt, Expr::value(at))
        .col_expr(job::Column::LeasedUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(job::Column::LastError, Expr::value(shortened(error)))
        .filter(under_our_claim(job.id, job.attempt))
        .exec(tx)
        .await?;
    Ok(())
}

/// Acts on a failure as the failing place said: another attempt after a wait, or burial.
pub async fn fail(
    tx: &Tx,
    job: &Claimed,
    error: &JobError,
    now: DateTime<Utc>,
    jitter: f64,
) -> Result<(), DbErr> {
    let words = error.to_string();
    match error {
        _ if is_given_up(job, error) => dead_letter(tx, job.id, job.attempt, &words, now).await,
        JobError::RetryAt { at, .. } => put_back(tx, job, &words, *at).await,
        JobError::PutOff { at, .. } => {
            untried(tx, [(job.id, job.attempt)].into_iter())
                .col_expr(job::Column::RunAt, Expr::value(*at))
                .col_expr(job::Column::LastError, Expr::value(shortened(&words)))
                .exec(tx)
                .await?;
            Ok(())
        }
        _ => put_back(tx, job, &words, now + wait_after(job.attempt, jitter)).await,
    }
}

/// Whether a failed job is given up rather than put back.
#[must_use]
pub fn is_given_up(job: &Claimed, error: &JobError) -> bool {
    match error {
        JobError::GiveUp(_) => true,
        JobError::PutOff { .. } => false,
        JobError::Retry(_) | JobError::RetryAt { .. } => job.attempt >= MAX_ATTEMPTS,
    }
}

/// 5 s, 10 s, 20 s, … at most an hour, times `jitter` (0.9 to 1.1).
#[must_use]
pub fn wait_after(attempt: i32, jitter: f64) -> TimeDelta {
    let doublings = u32::try_from(attempt.clamp(1, 20) - 1).unwrap_or_default();
    let seconds = Ord::min(5_i64 << doublings, LONGEST_WAIT_SECONDS);
    TimeDelta::milliseconds((seconds as f64 * 1000.0 * jitter) as i64)
}

async fn dead_letter(tx: &Tx, id: i64, attempt: i32, error: &str, now: DateTime<Utc>) -> Result<(), DbErr> {
    job::Entity::update_many()
        .col_expr(job::Column::DeadAt, Expr::value(now))
        .col_expr(job::Column::LeasedUntil, Expr::value(None::<DateTime<Utc>>))
        .col_expr(job::Column::Key, Expr::value(None::<String>))
        .col_expr(job::Column::LastError, Expr::value(shortened(error)))
        .filter(under_our_claim(id, attempt))
        .exec(tx)
        .await?;
    Ok(())
}

/// Makes waiting jobs with these keys due now; those under way are left alone.
pub(crate) async fn make_due(tx: &Tx, keys: Vec<String>, now: DateTime<Utc>) -> Result<(), DbErr> {
    tx.note_new_jobs(Kinds::ALL);
    job::Entity::update_many()
        .col_expr(job::Column::RunAt, Expr::value(now))
        .filter(among(job::Column::Key, keys))
        .filter(job::Column::LeasedUntil.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// Has waiting jobs with these keys run no later than `at`, and keeps all of them from ending until the transaction does.
pub(crate) async fn no_later_than(tx: &Tx, keys: Vec<String>, at: DateTime<Utc>) -> Result<(), DbErr> {
    let run_at = || Expr::col(job::Column::RunAt);
    let is_late = run_at().gt(at).and(Expr::col(job::Column::LeasedUntil).is_null());
    let earlier = Expr::case(is_late, Expr::value(at)).finally(run_at());
    job::Entity::update_many()
        .col_expr(job::Column::RunAt, earlier.into())
        .filter(among(job::Column::Key, keys))
        .exec(tx)
        .await?;
    Ok(())
}

/// Extends the lease, unless it lasts longer already; returns how many of the jobs are still ours.
pub async fn renew(tx: &Tx, jobs: &[(i64, i32)], until: DateTime<Utc>) -> Result<u64, DbErr> {
    let leased = Expr::col(job::Column::LeasedUntil);
    let longer = Expr::case(leased.clone().gt(until), leased).finally(Expr::value(until));
    let renewed = job::Entity::update_many()
        .col_expr(job::Column::LeasedUntil, longer.into())
        .filter(under_any_of(tx, jobs.iter().copied()))
        .exec(tx)
        .await?;
    Ok(renewed.rows_affected)
}

/// When the next job of a kind that nobody holds is due.
pub async fn next_due(connection: &impl ConnectionTrait, kind: Kind) -> Result<Option<DateTime<Utc>>, DbErr> {
    let waiting = job::Entity::find()
        .filter(job::Column::Kind.eq(kind.name()))
        .filter(job::Column::DeadAt.is_null())
        .filter(job::Column::LeasedUntil.is_null())
        .order_by_asc(job::Column::RunAt)
        .one(connection)
        .await?;
    Ok(waiting.map(|row| row.run_at))
}

/// Dead letters of an organisation, oldest first.
pub async fn dead_letters(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<Vec<job::Model>, DbErr> {
    job::Entity::find()
        .filter(job::Column::OrganisationId.eq(organisation))
        .filter(job::Column::DeadAt.is_not_null())
        .order_by_asc(job::Column::DeadAt)
        .all(connection)
        .await
}

/// Those of a kind, with why they were given up.
pub(crate) async fn dead_letters_of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    kind: Kind,
) -> Result<Vec<(Claimed, String)>, DbErr> {
    let dead = job::Entity::find()
        .filter(job::Column::OrganisationId.eq(organisation))
        .filter(job::Column::DeadAt.is_not_null())
        .filter(job::Column::Kind.eq(kind.name()))
        .all(connection)
        .await?;
    let of = |row: job::Model| Some((read(&row).ok()?, row.last_error.unwrap_or_default()));
    Ok(dead.into_iter().filter_map(of).collect())
}

/// Deletes dead letters of a kind whose work others do now.
pub(crate) async fn forget_dead_letters(
    tx: &Tx,
    organisation: Uuid,
    kind: Kind,
    is_over: impl Fn(&Job) -> bool,
) -> Result<(), DbErr> {
    let dead = dead_letters_of(tx, organisation, kind).await?;
    let over = dead.into_iter().filter(|(dead, _)| is_over(&dead.job));
    remove(tx, over.map(|(dead, _)| dead.id)).await
}

/// How many jobs wait or run, dead letters aside.
pub async fn count_open(connection: &impl ConnectionTrait) -> Result<u64, DbErr> {
    job::Entity::find()
        .filter(job::Column::DeadAt.is_null())
        .count(connection)
        .await
}

/// The same of one organisation.
pub async fn count_open_of(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<u64, DbErr> {
    job::Entity::find()
        .filter(job::Column::OrganisationId.eq(organisation))
        .filter(job::Column::DeadAt.is_null())
        .count(connection)
        .await
}

/// Makes dead letters due again, all of an organisation or one; returns how many.
pub async fn replay(tx: &Tx, organisation: Uuid, id: Option<i64>, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let jobs = due_again(tx, organisation, now);
    let jobs = match id {
        Some(id) => jobs.filter(job::Column::Id.eq(id)),
        None => jobs,
    };
    Ok(jobs.exec(tx).await?.rows_affected)
}

/// The same for some.
pub(crate) async fn replay_some(
    tx: &Tx,
    organisation: Uuid,
    ids: Vec<i64>,
    now: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let jobs = due_again(tx, organisation, now).filter(among(job::Column::Id, ids));
    Ok(jobs.exec(tx).await?.rows_affected)
}

fn due_again(tx: &Tx, organisation: Uuid, now: DateTime<Utc>) -> UpdateMany<job::Entity> {
    tx.note_new_jobs(Kinds::ALL);
    job::Entity::update_many()
        .col_expr(job::Column::DeadAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(job::Column::Attempt, Expr::value(0))
        .col_expr(job::Column::RunAt, Expr::value(now))
        .filter(job::Column::OrganisationId.eq(organisation))
        .filter(job::Column::DeadAt.is_not_null())
}

/// Claims are handed over as one value, so that the statement is the same for any number of them. SQLite would read the
/// whole table for pairs; named by themselves, the ids are looked up.
fn under_any_of(tx: &Tx, claims: impl Iterator<Item = (i64, i32)>) -> Condition {
    let claims: Vec<(i64, i32)> = claims.collect();
    let list = serde_json::json!(claims).to_string();
    let ours = if tx.is_sqlite() {
        let sql = r#""id" IN (SELECT value ->> 0 FROM json_each(?)) AND ("id", "attempt") IN
            (SELECT value ->> 0, value ->> 1 FROM json_each(?))"#;
        Expr::cust_with_values(sql, [list.clone(), list])
    } else {
        let sql = r#"("id", "attempt") IN (SELECT (value ->> 0)::bigint, (value ->> 1)::integer
            FROM json_array_elements(CAST($1 AS json)))"#;
        Expr::cust_with_values(sql, [list])
    };
    Condition::all().add(ours).add(job::Column::DeadAt.is_null())
}

fn under_our_claim(id: i64, attempt: i32) -> Condition {
    Condition::all()
        .add(job::Column::Id.eq(id))
        .add(job::Column::Attempt.eq(attempt))
        .add(job::Column::DeadAt.is_null())
}

fn shortened(error: &str) -> String {
    error.chars().take(500).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_from_five_seconds_to_an_hour() {
        assert_eq!(wait_after(1, 1.0), TimeDelta::seconds(5));
        assert_eq!(wait_after(3, 1.0), TimeDelta::seconds(20));
        assert_eq!(wait_after(40, 1.0), TimeDelta::hours(1));
    }

    #[test]
    fn a_job_is_tried_for_about_three_days() {
        let total: TimeDelta = (1..MAX_ATTEMPTS).map(|attempt| wait_after(attempt, 1.0)).sum();
        assert!(
            (60..84).contains(&total.num_hours()),
            "{} hours",
            total.num_hours()
        );
    }
}
