//! What became of notices: written together with the end of their jobs, in one transaction.
use std::time::Duration;

use anyhow::anyhow;
use chrono::{DateTime, Utc};
use entity::{
    account, delivery,
    notice::{self, State},
    notice_recognition,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr,
};
use uuid::Uuid;

use super::{mail::NotAccepted, stage::Parcel};
use crate::{
    app::App,
    db::Tx,
    job::{self, Claimed, Job, JobError, NewJob, queue, worker::Failures},
    route::reason::{Muted, Reason},
    secret,
};

/// Attempts to record that the server has a mail: giving up means sending it again.
const RECORD_ATTEMPTS: u32 = 6;

/// A mail that was handed to the server, or was to be.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) parcel: Parcel,
    /// None where the server was known to be away.
    pub(super) outcome: Option<Result<(), NotAccepted>>,
    pub(super) started_at: DateTime<Utc>,
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

/// Records attempts, and answers those whose jobs are to be tried again. What the server has accepted is tried to be
/// recorded for a few seconds, even while the database is away.
pub(super) async fn record(app: &App, attempts: Vec<Attempt>) -> anyhow::Result<Failures> {
    let mut wait = Duration::from_millis(50);
    for _ in 1..RECORD_ATTEMPTS {
        match try_record(app, &attempts).await {
            Ok(()) => return Ok(failures(attempts)),
            Err(_) => tokio::time::sleep(wait).await,
        }
        wait *= 3;
    }
    try_record(app, &attempts).await?;
    Ok(failures(attempts))
}

async fn try_record(app: &App, attempts: &[Attempt]) -> Result<(), DbErr> {
    let tx = app.db.write().await?;
    let over: Vec<Claimed> = attempts
        .iter()
        .filter(|attempt| attempt.is_over())
        .map(|attempt| attempt.parcel.job.clone())
        .collect();
    let ours = queue::finish(&tx, &over).await?;
    deliveries(&tx, attempts).await?;
    for attempt in attempts
        .iter()
        .filter(|attempt| ours.contains(&attempt.parcel.job.id))
    {
        let (parcel, at) = (&attempt.parcel, attempt.finished_at);
        match &attempt.outcome {
            Some(Ok(())) => {
                forget(&tx, &parcel.notice, Some(&parcel.withdrawn), at).await?;
                set_state(&tx, &parcel.notice, State::Sent, Some(at)).await?;
            }
            Some(Err(NotAccepted::AddressRefused { words, .. })) => {
                let address: &str = parcel.letter.to.as_ref();
                refuse_address(&tx, parcel.reader.id, address, words, at).await?;
                tell_somebody_else(&tx, &parcel.notice, at).await?;
            }
            _ => {}
        }
    }
    tx.commit().await
}

impl Attempt {
    /// Whether the job ends with it.
    fn is_over(&self) -> bool {
        matches!(
            self.outcome,
            Some(Ok(()) | Err(NotAccepted::AddressRefused { .. }))
        )
    }
}

fn failures(attempts: Vec<Attempt>) -> Failures {
    let failure = |attempt: Attempt| {
        let error = match attempt.outcome {
            Some(Ok(()) | Err(NotAccepted::AddressRefused { .. })) => return None,
            Some(Err(error @ (NotAccepted::MessageRefused { .. } | NotAccepted::Message(_)))) => {
                JobError::give_up(error)
            }
            Some(Err(error)) => JobError::retry(error),
            None => JobError::retry(anyhow!("the mail server cannot be reached")),
        };
        Some((attempt.parcel.job, error))
    };
    attempts.into_iter().filter_map(failure).collect()
}

async fn deliveries(tx: &Tx, attempts: &[Attempt]) -> Result<(), DbErr> {
    let row = |attempt: &Attempt| {
        let (outcome, code) = match attempt.outcome.as_ref()? {
            Ok(()) => ("accepted", None),
            Err(NotAccepted::AddressRefused { code, .. } | NotAccepted::MessageRefused { code }) => {
                ("refused", Some(*code))
            }
            Err(NotAccepted::Later { code, .. }) => ("failed", *code),
            Err(_) => ("failed", None),
        };
        Some(delivery::ActiveModel {
            id: Set(Uuid::now_v7()),
            organisation_id: Set(attempt.parcel.notice.organisation_id),
            notice_id: Set(attempt.parcel.notice.id),
            channel: Set("mail".to_owned()),
            outcome: Set(outcome.to_owned()),
            code: Set(code.map(i32::from)),
            started_at: Set(attempt.started_at),
            finished_at: Set(attempt.finished_at),
        })
    };
    let rows: Vec<_> = attempts.iter().filter_map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    delivery::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await?;
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

/// Takes recognitions that were not told out of a notice, those named or all, and has the comment routed again: they
/// may hold again by now, or another reader can be told.
async fn forget(
    tx: &Tx,
    notice: &notice::Model,
    only: Option<&[Uuid]>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use notice_recognition::{Column, Entity};
    let mut gone = Entity::delete_many().filter(Column::NoticeId.eq(notice.id));
    if let Some(only) = only {
        if only.is_empty() {
            return Ok(());
        }
        gone = gone.filter(Column::RecognitionId.is_in(only.iter().copied()));
    }
    gone.exec(tx).await?;
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
