//! What became of mails: written together with the end of their jobs, in one transaction.
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use entity::{
    alert, delivery,
    notice::{self, State},
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use uuid::Uuid;

use super::{mail::NotAccepted, outbox, settle, stage::Parcel};
use crate::{
    deliver::app::DeliverApp,
    platform::{
        db::{self, Tx},
        job::{Claimed, Job, JobError, queue, worker::Failures},
    },
};

/// Waits between attempts to record what was accepted.
pub(super) const SHORTEST_WAIT: Duration = Duration::from_millis(50);
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// Attempts that the database may answer with no, before rows are tried one by one, and then given up.
const MOST_REFUSALS: u32 = 60;

/// A mail that was handed to the server, or was to be.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) parcel: Arc<Parcel>,
    /// None where the server was known to be away.
    pub(super) outcome: Option<Result<(), NotAccepted>>,
    pub(super) finished_at: DateTime<Utc>,
}

/// Records attempts, however long the database is away, and answers those whose jobs are to be tried again. While they
/// cannot be recorded, nothing further is sent.
pub(super) async fn record(app: &DeliverApp, attempts: Vec<Attempt>, halt: &CancellationToken) -> Failures {
    let mut failures = Failures::new();
    let mut open = vec![attempts];
    while let Some(mut some) = open.pop() {
        let Err(error) = record_patiently(app, &some, halt).await else {
            failures.extend(self::failures(some));
            continue;
        };
        if some.len() > 1 {
            let rest = some.split_off(some.len() / 2);
            open.extend([rest, some]);
            continue;
        }
        let ids: Vec<Uuid> = some.iter().map(|attempt| attempt.parcel.notice.id).collect();
        error!(?ids, %error, "what became of a mail cannot be recorded; it may be sent again");
        let failed = |attempt: Attempt| (attempt.parcel.job.clone(), JobError::retry(anyhow!("{error}")));
        failures.extend(some.into_iter().map(failed));
    }
    failures
}

/// Tries until it is recorded. Only an error that is not about the connection and lasts is answered: then something is
/// wrong with one of the rows.
async fn record_patiently(
    app: &DeliverApp,
    attempts: &[Attempt],
    halt: &CancellationToken,
) -> Result<(), DbErr> {
    let (mut wait, mut refusals) = (SHORTEST_WAIT, 0);
    loop {
        let Err(error) = try_record(app, attempts).await else {
            return Ok(());
        };
        if !halt.is_cancelled() {
            warn!(%error, "cannot record which mails were accepted; no further ones leave until it is done");
            halt.cancel();
        }
        refusals += u32::from(!db::is_passing(&error));
        if refusals > MOST_REFUSALS {
            return Err(error);
        }
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// Ends a job whose mail was accepted, however long the database is away.
pub(super) async fn end(app: &DeliverApp, job: &Claimed) {
    let mut wait = SHORTEST_WAIT;
    while let Err(error) = try_end(app, job).await {
        warn!(job = job.id, %error, "cannot record that a mail was accepted; tried again");
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

async fn try_record(app: &DeliverApp, attempts: &[Attempt]) -> Result<(), DbErr> {
    let tx = app.db.write().await?;
    // What was accepted is over, whoever holds the job by now.
    let accepted: Vec<&Attempt> = attempts
        .iter()
        .filter(|one| matches!(one.outcome, Some(Ok(()))))
        .collect();
    let at = accepted.iter().map(|one| one.finished_at).max();
    queue::remove(&tx, accepted.iter().map(|one| one.parcel.job.id)).await?;
    deliveries(&tx, attempts).await?;
    if let Some(at) = at {
        sent(&tx, accepted.iter().map(|one| one.parcel.notice.id), at).await?;
    }
    for attempt in &accepted {
        let parcel = &attempt.parcel;
        settle::forget_some(&tx, &parcel.notice, &parcel.withdrawn, attempt.finished_at).await?;
    }
    refused(&tx, attempts).await?;
    tx.commit().await
}

async fn sent(tx: &Tx, notices: impl Iterator<Item = Uuid>, at: DateTime<Utc>) -> Result<(), DbErr> {
    notice::Entity::update_many()
        .col_expr(notice::Column::State, Expr::value(State::Sent))
        .col_expr(notice::Column::SentAt, Expr::value(at))
        .filter(notice::Column::Id.is_in(notices))
        .exec(tx)
        .await?;
    Ok(())
}

/// Recipients that were refused for good: somebody else is told.
async fn refused(tx: &Tx, attempts: &[Attempt]) -> Result<(), DbErr> {
    let refused = attempts.iter().filter_map(|attempt| match &attempt.outcome {
        Some(Err(NotAccepted::AddressRefused { words, .. })) => Some((attempt, words)),
        _ => None,
    });
    let refused: Vec<_> = refused.collect();
    let jobs: Vec<Claimed> = refused
        .iter()
        .map(|(attempt, _)| attempt.parcel.job.clone())
        .collect();
    let ours = queue::finish(tx, &jobs).await?;
    let mut unreachable = Vec::new();
    for (attempt, words) in refused {
        let (parcel, at) = (&attempt.parcel, attempt.finished_at);
        if ours.contains(&parcel.job.id) {
            settle::refuse_address(tx, parcel.reader, parcel.letter.to.as_ref(), words, at).await?;
            unreachable.push((&parcel.notice, at));
        }
    }
    let Some(at) = unreachable.iter().map(|(_, at)| *at).max() else {
        return Ok(());
    };
    let notices: Vec<&notice::Model> = unreachable.into_iter().map(|(notice, _)| notice).collect();
    settle::tell_somebody_else(tx, &notices, at).await
}

fn failures(attempts: Vec<Attempt>) -> Failures {
    let failure = |attempt: Attempt| {
        let error = match attempt.outcome {
            Some(Ok(()) | Err(NotAccepted::AddressRefused { .. })) => return None,
            Some(Err(error @ (NotAccepted::MessageRefused { .. } | NotAccepted::Message(_)))) => {
                JobError::give_up(error)
            }
            Some(Err(error)) => JobError::retry(error),
            None => JobError::retry(anyhow!(
                "put off: the mail server or the database could not be reached"
            )),
        };
        Some((attempt.parcel.job.clone(), error))
    };
    attempts.into_iter().filter_map(failure).collect()
}

/// Notes attempts in the outbox, one statement for all with the same outcome.
async fn deliveries(tx: &Tx, attempts: &[Attempt]) -> Result<(), DbErr> {
    let mut by_outcome: BTreeMap<(&str, Option<u16>), Vec<&Attempt>> = BTreeMap::new();
    for attempt in attempts {
        let (state, code) = match &attempt.outcome {
            None => continue,
            Some(Ok(())) => ("accepted", None),
            Some(Err(NotAccepted::AddressRefused { code, .. } | NotAccepted::MessageRefused { code })) => {
                ("refused", Some(*code))
            }
            Some(Err(NotAccepted::Later { code, .. })) => ("waiting", *code),
            Some(Err(_)) => ("waiting", None),
        };
        by_outcome.entry((state, code)).or_default().push(attempt);
    }
    for ((state, code), attempts) in by_outcome {
        let state = match state {
            "accepted" => delivery::State::Accepted,
            "refused" => delivery::State::Refused,
            _ => delivery::State::Waiting,
        };
        let at = attempts.iter().map(|attempt| attempt.finished_at).max();
        let notices = attempts.iter().map(|attempt| attempt.parcel.notice.id);
        outbox::note(tx, notices, state, code, at).await?;
    }
    Ok(())
}
