//! Reads public networks. Every reader of a source has one waiting job; a turn makes one call at most and commits
//! what it brought (comments, the place to read on from, the price, the next job) in one transaction, guarded by the
//! job's lease. So a page that was read is captured exactly once, however often processes die, and with several
//! replicas one reads.
//!
//! Life of a turn: the job is claimed → what forbids a call (window used up, budget, pause) puts it off → the call is
//! counted, before it is made, against the calls the service allows → the answer or the failure is committed with the
//! next job, or without one where a person must act first.
mod check;
mod failure;
mod mailbox;
mod mastodon;
mod place;
mod plan;
mod post;
pub mod schedule;
pub mod spend;
mod turn;
mod x;

pub(crate) use failure::SEARCH_REACHES;

use anyhow::anyhow;
use chrono::TimeDelta;
use tokio::task::JoinSet;

use crate::{
    capture::app::CaptureApp,
    platform::job::{
        Claimed, JobError,
        worker::{Batch, Failures},
    },
};

/// X finds some posts only minutes after they were written, so every round reads again what is younger than this.
pub const OVERLAP: TimeDelta = TimeDelta::minutes(15);

/// Gives every reader of a batch its turn, side by side: one that hangs holds up no other.
pub async fn read(app: CaptureApp, batch: Batch) -> anyhow::Result<Failures> {
    let mut turns = JoinSet::new();
    for job in batch.jobs {
        turns.spawn(one(app.clone(), job, batch.lost.clone()));
    }
    let ended = turns.join_all().await;
    Ok(ended.into_iter().flatten().collect())
}

async fn one(
    app: CaptureApp,
    job: Claimed,
    lost: tokio_util::sync::CancellationToken,
) -> Option<(Claimed, JobError)> {
    // In a task of its own, so that a panic fails this reader's turn and no other.
    let turn = tokio::spawn({
        let job = job.clone();
        async move { turn::take(&app, &job, &lost).await }
    });
    let outcome = turn.await.unwrap_or_else(|panic| Err(anyhow!("{panic}")));
    outcome.err().map(|error| (job, JobError::Retry(error)))
}
