//! What became of messages: written together with the end of their jobs, in one transaction.
use std::{
    collections::{BTreeMap, HashMap, HashSet},
    future::Future,
    sync::Arc,
    time::Duration,
};

use anyhow::anyhow;
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    alert, among, delivery,
    notice::{self, State},
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use uuid::Uuid;

use super::{
    channel::{Outcome, Recipient, Refused, manage},
    defer, outbox, settle,
    stage::{Item, Parcel},
};
use crate::{
    deliver::app::DeliverApp,
    platform::{
        db::{self, Tx},
        job::{Claimed, Job, JobError, queue, worker::Failures},
    },
};

/// Waits between attempts to record what was accepted.
const SHORTEST_WAIT: Duration = Duration::from_millis(50);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Attempts that the database may answer with no, before rows are tried one by one, and then given up.
const MOST_REFUSALS: u32 = 60;
/// Until what is for a room or endpoint that failed a moment ago is looked at again.
pub(super) const A_MOMENT: TimeDelta = TimeDelta::seconds(5);

/// What was handed over, or was to be.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) parcel: Arc<Parcel>,
    /// None where the recipient was known to be away.
    pub(super) outcome: Option<Outcome>,
    pub(super) finished_at: DateTime<Utc>,
}

/// How an attempt stands in the outbox: state and code.
type Noted = (&'static str, Option<u16>);

/// Notices that were passed on to another channel while they were under way.
type PassedOn = HashSet<Uuid>;

/// Records attempts, however long the database is away, and answers those whose jobs are to be tried again. While they
/// cannot be recorded, nothing further is sent.
pub(super) async fn record(app: &DeliverApp, attempts: Vec<Attempt>, halt: &CancellationToken) -> Failures {
    let mut failures = Failures::new();
    let mut open = vec![attempts];
    while let Some(mut some) = open.pop() {
        let error = match patiently(|| try_record(app, &some), Some(halt), MOST_REFUSALS).await {
            Ok(passed_on) => {
                failures.extend(some.iter().flat_map(|attempt| attempt.failures(&passed_on)));
                continue;
            }
            Err(error) => error,
        };
        if some.len() > 1 {
            let rest = some.split_off(some.len() / 2);
            open.extend([rest, some]);
            continue;
        }
        let items = || some.iter().flat_map(|attempt| &attempt.parcel.items);
        let ids: Vec<Uuid> = items().map(|item| item.notice.id).collect();
        error!(?ids, %error, "what became of a message cannot be recorded; it may be sent again");
        failures.extend(items().map(|one| (one.job.clone(), JobError::retry(anyhow!("{error}")))));
    }
    failures
}

/// Ends a job whose mail was accepted, however long the database is away; answers why it is still there where the
/// database keeps saying no.
pub(super) async fn end(app: &DeliverApp, job: &Claimed) -> Result<(), DbErr> {
    patiently(|| try_end(app, job), None, MOST_REFUSALS).await
}

/// Tries until it is written. Only an error that is not about the connection and lasts is answered: then something is
/// wrong with one of the rows.
async fn patiently<T, Writing: Future<Output = Result<T, DbErr>>>(
    write: impl Fn() -> Writing,
    halt: Option<&CancellationToken>,
    most_refusals: u32,
) -> Result<T, DbErr> {
    let (mut wait, mut refusals, mut is_said) = (SHORTEST_WAIT, 0, false);
    loop {
        let error = match write().await {
            Ok(written) => return Ok(written),
            Err(error) => error,
        };
        if !std::mem::replace(&mut is_said, true) {
            warn!(%error, "cannot record what was accepted; nothing further leaves until it is done");
        }
        if let Some(halt) = halt {
            halt.cancel();
        }
        refusals += u32::from(!db::is_passing(&error));
        if refusals > most_refusals {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn try_end(app: &DeliverApp, job: &Claimed) -> Result<(), DbErr> {
    let tx = app.db.write().await?;
    queue::remove(&tx, [job.id]).await?;
    if let Job::Alert { alert } = job.job {
        alert::Entity::delete_by_id(alert).exec(&tx).await?;
    }
    tx.commit().await
}

async fn try_record(app: &DeliverApp, attempts: &[Attempt]) -> Result<PassedOn, DbErr> {
    let tx = app.db.write().await?;
    let passed_on = passed_on(&tx, attempts).await?;
    let ours: Vec<(&Attempt, &Item)> = attempts
        .iter()
        .flat_map(|attempt| attempt.parcel.items.iter().map(move |one| (attempt, one)))
        .filter(|(_, item)| !passed_on.contains(&item.notice.id))
        .collect();
    deliveries(&tx, &ours).await?;
    // What was accepted is over, whoever holds the job by now.
    let accepted: Vec<&(&Attempt, &Item)> = ours
        .iter()
        .filter(|(attempt, _)| attempt.outcome == Some(Outcome::Accepted))
        .collect();
    queue::remove(&tx, accepted.iter().map(|(_, item)| item.job.id)).await?;
    if let Some(at) = accepted.iter().map(|(attempt, _)| attempt.finished_at).max() {
        sent(&tx, accepted.iter().map(|(_, item)| item.notice.id), at).await?;
    }
    for (attempt, item) in &accepted {
        settle::forget_some(&tx, &item.notice, &item.withdrawn, attempt.finished_at).await?;
    }
    refused(&tx, attempts).await?;
    let jobs = attempts
        .iter()
        .flat_map(|one| one.parcel.items.iter().map(|one| &one.job));
    let gathered: Vec<Uuid> = jobs.filter_map(defer::reader_of).collect();
    defer::gather_what_is_left(&tx, &gathered).await?;
    tx.commit().await?;
    Ok(passed_on)
}

/// What was for a room or endpoint and is for somebody else by now; what is not, stays theirs until the transaction ends.
async fn passed_on(tx: &Tx, attempts: &[Attempt]) -> Result<PassedOn, DbErr> {
    let to_places = attempts.iter().filter(|one| one.parcel.to.channel().is_some());
    let expected: HashMap<Uuid, Option<Uuid>> = to_places
        .flat_map(|one| one.parcel.items.iter().map(|item| &item.notice))
        .map(|notice| (notice.id, notice.channel_id))
        .collect();
    if expected.is_empty() {
        return Ok(PassedOn::new());
    }
    let mut rows = notice::Entity::find()
        .filter(notice::Column::Id.is_in(expected.keys().copied()))
        .order_by_asc(notice::Column::Id);
    if !tx.is_sqlite() {
        rows = rows.lock_exclusive();
    }
    let now_of: HashMap<Uuid, Option<Uuid>> = rows
        .all(tx)
        .await?
        .into_iter()
        .map(|row| (row.id, row.channel_id))
        .collect();
    let is_elsewhere = |(id, channel): &(Uuid, Option<Uuid>)| now_of.get(id) != Some(channel);
    Ok(expected
        .into_iter()
        .filter(is_elsewhere)
        .map(|(id, _)| id)
        .collect())
}

async fn sent(tx: &Tx, notices: impl Iterator<Item = Uuid>, at: DateTime<Utc>) -> Result<(), DbErr> {
    notice::Entity::update_many()
        .col_expr(notice::Column::State, Expr::value(State::Sent))
        .col_expr(notice::Column::SentAt, Expr::value(at))
        .filter(among(notice::Column::Id, notices))
        .exec(tx)
        .await?;
    Ok(())
}

/// Recipients that were refused for good: of readers somebody else is told; rooms and endpoints end, and what waits for
/// them is passed on.
async fn refused(tx: &Tx, attempts: &[Attempt]) -> Result<(), DbErr> {
    let refused: Vec<(&Attempt, &str)> = attempts
        .iter()
        .filter_map(|attempt| match &attempt.outcome {
            Some(Outcome::Refused(Refused::Recipient { words, .. })) => Some((attempt, words.as_str())),
            _ => None,
        })
        .collect();
    let mut unreachable = Vec::new();
    for (attempt, words) in refused {
        let at = attempt.finished_at;
        match &attempt.parcel.to {
            Recipient::Reader { account, address } => {
                let jobs: Vec<Claimed> = attempt.parcel.items.iter().map(|one| one.job.clone()).collect();
                if queue::finish(tx, &jobs).await?.is_empty() {
                    continue;
                }
                settle::refuse_address(tx, *account, address.as_ref(), words, at).await?;
                unreachable.extend(attempt.parcel.items.iter().map(|one| (&one.notice, at)));
            }
            Recipient::Place(place) => {
                let (organisation, id) = (place.channel.organisation_id, place.channel.id);
                // Of several that are told so at once, the first ends it.
                if let Some(channel) = manage::lock_open(tx, organisation, id).await? {
                    manage::end(tx, &channel, "gone", "system", at).await?;
                }
            }
        }
    }
    let Some(at) = unreachable.iter().map(|(_, at)| *at).max() else {
        return Ok(());
    };
    let notices: Vec<&notice::Model> = unreachable.into_iter().map(|(notice, _)| notice).collect();
    settle::tell_somebody_else(tx, &notices, at).await
}

impl Attempt {
    /// Whether no further attempt follows one that came to nothing.
    fn is_last(&self, item: &Item) -> bool {
        let waits = self.parcel.channel.waits();
        !waits.is_empty() && item.attempts >= waits.len()
    }

    fn failures(&self, passed_on: &PassedOn) -> Failures {
        let failure = |item: &Item| {
            let error = if passed_on.contains(&item.notice.id) {
                put_off(self.finished_at, "it was passed on")
            } else {
                self.failure(item)?
            };
            Some((item.job.clone(), error))
        };
        let mut seen = HashSet::new();
        let first_of_job = |item: &&Item| seen.insert(item.job.id);
        self.parcel
            .items
            .iter()
            .filter(first_of_job)
            .filter_map(failure)
            .collect()
    }

    /// Why a job is to be tried again, or given up.
    fn failure(&self, item: &Item) -> Option<JobError> {
        let to_place = self.parcel.to.channel().is_some();
        match &self.outcome {
            Some(Outcome::Accepted) => None,
            // What waited for it is passed on, this too: the job finds out where to.
            Some(Outcome::Refused(Refused::Recipient { .. })) if to_place => {
                Some(put_off(self.finished_at, "its channel is gone"))
            }
            Some(Outcome::Refused(Refused::Recipient { .. })) => None,
            Some(Outcome::Refused(Refused::Message { why, .. })) => Some(JobError::give_up(anyhow!("{why}"))),
            Some(Outcome::Later { why, .. }) if self.is_last(item) => {
                Some(JobError::give_up(anyhow!("{why}")))
            }
            Some(Outcome::Later { why, at, .. }) => {
                let error = anyhow!("{why}");
                let Some(wait) = self.parcel.channel.waits().get(item.attempts) else {
                    return Some(JobError::Retry(error));
                };
                // A time that the other side names makes us wait for longer, and never for less.
                let at = at.iter().copied().fold(self.finished_at + *wait, Ord::max);
                Some(JobError::RetryAt { at, error })
            }
            None if to_place => {
                let at = self.finished_at + A_MOMENT;
                Some(put_off(at, "its channel failed a moment ago"))
            }
            None => Some(JobError::retry(anyhow!(
                "put off: the mail server or the database could not be reached"
            ))),
        }
    }

    /// How it stands in the outbox; none where it was not tried.
    fn noted(&self, item: &Item) -> Option<Noted> {
        match self.outcome.as_ref()? {
            Outcome::Accepted => Some(("accepted", None)),
            // A room or endpoint that is gone: the delivery waits for the next one.
            Outcome::Refused(Refused::Recipient { .. }) if self.parcel.to.channel().is_some() => None,
            Outcome::Refused(Refused::Recipient { code, .. }) => Some(("refused", Some(*code))),
            Outcome::Refused(Refused::Message { code, .. }) => Some(("refused", *code)),
            // The notice waits on: its job can be retried, or the channel removed.
            Outcome::Later { code, .. } if self.is_last(item) => Some(("refused", *code)),
            Outcome::Later { code, .. } => Some(("waiting", *code)),
        }
    }
}

fn put_off(at: DateTime<Utc>, why: &'static str) -> JobError {
    JobError::PutOff { at, why }
}

/// Notes attempts in the outbox, one statement for all with the same outcome at the same time.
async fn deliveries(tx: &Tx, attempts: &[(&Attempt, &Item)]) -> Result<(), DbErr> {
    let mut by_outcome: BTreeMap<Noted, Vec<&(&Attempt, &Item)>> = BTreeMap::new();
    for one in attempts {
        let (attempt, item) = one;
        if let Some(noted) = attempt.noted(item) {
            by_outcome.entry(noted).or_default().push(one);
        }
    }
    for ((state, code), attempts) in by_outcome {
        let state = match state {
            "accepted" => delivery::State::Accepted,
            "refused" => delivery::State::Refused,
            _ => delivery::State::Waiting,
        };
        let at = attempts.iter().map(|(attempt, _)| attempt.finished_at).max();
        let notices = attempts.iter().map(|(_, item)| item.notice.id);
        outbox::note(tx, notices, state, code, at).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[tokio::test]
    async fn a_database_that_keeps_saying_no_is_believed_in_the_end() {
        let asked = Cell::new(0);
        let write = || {
            asked.set(asked.get() + 1);
            async { Err::<(), _>(DbErr::Custom("no".to_owned())) }
        };
        assert!(patiently(write, None, 0).await.is_err());
        assert_eq!(asked.get(), 1);
    }
}
