//! One page of a backfill: asked for, read, and committed with where the next one begins.
use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{backfill, import, source};
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::{Backfill, State, job_of, running, to_json};
use crate::{
    capture::{
        app::CaptureApp,
        draft::{Draft, Unusable},
        import::{Outcome, log},
        remote::ReadError,
        source::{
            drafts::{Rosters, check_named, hashed},
            fetch::{self, Fetched},
            tool::{
                Said, Tool,
                fetch::{FetchFault, Page, Place},
            },
        },
        store::store,
    },
    platform::{
        blocking::blocking,
        db::{self, Tx},
        job::{
            self, Claimed, Job, JobError, queue,
            worker::{Batch, Failures},
        },
    },
};

/// After so many failures in a row somebody has to look.
const MOST_FAILURES: i32 = 60;
const WHILE_PAUSED: TimeDelta = TimeDelta::minutes(1);
/// Comments of one statement.
const AT_ONCE: usize = 250;
/// Of two versions with the same time the pushed one holds, which may say more.
const BEHIND_PUSHES: TimeDelta = TimeDelta::microseconds(1);

/// Takes in a page for each job of a batch.
pub async fn read(app: CaptureApp, batch: Batch) -> anyhow::Result<Failures> {
    let mut failures = Failures::new();
    for job in batch.jobs {
        if batch.lost.is_cancelled() {
            break;
        }
        match turn(&app, &job, &batch.lost).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => failures.push((job, error)),
            Err(error) => failures.push((job, JobError::Retry(error))),
        }
    }
    Ok(failures)
}

/// What a turn is about.
struct Turn {
    row: backfill::Model,
    import: import::Model,
    source: source::Model,
}

async fn turn(
    app: &CaptureApp,
    job: &Claimed,
    lost: &CancellationToken,
) -> anyhow::Result<Result<(), JobError>> {
    let Some(turn) = find(app, job).await? else {
        return Ok(Ok(leave(app, job).await?));
    };
    let now = db::now(app.db.read(), &app.clock).await?;
    if turn.source.paused_at.is_some() {
        return Ok(Err(put_off(now + WHILE_PAUSED, "the source is paused")));
    }
    let place: Place = serde_json::from_value(turn.row.place.clone()).unwrap_or_default();
    let (tool, address) = match question(&turn, &place) {
        Ok(question) => question,
        Err(why) => return Ok(Ok(stop(app, job, &turn, why).await?)),
    };
    let body = match fetch::get(app, &turn.source, &tool, address).await? {
        Fetched::Wait(until) => return Ok(Err(put_off(until, "the tool is not asked before then"))),
        Fetched::NoKey(why) => return Ok(Ok(stop(app, job, &turn, why).await?)),
        Fetched::Failed(error) => return Ok(Ok(fail(app, job, &turn, &error).await?)),
        Fetched::Body(body) => body,
    };
    let read = blocking(move || tool.page(&place, &body)).await;
    if lost.is_cancelled() {
        return Ok(Ok(()));
    }
    match read {
        Ok(page) => Ok(Ok(commit(app, job, &turn, page).await?)),
        Err(fault @ FetchFault::NoJson(..)) => {
            let error = ReadError::Unreadable(fault.to_string());
            Ok(Ok(fail(app, job, &turn, &error).await?))
        }
        Err(fault) => Ok(Ok(stop(app, job, &turn, fault.to_string()).await?)),
    }
}

fn put_off(at: DateTime<Utc>, why: &'static str) -> JobError {
    JobError::PutOff { at, why }
}

async fn find(app: &CaptureApp, job: &Claimed) -> anyhow::Result<Option<Turn>> {
    let Job::Backfill { import: id } = job.job else {
        anyhow::bail!("not a job of this stage");
    };
    let db = app.db.read();
    let Some(Backfill { row, import }) = running(db, job.organisation, id).await? else {
        return Ok(None);
    };
    let source = super::super::by_id(db, job.organisation, row.source_id).await?;
    Ok(source.map(|source| Turn { row, import, source }))
}

fn question(turn: &Turn, place: &Place) -> Result<(Tool, reqwest::Url), String> {
    let tool = Tool::find(&turn.source.kind).ok_or("no tool of this kind is known any more")?;
    let tool = tool.with(&turn.source.settings)?;
    let address = tool
        .list_address(turn.row.since, place)
        .map_err(|fault| fault.to_string())?;
    Ok((tool, address))
}

/// Ends a job that has nothing to do; one that was let go on meanwhile has.
async fn leave(app: &CaptureApp, job: &Claimed) -> Result<(), DbErr> {
    let Job::Backfill { import: id } = job.job else {
        return Ok(());
    };
    let tx = app.db.write().await?;
    let ours = queue::finish(&tx, std::slice::from_ref(job)).await?;
    let goes_on = running(&tx, job.organisation, id).await?;
    let goes_on = goes_on.filter(|_| !ours.is_empty());
    if let Some(found) = goes_on
        && super::super::by_id(&tx, job.organisation, found.row.source_id)
            .await?
            .is_some()
    {
        job::enqueue_all(&tx, vec![job_of(&found.import, app.clock.now())]).await?;
    }
    tx.commit().await
}

/// Waits for somebody to put something right.
async fn stop(app: &CaptureApp, job: &Claimed, turn: &Turn, why: String) -> Result<(), DbErr> {
    let tx = app.db.write().await?;
    if queue::finish(&tx, std::slice::from_ref(job)).await?.is_empty() {
        return tx.rollback().await;
    }
    let row = backfill::ActiveModel {
        state: Set(State::Stopped),
        problem: Set(Some(why)),
        next_at: Set(None),
        ..Default::default()
    };
    update(&tx, turn, row).await?;
    tx.commit().await
}

/// Asks again after a wait, or, where that does not help, waits for somebody.
async fn fail(app: &CaptureApp, job: &Claimed, turn: &Turn, error: &ReadError) -> Result<(), DbErr> {
    let now = db::now(app.db.read(), &app.clock).await?;
    let tx = app.db.write().await?;
    if queue::finish(&tx, std::slice::from_ref(job)).await?.is_empty() {
        return tx.rollback().await;
    }
    fetch::note(&tx, &turn.source, Some(error), now).await?;
    let failures = turn.row.failures.saturating_add(1);
    let again = fetch::again(error, failures, now).filter(|_| failures < MOST_FAILURES);
    let row = backfill::ActiveModel {
        state: Set(again.map_or(State::Stopped, |_| State::Running)),
        failures: Set(failures),
        problem: Set(Some(fetch::words(error, now))),
        next_at: Set(again),
        ..Default::default()
    };
    if update(&tx, turn, row).await?
        && let Some(at) = again
    {
        job::enqueue_all(&tx, vec![job_of(&turn.import, at)]).await?;
    }
    tx.commit().await
}

/// Changes the row while it runs; `false` where it was stopped or undone meanwhile.
async fn update(tx: &Tx, turn: &Turn, row: backfill::ActiveModel) -> Result<bool, DbErr> {
    let updated = backfill::Entity::update_many()
        .set(row)
        .filter(backfill::Column::ImportId.eq(turn.row.import_id))
        .filter(backfill::Column::State.eq(State::Running))
        .exec(tx)
        .await?;
    Ok(updated.rows_affected > 0)
}

async fn commit(app: &CaptureApp, job: &Claimed, turn: &Turn, page: Page) -> Result<(), DbErr> {
    let now = db::now(app.db.read(), &app.clock).await?;
    let tx = app.db.write().await?;
    if queue::finish(&tx, std::slice::from_ref(job)).await?.is_empty() {
        return tx.rollback().await;
    }
    let source = super::super::by_id(&tx, job.organisation, turn.source.id).await?;
    if source.is_some_and(|source| source.settings.get("fetch") != turn.source.settings.get("fetch")) {
        job::enqueue_all(&tx, vec![job_of(&turn.import, now)]).await?;
        return tx.commit().await;
    }
    let state = match page.next {
        Some(_) => State::Running,
        None => State::Done,
    };
    let row = backfill::ActiveModel {
        state: Set(state),
        place: Set(to_json(page.next.as_ref().unwrap_or(&Place::default()))?),
        pages: Set(turn.row.pages + 1),
        failures: Set(0),
        problem: Set(None),
        next_at: Set(None),
        ..Default::default()
    };
    if !update(&tx, turn, row).await? {
        return tx.commit().await;
    }
    fetch::note(&tx, &turn.source, None, now).await?;
    let counts = take_in(app, &tx, turn, page.entries, now).await?.counts();
    if state == State::Done {
        log::finish(&tx, &turn.import, counts, &turn.import.actor, now).await?;
    } else {
        keep_counts(&tx, turn, counts).await?;
        job::enqueue_all(&tx, vec![job_of(&turn.import, now)]).await?;
    }
    tx.commit().await
}

async fn keep_counts(tx: &Tx, turn: &Turn, counts: serde_json::Value) -> Result<(), DbErr> {
    import::Entity::update_many()
        .col_expr(import::Column::Counts, Expr::value(counts))
        .filter(import::Column::Id.eq(turn.import.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Stores what entries say; answers the counts of the whole backfill.
async fn take_in(
    app: &CaptureApp,
    tx: &Tx,
    turn: &Turn,
    entries: Vec<Result<Vec<Said>, crate::capture::source::tool::Fault>>,
    now: DateTime<Utc>,
) -> Result<Outcome, DbErr> {
    let mut outcome = Outcome::so_far(&turn.import);
    outcome.lines += entries.len() as u64;
    let mut said = Vec::new();
    let mut unusable: BTreeMap<String, u64> = BTreeMap::new();
    for entry in entries {
        match entry {
            Ok(none) if none.is_empty() => outcome.blank += 1,
            Ok(some) => said.extend(some),
            Err(why) => *unusable.entry(why.to_string()).or_default() += 1,
        }
    }
    let named: Vec<(&source::Model, &Said)> = said.iter().map(|said| (&turn.source, said)).collect();
    let rosters = Rosters::load(tx, &named).await?;
    let mut drafts = Vec::with_capacity(said.len());
    for said in said {
        match draft(app, &rosters, turn, said, now) {
            Ok(draft) => drafts.push(draft),
            Err(Unusable::Blank) => outcome.blank += 1,
            Err(why) => *unusable.entry(why.to_string()).or_default() += 1,
        }
    }
    for (why, answers) in unusable {
        warn!(source = %turn.source.id, answers, why, "answers of a backfill cannot be used");
        outcome.rejected += answers;
    }
    for some in drafts.chunks(AT_ONCE) {
        outcome.count(store(tx, some).await?);
    }
    Ok(outcome)
}

fn draft(
    app: &CaptureApp,
    rosters: &Rosters,
    turn: &Turn,
    said: Said,
    now: DateTime<Utc>,
) -> Result<Draft, Unusable> {
    check_named(&said)?;
    let revised_at = said.revised_at.or(said.occurred_at);
    let draft = Draft {
        import: Some(turn.import.id),
        revised_at: revised_at.map(|at| at - BEHIND_PUSHES),
        ..rosters.draft(&turn.source, hashed(app, said), now, now)
    };
    draft.check()?;
    Ok(draft)
}
