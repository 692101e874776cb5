//! Pushes that name an answer and hold none of its words: each is fetched from its tool, and then read like any push. Until
//! then it waits in the inbox; what was fetched is kept nowhere but in the comment.
use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{push, source};
use sea_orm::{ColumnTrait, DbErr, QueryFilter};
use serde_json::Value;
use uuid::Uuid;

use super::{
    fetch::{self, Fetched},
    inbox,
    read_pushes::{Outcome, Waiting, commit, of_content, waiting},
    tool::Tool,
};
use crate::{
    capture::{app::CaptureApp, remote::ReadError},
    platform::{
        blocking::blocking,
        db::{self, Tx},
        job::{
            self, Claimed, Job, JobError, NewJob,
            queue::{self, MAX_ATTEMPTS},
            worker::{Batch, Failures},
        },
    },
};

/// When a tool is asked again for which somebody has to put something right.
const AFTER_REFUSAL: TimeDelta = TimeDelta::minutes(15);
/// When the other answers of a tool are asked for that failed at one.
const IN_TROUBLE: TimeDelta = TimeDelta::minutes(1);
const WHILE_PAUSED: TimeDelta = TimeDelta::hours(1);

/// Has pushes completed; what waited for that already is tried at once.
pub(super) async fn later(tx: &Tx, thin: &[Waiting], now: DateTime<Utc>) -> Result<(), DbErr> {
    if thin.is_empty() {
        return Ok(());
    }
    let keys = thin.iter().map(|waiting| key(waiting.push.id)).collect();
    let jobs = thin.iter().map(|waiting| job_of(&waiting.push, now)).collect();
    queue::make_due(tx, keys, now).await?;
    job::enqueue_all(tx, jobs).await
}

fn job_of(push: &push::Model, run_at: DateTime<Utc>) -> NewJob {
    NewJob {
        organisation: push.organisation_id,
        job: Job::Complete { push: push.id },
        run_at,
        key: Some(key(push.id)),
    }
}

fn key(push: Uuid) -> String {
    format!("complete:{push}")
}

/// What waits for a source's answers is tried now.
pub(super) async fn hurry(tx: &Tx, source: &source::Model, now: DateTime<Utc>) -> Result<(), DbErr> {
    let mut after = Uuid::nil();
    loop {
        let ids = inbox::waiting_after(tx, source, after).await?;
        let Some(last) = ids.last() else { return Ok(()) };
        after = *last;
        queue::make_due(tx, ids.into_iter().map(key).collect(), now).await?;
    }
}

/// Completes the pushes of a batch, one after the other. Once a tool has to be waited for, the rest of its pushes is put off
/// without asking, each minute as many as may be asked for in one.
pub async fn complete(app: CaptureApp, batch: Batch) -> anyhow::Result<Failures> {
    let mut failures = Failures::new();
    let mut queues: HashMap<Uuid, Queue> = HashMap::new();
    for job in batch.jobs {
        if batch.lost.is_cancelled() {
            break;
        }
        if let Err(error) = one(&app, &job, &mut queues).await? {
            failures.push((job, error));
        }
    }
    Ok(failures)
}

/// What waits for one tool.
struct Queue {
    until: DateTime<Utc>,
    per_minute: u16,
    length: u32,
}

impl Queue {
    fn put_off(&mut self) -> JobError {
        let minutes = self.length / u32::from(self.per_minute.max(1));
        self.length += 1;
        JobError::PutOff {
            at: self.until + TimeDelta::minutes(minutes.into()),
            why: "the tool is not asked before then",
        }
    }
}

async fn one(
    app: &CaptureApp,
    job: &Claimed,
    queues: &mut HashMap<Uuid, Queue>,
) -> anyhow::Result<Result<(), JobError>> {
    let jobs = std::slice::from_ref(job);
    let Some(waiting) = waiting(app.db.read(), jobs).await?.pop() else {
        return not_waiting(app, job).await;
    };
    if let Some(queue) = queues.get_mut(&waiting.source.id) {
        return Ok(Err(queue.put_off()));
    }
    let asked = match question(app, &waiting) {
        Ok(asked) => asked,
        Err(reason) => return set_apart(app, jobs, waiting, reason).await,
    };
    let fetched = fetch::get(app, &waiting.source, &asked.tool, asked.address.clone()).await?;
    let now = db::now(app.db.read(), &app.clock).await?;
    let (of, per_minute) = (waiting.source.id, asked.per_minute);
    let error = match fetched {
        Fetched::Wait(until) => return Ok(Err(wait(queues, of, until, per_minute))),
        Fetched::NoKey(why) => {
            let reason =
                format!("it names an answer and holds none of its words; {why}, then read this again");
            return set_apart(app, jobs, waiting, reason).await;
        }
        Fetched::Body(body) => {
            note(app, &waiting.source, None, now).await?;
            let (app_, push) = (app.clone(), asked.push);
            let outcome = blocking(move || {
                let content = asked.tool.completed(&push, &body);
                content.and_then(|content| of_content(&app_, content))
            });
            let outcome = outcome.await.unwrap_or_else(Outcome::Quarantined);
            commit(app, jobs, vec![(waiting, outcome)]).await?;
            return Ok(Ok(()));
        }
        Fetched::Failed(error) => error,
    };
    if let ReadError::NotFound { .. } = error {
        let reason = "the tool says that the answer which it names is not there, or not any more";
        return set_apart(app, jobs, waiting, reason.to_owned()).await;
    }
    note(app, &waiting.source, Some(&error), now).await?;
    let words = fetch::words(&error, now);
    let retry = |at| {
        let error = anyhow::anyhow!(words.clone());
        Ok(Err(JobError::RetryAt { at, error }))
    };
    match fetch::again(&error, job.attempt, now) {
        None if !is_about_the_answer(&error) => Ok(Err(wait(queues, of, now + AFTER_REFUSAL, per_minute))),
        Some(until) if matches!(error, ReadError::RateLimited { .. }) => {
            Ok(Err(wait(queues, of, until, per_minute)))
        }
        _ if job.attempt >= MAX_ATTEMPTS - 1 => {
            let reason = format!("its words could not be fetched, however often it was tried: {words}");
            set_apart(app, jobs, waiting, reason).await
        }
        None => retry(now + AFTER_REFUSAL),
        Some(at) => {
            // One after the other, all that wait for a tool that does not answer would hold up the other tools.
            rest(queues, of, now + IN_TROUBLE, per_minute);
            retry(at)
        }
    }
}

/// What the tool refuses of one answer says nothing of the others.
fn is_about_the_answer(error: &ReadError) -> bool {
    matches!(error, ReadError::BadQuestion { .. } | ReadError::Forbidden { .. })
}

fn wait(queues: &mut HashMap<Uuid, Queue>, source: Uuid, until: DateTime<Utc>, per_minute: u16) -> JobError {
    rest(queues, source, until, per_minute).put_off()
}

/// Lets the rest of a source's pushes wait.
fn rest(
    queues: &mut HashMap<Uuid, Queue>,
    source: Uuid,
    until: DateTime<Utc>,
    per_minute: u16,
) -> &mut Queue {
    queues.entry(source).or_insert(Queue {
        until,
        per_minute,
        length: 0,
    })
}

/// What is asked for a push.
struct Question {
    per_minute: u16,
    tool: Tool,
    push: Value,
    address: reqwest::Url,
}

fn question(app: &CaptureApp, waiting: &Waiting) -> Result<Question, String> {
    let tool = Tool::find(&waiting.source.kind).ok_or("no tool of this kind is known any more")?;
    let tool = tool.with(&waiting.source.settings)?;
    let body = inbox::open(&app.secrets, &waiting.push).map_err(|error| error.to_string())?;
    let push = tool
        .payload(&body.content_type, &body.bytes)
        .map_err(|fault| fault.to_string())?;
    let address = tool
        .one_address(&push)
        .map_err(|fault| wordless(&fault.to_string()))?;
    Ok(Question {
        per_minute: tool.fetch.as_ref().map_or(1, |fetch| fetch.per_minute),
        tool,
        push,
        address,
    })
}

fn wordless(why: &str) -> String {
    format!("it names an answer and holds none of its words; {why}, then read this again")
}

/// A push that was deleted or read ends its job; one of a paused source waits.
async fn not_waiting(app: &CaptureApp, job: &Claimed) -> anyhow::Result<Result<(), JobError>> {
    let Job::Complete { push } = job.job else {
        anyhow::bail!("not a job of this stage");
    };
    let tx = app.db.write().await?;
    let still = push::Entity::within(job.organisation)
        .filter(push::Column::Id.eq(push))
        .filter(push::Column::State.eq(push::State::Waiting))
        .one(&tx)
        .await?;
    if still.is_some() {
        tx.rollback().await?;
        return Ok(Err(JobError::PutOff {
            at: app.clock.now() + WHILE_PAUSED,
            why: "the source is paused",
        }));
    }
    queue::finish(&tx, std::slice::from_ref(job)).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

async fn set_apart(
    app: &CaptureApp,
    jobs: &[Claimed],
    waiting: Waiting,
    reason: String,
) -> anyhow::Result<Result<(), JobError>> {
    commit(app, jobs, vec![(waiting, Outcome::Quarantined(reason))]).await?;
    Ok(Ok(()))
}

async fn note(
    app: &CaptureApp,
    source: &source::Model,
    error: Option<&ReadError>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let tx = app.db.write().await?;
    fetch::note(&tx, source, error, now).await?;
    tx.commit().await
}
