//! The stage of rooms and endpoints: jobs `call` in, requests out. It has a lane of its own, so that no mail waits for it;
//! and once one recipient has failed, the rest of a batch that is for it waits, so that the others do not.
use std::{
    collections::{HashMap, HashSet},
    sync::Mutex,
};

use anyhow::anyhow;
use chrono::{DateTime, TimeDelta, Utc};
use entity::{channel, delivery, notice, recognition};
use futures_util::{StreamExt, stream};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::{
    channel::{Message, Outcome, Praised, manage, of_kind, recipient},
    compose::recognitions_of,
    outbox,
    outcome::{LONGEST_WAIT, SHORTEST_WAIT},
};
use crate::{
    app::App,
    platform::{
        db::Tx,
        job::{
            Claimed, Job, JobError, queue,
            worker::{Batch, Failures},
        },
    },
};

/// Requests under way at the same time.
const TOGETHER: usize = 16;
/// Waits before the attempts after the first (Standard Webhooks 1.0); then it is given up.
const WAITS: [TimeDelta; 9] = [
    TimeDelta::seconds(5),
    TimeDelta::minutes(5),
    TimeDelta::minutes(30),
    TimeDelta::hours(2),
    TimeDelta::hours(5),
    TimeDelta::hours(10),
    TimeDelta::hours(14),
    TimeDelta::hours(20),
    TimeDelta::hours(24),
];

/// A notice that is to be told to a room or endpoint.
struct Task {
    job: Claimed,
    notice: notice::Model,
    channel: channel::Model,
    /// How often it was tried.
    attempts: usize,
    message: Message,
}

/// Delivers a batch.
pub async fn call(app: App, batch: Batch) -> anyhow::Result<Failures> {
    let (tasks, over) = prepare(&app, batch.jobs).await?;
    let tx = app.db.write().await?;
    for (job, notice) in &over {
        if !queue::finish(&tx, std::slice::from_ref(job)).await?.is_empty() {
            cancel(&tx, *notice).await?;
        }
    }
    tx.commit().await?;
    let failing: Mutex<HashSet<Uuid>> = Mutex::default();
    let (app, failing, lost) = (&app, &failing, &batch.lost);
    let failures = stream::iter(tasks)
        .map(|task| async move {
            let is_failing = failing
                .lock()
                .is_ok_and(|failing| failing.contains(&task.channel.id));
            if lost.is_cancelled() {
                return None;
            }
            if is_failing {
                let wait = app.clock.now() + TimeDelta::seconds(5);
                return Some((
                    task.job,
                    retry_at(wait, "put off: the channel failed a moment ago"),
                ));
            }
            let failure = deliver(app, &task).await;
            if let (Some(_), Ok(mut failing)) = (&failure, failing.lock()) {
                failing.insert(task.channel.id);
            }
            failure.map(|failure| (task.job, failure))
        })
        .buffer_unordered(TOGETHER)
        .filter_map(|failure| async move { failure })
        .collect()
        .await;
    Ok(failures)
}

/// Jobs with nothing to tell, and their notices where those still wait.
type Over = Vec<(Claimed, Option<Uuid>)>;

async fn prepare(app: &App, jobs: Vec<Claimed>) -> anyhow::Result<(Vec<Task>, Over)> {
    let db = app.db.read();
    let ids: Vec<Uuid> = jobs.iter().filter_map(subject).collect();
    let notices = notice::Entity::find()
        .filter(notice::Column::Id.is_in(ids.iter().copied()))
        .filter(notice::Column::State.eq(notice::State::Waiting))
        .all(db)
        .await?;
    let channels: HashSet<Uuid> = notices.iter().filter_map(|notice| notice.channel_id).collect();
    let channels = channel::Entity::find()
        .filter(channel::Column::Id.is_in(channels))
        .filter(channel::Column::EndedAt.is_null())
        .all(db)
        .await?;
    let channels: HashMap<Uuid, channel::Model> = channels.into_iter().map(|row| (row.id, row)).collect();
    let attempts: HashMap<Uuid, i32> = delivery::Entity::find()
        .filter(delivery::Column::NoticeId.is_in(ids))
        .all(db)
        .await?
        .into_iter()
        .map(|row| (row.notice_id, row.attempt))
        .collect();
    let mut told: HashMap<Uuid, Vec<recognition::Model>> = HashMap::new();
    let organisations: HashSet<Uuid> = notices.iter().map(|notice| notice.organisation_id).collect();
    for organisation in organisations {
        let own = notices
            .iter()
            .filter(|notice| notice.organisation_id == organisation);
        told.extend(recognitions_of(db, organisation, own.map(|notice| notice.id)).await?);
    }
    let mut notices: HashMap<Uuid, notice::Model> = notices.into_iter().map(|row| (row.id, row)).collect();
    let (mut tasks, mut over) = (Vec::new(), Over::new());
    for job in jobs {
        let notice = subject(&job).and_then(|id| notices.remove(&id));
        let channel = notice
            .as_ref()
            .and_then(|notice| channels.get(&notice.channel_id?))
            .cloned();
        let (Some(notice), Some(channel)) = (notice, channel) else {
            over.push((job, None));
            continue;
        };
        let standing = told.remove(&notice.id).unwrap_or_default();
        match message(app, &notice, &standing) {
            None => over.push((job, Some(notice.id))),
            Some(message) => tasks.push(Task {
                attempts: attempts
                    .get(&notice.id)
                    .and_then(|n| usize::try_from(*n).ok())
                    .unwrap_or(0),
                job,
                notice,
                channel,
                message,
            }),
        }
    }
    Ok((tasks, over))
}

fn subject(job: &Claimed) -> Option<Uuid> {
    match job.job {
        Job::Call { notice } => Some(notice),
        _ => None,
    }
}

/// What a notice still tells.
fn message(app: &App, notice: &notice::Model, told: &[recognition::Model]) -> Option<Message> {
    let comment = notice.comment_id?;
    let standing = told.iter().filter(|one| one.withdrawn_at.is_none());
    let recognitions: Vec<Praised> = standing
        .map(|one| Praised {
            id: one.id,
            staff: one.staff_id,
            site: one.site_id,
        })
        .collect();
    (!recognitions.is_empty()).then(|| Message {
        id: notice.id,
        made_at: notice.created_at,
        comment,
        recognitions,
        url: format!("{}/v1/comments/{comment}", app.config.server.base_url),
    })
}

/// Tries one, and answers why it is to be tried again.
async fn deliver(app: &App, task: &Task) -> Option<JobError> {
    let outcome = attempt(app, task).await;
    let mut wait = SHORTEST_WAIT;
    // What was accepted is recorded however long the database is away.
    while let Err(error) = record(app, task, &outcome).await {
        tracing::warn!(job = task.job.id, %error, "cannot record what came of a request; tried again");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    match outcome {
        Outcome::Accepted | Outcome::RefusedForGood { .. } => None,
        Outcome::Later { why, at, .. } => Some(match WAITS.get(task.attempts) {
            None => JobError::GiveUp(anyhow!("{why}")),
            Some(wait) => retry_at(at.unwrap_or_else(|| app.clock.now() + *wait), &why),
        }),
    }
}

fn retry_at(at: DateTime<Utc>, why: &str) -> JobError {
    JobError::RetryAt {
        at,
        error: anyhow!("{why}"),
    }
}

async fn attempt(app: &App, task: &Task) -> Outcome {
    let now = app.clock.now();
    let broken = |why: String| Outcome::Later {
        code: None,
        why,
        at: None,
    };
    let Some(kind) = of_kind(&task.channel.kind) else {
        return broken(format!("there is no kind of channel {:?}", task.channel.kind));
    };
    let to = match recipient(app, &task.channel) {
        Ok(to) => to,
        Err(error) => return broken(error.to_string()),
    };
    let prepared = super::channel::client(app, &to)
        .and_then(|client| Ok((client, kind.render(&task.message, &to, now)?)));
    match prepared {
        Ok((client, request)) => kind.deliver(&client, &to, request, now).await,
        Err(error) => broken(error.to_string()),
    }
}

async fn record(app: &App, task: &Task, outcome: &Outcome) -> Result<(), DbErr> {
    let (now, is_last) = (app.clock.now(), task.attempts >= WAITS.len());
    let (state, code) = match outcome {
        Outcome::Accepted => (delivery::State::Accepted, None),
        Outcome::RefusedForGood { code } => (delivery::State::Refused, Some(*code)),
        Outcome::Later { code, .. } if is_last => (delivery::State::Refused, *code),
        Outcome::Later { code, .. } => (delivery::State::Waiting, *code),
    };
    let tx = app.db.write().await?;
    outbox::note(&tx, [task.notice.id], state, code, Some(now)).await?;
    match outcome {
        Outcome::Accepted => {
            queue::remove(&tx, [task.job.id]).await?;
            set(&tx, task.notice.id, notice::State::Sent, Some(now)).await?;
        }
        Outcome::RefusedForGood { .. } => {
            queue::remove(&tx, [task.job.id]).await?;
            set(&tx, task.notice.id, notice::State::Refused, None).await?;
            manage::end(&tx, &task.channel, "gone", "system", now).await?;
        }
        Outcome::Later { .. } if is_last => {
            set(&tx, task.notice.id, notice::State::Refused, None).await?;
        }
        Outcome::Later { .. } => {}
    }
    tx.commit().await
}

async fn set(tx: &Tx, notice: Uuid, state: notice::State, at: Option<DateTime<Utc>>) -> Result<(), DbErr> {
    notice::Entity::update_many()
        .col_expr(notice::Column::State, Expr::value(state))
        .col_expr(notice::Column::SentAt, Expr::value(at))
        .filter(notice::Column::Id.eq(notice))
        .exec(tx)
        .await?;
    Ok(())
}

/// There is nothing left to tell.
async fn cancel(tx: &Tx, notice: Option<Uuid>) -> Result<(), DbErr> {
    let Some(notice) = notice else { return Ok(()) };
    set(tx, notice, notice::State::Cancelled, None).await?;
    outbox::end(tx, [notice].into_iter(), delivery::State::Cancelled).await
}
