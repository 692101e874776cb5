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
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect, sea_query::Expr};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    channel::{Message, Outcome, Praised, manage, of_kind, pass_on, recipient},
    compose::recognitions_of,
    outbox,
    outcome::{LONGEST_WAIT, SHORTEST_WAIT},
    settle, stage,
};
use crate::{
    deliver::app::DeliverApp,
    platform::{
        db::Tx,
        job::{
            self, Claimed, Job, JobError, queue,
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
    /// Recognitions that the notice named and that were withdrawn before it left.
    withdrawn: Vec<Uuid>,
}

/// Until what is for a recipient that failed a moment ago, or that has ended, is looked at again.
const A_MOMENT: TimeDelta = TimeDelta::seconds(5);

/// Delivers a batch.
pub async fn call(app: DeliverApp, batch: Batch) -> anyhow::Result<Failures> {
    let Prepared { tasks, over, ended } = prepare(&app, batch.jobs).await?;
    let tx = app.db.write().await?;
    let now = app.clock.now();
    end(&tx, &over, now).await?;
    let ends = ended
        .iter()
        .map(|(job, channel)| pass_on::job_for(job.organisation, *channel, now));
    job::enqueue_all(&tx, ends.collect()).await?;
    stage::hold(&tx, &app, tasks.iter().map(|task| &task.job)).await?;
    tx.commit().await?;
    let mut failures = call_all(&app, tasks, &batch.lost).await;
    let waits = |(job, _)| (job, put_off(now + A_MOMENT, "its channel has ended"));
    failures.extend(ended.into_iter().map(waits));
    Ok(failures)
}

async fn call_all(app: &DeliverApp, tasks: Vec<Task>, lost: &CancellationToken) -> Failures {
    let failing: &Mutex<HashSet<Uuid>> = &Mutex::default();
    stream::iter(tasks)
        .map(|task| async move {
            let is_failing = failing
                .lock()
                .is_ok_and(|failing| failing.contains(&task.channel.id));
            if lost.is_cancelled() {
                return None;
            }
            if is_failing {
                let soon = app.clock.now() + A_MOMENT;
                return Some((task.job, put_off(soon, "its channel failed a moment ago")));
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
        .await
}

fn put_off(at: DateTime<Utc>, why: &'static str) -> JobError {
    JobError::PutOff { at, why }
}

/// What is to become of the jobs of a batch.
#[derive(Default)]
struct Prepared {
    tasks: Vec<Task>,
    /// Jobs with nothing to tell, and their notices where those still wait.
    over: Vec<(Claimed, Option<notice::Model>)>,
    /// Jobs whose channel has ended; what waits for it is passed on.
    ended: Vec<(Claimed, Uuid)>,
}

async fn prepare(app: &DeliverApp, jobs: Vec<Claimed>) -> anyhow::Result<Prepared> {
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
    let mut prepared = Prepared::default();
    for job in jobs {
        let notice = subject(&job).and_then(|id| notices.remove(&id));
        let Some((notice, channel)) = notice.and_then(|notice| notice.channel_id.map(|id| (notice, id)))
        else {
            prepared.over.push((job, None));
            continue;
        };
        let Some(channel) = channels.get(&channel).cloned() else {
            prepared.ended.push((job, channel));
            continue;
        };
        let (standing, withdrawn): (Vec<_>, Vec<_>) = told
            .remove(&notice.id)
            .unwrap_or_default()
            .into_iter()
            .partition(|one| one.withdrawn_at.is_none());
        match message(app, &notice, &standing) {
            None => prepared.over.push((job, Some(notice))),
            Some(message) => prepared.tasks.push(Task {
                attempts: attempts
                    .get(&notice.id)
                    .and_then(|n| usize::try_from(*n).ok())
                    .unwrap_or(0),
                job,
                notice,
                channel,
                message,
                withdrawn: withdrawn.into_iter().map(|one| one.id).collect(),
            }),
        }
    }
    Ok(prepared)
}

fn subject(job: &Claimed) -> Option<Uuid> {
    match job.job {
        Job::Call { notice } => Some(notice),
        _ => None,
    }
}

/// What a notice still tells.
fn message(app: &DeliverApp, notice: &notice::Model, standing: &[recognition::Model]) -> Option<Message> {
    let comment = notice.comment_id?;
    let recognitions: Vec<Praised> = standing
        .iter()
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
async fn deliver(app: &DeliverApp, task: &Task) -> Option<JobError> {
    let outcome = attempt(app, task).await;
    let mut wait = SHORTEST_WAIT;
    // What was accepted is recorded however long the database is away.
    let is_theirs = loop {
        match record(app, task, &outcome).await {
            Ok(is_theirs) => break is_theirs,
            Err(error) => {
                tracing::warn!(job = task.job.id, %error, "cannot record what came of a request; tried again");
                tokio::time::sleep(wait).await;
                wait = (wait * 2).min(LONGEST_WAIT);
            }
        }
    };
    let now = app.clock.now();
    if !is_theirs {
        return Some(put_off(now, "it was passed on"));
    }
    match outcome {
        Outcome::Accepted => None,
        // What waited for it is passed on, this too: the job finds out where to.
        Outcome::RefusedForGood { .. } => Some(put_off(now, "its channel is gone")),
        Outcome::Later { why, at, .. } => Some(match WAITS.get(task.attempts) {
            None => JobError::GiveUp(anyhow!("{why}")),
            // A time that the other side names makes us wait for longer, and never for less.
            Some(wait) => retry_at(at.into_iter().fold(now + *wait, Ord::max), &why),
        }),
    }
}

fn retry_at(at: DateTime<Utc>, why: &str) -> JobError {
    JobError::RetryAt {
        at,
        error: anyhow!("{why}"),
    }
}

async fn attempt(app: &DeliverApp, task: &Task) -> Outcome {
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

/// Records what came of an attempt; answers whether the notice still was for that channel.
async fn record(app: &DeliverApp, task: &Task, outcome: &Outcome) -> Result<bool, DbErr> {
    let (now, is_last) = (app.clock.now(), task.attempts >= WAITS.len());
    let tx = app.db.write().await?;
    if !is_still_for(&tx, task).await? {
        return Ok(false);
    }
    let note = |state, code| outbox::note(&tx, [task.notice.id], state, code, Some(now));
    match outcome {
        Outcome::Accepted => {
            notice::Entity::update_many()
                .col_expr(notice::Column::State, Expr::value(notice::State::Sent))
                .col_expr(notice::Column::SentAt, Expr::value(now))
                .filter(notice::Column::Id.eq(task.notice.id))
                .exec(&tx)
                .await?;
            note(delivery::State::Accepted, None).await?;
            queue::remove(&tx, [task.job.id]).await?;
            settle::forget_some(&tx, &task.notice, &task.withdrawn, now).await?;
        }
        Outcome::RefusedForGood { .. } => {
            // Of several that are told so at once, the first ends it.
            let channel = manage::lock_open(&tx, task.channel.organisation_id, task.channel.id).await?;
            if let Some(channel) = channel {
                manage::end(&tx, &channel, "gone", "system", now).await?;
            }
        }
        // The notice waits on: its job can be retried, or the channel removed.
        Outcome::Later { code, .. } if is_last => note(delivery::State::Refused, *code).await?,
        Outcome::Later { code, .. } => note(delivery::State::Waiting, *code).await?,
    }
    tx.commit().await?;
    Ok(true)
}

/// Whether the notice was not passed on to somebody else meanwhile, nor is until the transaction ends.
async fn is_still_for(tx: &Tx, task: &Task) -> Result<bool, DbErr> {
    let mut found = notice::Entity::within(task.notice.organisation_id)
        .filter(notice::Column::Id.eq(task.notice.id))
        .filter(notice::Column::ChannelId.eq(task.channel.id));
    if !tx.is_sqlite() {
        found = found.lock_exclusive();
    }
    Ok(found.one(tx).await?.is_some())
}

/// Ends jobs with nothing to tell, and the notices that still wait: what they named is routed again, since it may hold
/// again by now.
async fn end(tx: &Tx, over: &[(Claimed, Option<notice::Model>)], now: DateTime<Utc>) -> Result<(), DbErr> {
    let jobs: Vec<Claimed> = over.iter().map(|(job, _)| job.clone()).collect();
    let ours = queue::finish(tx, &jobs).await?;
    let empty: Vec<&notice::Model> = over
        .iter()
        .filter(|(job, _)| ours.contains(&job.id))
        .filter_map(|(_, notice)| notice.as_ref())
        .collect();
    outbox::end(
        tx,
        empty.iter().map(|notice| notice.id),
        delivery::State::Cancelled,
    )
    .await?;
    settle::cancel(tx, &empty, now).await
}
