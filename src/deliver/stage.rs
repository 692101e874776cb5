//! The stage: jobs `deliver` in, mails out.
use anyhow::anyhow;
use chrono::{DateTime, Utc};
use entity::{
    account::{self, Frequency},
    notice::{self, Kind, State},
    organisation,
};
use futures_util::{StreamExt, stream};
use lettre::Address;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::{
    compose::{
        Addressed,
        mails::{self, Content},
    },
    link,
    mail::{Letter, NotAccepted},
    outcome::{self, Attempt, Settled},
};
use crate::{
    access::account as accounts,
    app::App,
    job::{
        Claimed, Job, JobError,
        worker::{Batch, Failures},
    },
    route::reason::{Code, Muted, Reason},
};

/// Mails composed at the same time: as many as there are connections that read.
const PREPARED_TOGETHER: usize = 4;
/// Outcomes recorded in one transaction.
const RECORDED_TOGETHER: usize = 50;

/// What is to become of a job.
enum Prepared {
    /// This mail leaves.
    Send(Box<Parcel>),
    /// No mail leaves.
    Settle(Settled),
    /// It cannot be prepared for now.
    Fail(Claimed, JobError),
}

/// A mail with all that its outcome is recorded with.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) job: Claimed,
    pub(super) notice: notice::Model,
    pub(super) reader: account::Model,
    pub(super) letter: Letter,
    /// Recognitions that the notice named and that were withdrawn before it left.
    pub(super) withdrawn: Vec<uuid::Uuid>,
    /// Further notices whose pages it links to.
    pub(super) linked: Vec<uuid::Uuid>,
}

/// Delivers a batch over a few connections at once. Once the server cannot be reached, the rest of the batch waits.
pub async fn deliver(app: App, batch: Batch) -> anyhow::Result<Failures> {
    let now = app.clock.now();
    let (mut parcels, mut settled, mut failures) = (Vec::new(), Vec::new(), Failures::new());
    let preparing = stream::iter(batch.jobs).map(|job| prepare(app.clone(), job, now));
    for prepared in preparing.buffered(PREPARED_TOGETHER).collect::<Vec<_>>().await {
        match prepared {
            Prepared::Send(parcel) => parcels.push(*parcel),
            Prepared::Settle(outcome) => settled.push(outcome),
            Prepared::Fail(job, error) => failures.push((job, error)),
        }
    }
    let tx = app.db.write().await?;
    outcome::settle(&tx, &settled, now).await?;
    for parcel in &parcels {
        link::keep(&tx, &app, &parcel.notice, &parcel.linked, now).await?;
    }
    tx.commit().await?;
    failures.extend(send_all(&app, parcels, &batch.lost).await?);
    Ok(failures)
}

/// Sends and records side by side: what the server has accepted is committed while the next mails are under way.
async fn send_all(app: &App, parcels: Vec<Parcel>, lost: &CancellationToken) -> anyhow::Result<Failures> {
    let (outcomes, mut inbox) = mpsc::channel(parcels.len().max(1));
    let away = CancellationToken::new();
    let sending = async move {
        let (outcomes, away) = (&outcomes, &away);
        stream::iter(parcels)
            .for_each_concurrent(app.config.mail.smtp_connections, |parcel| async move {
                if lost.is_cancelled() {
                    return;
                }
                let attempt = send(app, parcel, away).await;
                // The receiver outlives every sender.
                let _ = outcomes.send(attempt).await;
            })
            .await;
    };
    let recording = async {
        let mut failures = Failures::new();
        let mut together = Vec::new();
        while inbox.recv_many(&mut together, RECORDED_TOGETHER).await > 0 {
            failures.extend(outcome::record(app, std::mem::take(&mut together)).await?);
        }
        anyhow::Ok(failures)
    };
    tokio::join!(sending, recording).1
}

async fn send(app: &App, parcel: Parcel, away: &CancellationToken) -> Attempt {
    let started_at = app.clock.now();
    let outcome = if away.is_cancelled() {
        None
    } else {
        Some(app.mailer.send(&parcel.letter).await)
    };
    if let Some(Err(NotAccepted::Unreachable(_))) = outcome {
        away.cancel();
    }
    Attempt {
        parcel,
        outcome,
        started_at,
        finished_at: app.clock.now(),
    }
}

async fn prepare(app: App, job: Claimed, now: DateTime<Utc>) -> Prepared {
    match try_prepare(&app, &job, now).await {
        Ok(prepared) => prepared,
        Err(error) => Prepared::Fail(job, JobError::Retry(error)),
    }
}

async fn try_prepare(app: &App, job: &Claimed, now: DateTime<Utc>) -> anyhow::Result<Prepared> {
    let settle = |how| Ok(Prepared::Settle(how));
    let notice = notice_of(app, job)
        .await?
        .filter(|notice| notice.state == State::Waiting);
    let Some(notice) = notice else {
        return settle(Settled::done(job));
    };
    let Some((reader, address)) = reader(app, &notice).await? else {
        return settle(Settled::unreachable(job, &notice));
    };
    if let Some(muted) = muted(app, &notice, &reader) {
        // What was passed on by mail stands in no digest of theirs: it goes back to the desk.
        return settle(if is_passed_on(&notice) {
            Settled::unreachable(job, &notice)
        } else {
            Settled::muted(job, &notice, muted)
        });
    }
    let Ok(to) = address.parse::<Address>() else {
        return settle(Settled::bad_address(job, &notice, &reader, &address));
    };
    let organisation = organisation::Entity::find_by_id(notice.organisation_id)
        .one(app.db.read())
        .await?
        .ok_or_else(|| anyhow!("the organisation is gone"))?;
    let addressed = Addressed {
        reason: Reason::read(&notice.reason),
        notice,
        reader,
        organisation,
    };
    match mails::compose(app, app.db.read(), &addressed, now).await? {
        Content::Nothing => settle(Settled::cancelled(job, &addressed.notice)),
        Content::Mail {
            mail,
            withdrawn,
            linked,
        } => Ok(Prepared::Send(Box::new(Parcel {
            job: job.clone(),
            letter: Letter {
                about: addressed.notice.id,
                to,
                mail: *mail,
                unsubscribe_url: Some(link::unsubscribe_url(app, addressed.notice.id)),
                list: addressed.organisation.slug,
                at: now,
            },
            notice: addressed.notice,
            reader: addressed.reader,
            withdrawn,
            linked,
        }))),
    }
}

async fn notice_of(app: &App, job: &Claimed) -> Result<Option<notice::Model>, DbErr> {
    let Job::Deliver { notice } = job.job else {
        return Ok(None);
    };
    notice::Entity::within(job.organisation)
        .filter(notice::Column::Id.eq(notice))
        .one(app.db.read())
        .await
}

/// The reader and their address; none where they cannot be told by mail any more.
async fn reader(app: &App, notice: &notice::Model) -> Result<Option<(account::Model, String)>, DbErr> {
    let Some(id) = notice.reader_id else {
        return Ok(None);
    };
    let db = app.db.read();
    let account = accounts::by_id(db, notice.organisation_id, id).await?;
    let Some(account) = account.filter(|account| account.closed_at.is_none()) else {
        return Ok(None);
    };
    let address = accounts::address_of(db, &account).await?;
    Ok(address
        .filter(|address| !accounts::is_refused(&account, address))
        .map(|address| (account, address)))
}

fn is_passed_on(notice: &notice::Model) -> bool {
    Reason::read(&notice.reason).code == Code::PassedOn
}

fn muted(app: &App, notice: &notice::Model, reader: &account::Model) -> Option<Muted> {
    let wanted = match notice.kind {
        Kind::Digest => reader.frequency != Frequency::Off,
        _ if is_passed_on(notice) => reader.frequency != Frequency::Off,
        _ => reader.frequency == Frequency::AtOnce,
    };
    if !app.mailer.is_on() {
        return Some(Muted::MailOff);
    }
    (!wanted).then_some(Muted::Frequency)
}
