//! What became of notices: written together with the end of their jobs, in one transaction.
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use entity::{
    account, delivery,
    notice::{self, Kind, State},
    notice_recognition::{self, Part},
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QuerySelect,
    QueryTrait, sea_query::Expr,
};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};
use uuid::Uuid;

use super::{mail::NotAccepted, outbox, stage::Parcel};
use crate::{
    app::App,
    platform::{
        db::{self, Tx},
        job::{self, Claimed, Job, JobError, NewJob, queue, worker::Failures},
        secret,
    },
    route::reason::{Muted, Reason},
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

/// A job that ends without a mail.
#[derive(Debug)]
pub(super) struct Settled {
    job: Claimed,
    notice: Option<notice::Model>,
    how: How,
}

#[derive(Debug)]
enum How {
    /// There was nothing left to do.
    Done,
    /// There is nothing left to tell.
    Cancelled,
    /// The reader wants no mail.
    Muted(Muted),
    /// The reader cannot be told; somebody else is found.
    Unreachable,
    /// The reader's address is none.
    BadAddress { account: Uuid, address: String },
}

impl Settled {
    pub(super) fn done(job: &Claimed) -> Settled {
        Settled::new(job, None, How::Done)
    }

    pub(super) fn cancelled(job: &Claimed, notice: &notice::Model) -> Settled {
        Settled::new(job, Some(notice), How::Cancelled)
    }

    pub(super) fn muted(job: &Claimed, notice: &notice::Model, muted: Muted) -> Settled {
        Settled::new(job, Some(notice), How::Muted(muted))
    }

    pub(super) fn unreachable(job: &Claimed, notice: &notice::Model) -> Settled {
        Settled::new(job, Some(notice), How::Unreachable)
    }

    pub(super) fn bad_address(
        job: &Claimed,
        notice: &notice::Model,
        reader: &account::Model,
        address: &str,
    ) -> Settled {
        let how = How::BadAddress {
            account: reader.id,
            address: address.to_owned(),
        };
        Settled::new(job, Some(notice), how)
    }

    fn new(job: &Claimed, notice: Option<&notice::Model>, how: How) -> Settled {
        Settled {
            job: job.clone(),
            notice: notice.cloned(),
            how,
        }
    }
}

/// Ends jobs that need no mail.
pub(super) async fn settle(tx: &Tx, settled: &[Settled], now: DateTime<Utc>) -> Result<(), DbErr> {
    let jobs: Vec<Claimed> = settled.iter().map(|one| one.job.clone()).collect();
    let ours = queue::finish(tx, &jobs).await?;
    let without = settled
        .iter()
        .filter(|one| ours.contains(&one.job.id))
        .filter_map(|one| match one.job.job {
            Job::Deliver { notice } => Some(notice),
            _ => None,
        });
    outbox::end(tx, without, delivery::State::Cancelled).await?;
    for one in settled.iter().filter(|one| ours.contains(&one.job.id)) {
        let Some(notice) = &one.notice else { continue };
        match &one.how {
            How::Done => {}
            How::Cancelled => {
                forget(tx, notice, None, now).await?;
                set_state(tx, notice, State::Cancelled, None).await?;
            }
            How::Muted(muted) => {
                let mut reason = Reason::read(&notice.reason);
                reason.muted = Some(*muted);
                let mut row: notice::ActiveModel = notice.clone().into();
                row.reason = Set(reason.to_json());
                row.state = Set(State::Muted);
                row.update(tx).await?;
            }
            How::Unreachable => tell_somebody_else(tx, notice, now).await?,
            How::BadAddress { account, address } => {
                refuse_address(tx, *account, address, "this is no e-mail address", now).await?;
                tell_somebody_else(tx, notice, now).await?;
            }
        }
    }
    Ok(())
}

/// Records attempts, however long the database is away, and answers those whose jobs are to be tried again. While they
/// cannot be recorded, nothing further is sent.
pub(super) async fn record(app: &App, attempts: Vec<Attempt>, halt: &CancellationToken) -> Failures {
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
async fn record_patiently(app: &App, attempts: &[Attempt], halt: &CancellationToken) -> Result<(), DbErr> {
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
pub(super) async fn end(app: &App, job: &Claimed) {
    let mut wait = SHORTEST_WAIT;
    while let Err(error) = try_end(app, job).await {
        warn!(job = job.id, %error, "cannot record that a mail was accepted; tried again");
        tokio::time::sleep(wait).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

async fn try_end(app: &App, job: &Claimed) -> Result<(), DbErr> {
    let tx = app.db.write().await?;
    queue::remove(&tx, [job.id]).await?;
    tx.commit().await
}

async fn try_record(app: &App, attempts: &[Attempt]) -> Result<(), DbErr> {
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
        forget(&tx, &parcel.notice, Some(&parcel.withdrawn), attempt.finished_at).await?;
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
    for (attempt, words) in refused {
        let (parcel, at) = (&attempt.parcel, attempt.finished_at);
        if queue::finish(tx, std::slice::from_ref(&parcel.job))
            .await?
            .is_empty()
        {
            continue;
        }
        let address: &str = parcel.letter.to.as_ref();
        refuse_address(tx, parcel.reader, address, words, at).await?;
        tell_somebody_else(tx, &parcel.notice, at).await?;
    }
    Ok(())
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

async fn set_state(
    tx: &Tx,
    notice: &notice::Model,
    state: State,
    sent_at: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    let mut row: notice::ActiveModel = notice.clone().into();
    row.state = Set(state);
    row.sent_at = Set(sent_at);
    row.update(tx).await?;
    Ok(())
}

/// Takes recognitions that were not told out of a notice, those named or all. They may hold again by now, or another
/// reader can be told: the comment is routed again, and what stood in a digest waits for the next one.
async fn forget(
    tx: &Tx,
    notice: &notice::Model,
    only: Option<&[Uuid]>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use notice_recognition::{Column, Entity};
    if only.is_some_and(<[Uuid]>::is_empty) {
        return Ok(());
    }
    let those = || {
        let all = Condition::all().add(Column::NoticeId.eq(notice.id));
        all.add_option(only.map(|only| Column::RecognitionId.is_in(only.iter().copied())))
    };
    if notice.kind == Kind::Digest {
        let told = Entity::find()
            .filter(those())
            .filter(Column::Part.eq(Part::Digest))
            .select_only()
            .column(Column::RecognitionId)
            .into_query();
        Entity::update_many()
            .col_expr(Column::AwaitsDigestOf, Expr::value(notice.reader_id))
            .filter(Column::RecognitionId.in_subquery(told))
            .filter(Column::ReaderId.eq(notice.reader_id))
            .filter(Column::Part.eq(Part::Praise))
            .exec(tx)
            .await?;
    }
    Entity::delete_many().filter(those()).exec(tx).await?;
    let Some(comment) = notice.comment_id else {
        return Ok(());
    };
    let again = NewJob {
        organisation: notice.organisation_id,
        job: Job::Route { comment },
        run_at: now,
        key: None,
    };
    job::enqueue_all(tx, vec![again]).await
}

/// The reader cannot be told: the notice ends, and routing goes past them.
async fn tell_somebody_else(tx: &Tx, notice: &notice::Model, now: DateTime<Utc>) -> Result<(), DbErr> {
    set_state(tx, notice, State::Refused, None).await?;
    forget(tx, notice, None, now).await
}

/// Notes that an address is refused for good; another one is tried again.
async fn refuse_address(
    tx: &Tx,
    account: Uuid,
    address: &str,
    words: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let words: String = words.chars().take(200).collect();
    account::Entity::update_many()
        .col_expr(account::Column::MailRefusedAt, Expr::value(now))
        .col_expr(
            account::Column::MailRefusedHash,
            Expr::value(secret::hash(address)),
        )
        .col_expr(account::Column::MailRefusedReason, Expr::value(words))
        .filter(account::Column::Id.eq(account))
        .exec(tx)
        .await?;
    Ok(())
}
