//! Notices that end untold: why, and who hears instead.
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use entity::{
    account, among, delivery,
    notice::{self, Kind, State},
    notice_recognition::{self, Part},
};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QuerySelect, QueryTrait, sea_query::Expr,
};
use uuid::Uuid;

use super::{
    channel::pass_on,
    defer::{self, Deferred},
    outbox,
    outcome::A_MOMENT,
    read::subject,
};
use crate::{
    ledger::promise,
    platform::{
        db::Tx,
        job::{self, Claimed, Job, JobError, NewJob, queue, worker::Failures},
        secret,
    },
    route::reason::{Muted, Reason},
};

/// A job that ends, or waits, without anything leaving.
#[derive(Debug)]
pub(super) struct Settled {
    job: Claimed,
    notice: Option<notice::Model>,
    how: How,
    /// Something else of the same job leaves: that ends it.
    leaves_job: bool,
}

#[derive(Debug)]
enum How {
    /// There was nothing left to do.
    Done,
    /// Another job tells the notice.
    Elsewhere,
    /// Its room or endpoint has ended; what waits for it is passed on, and the job finds out where to.
    Ended(Uuid),
    /// One mail to the account gathers it, not before this time.
    Deferred { account: Uuid, until: DateTime<Utc> },
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

    pub(super) fn elsewhere(job: &Claimed) -> Settled {
        Settled::new(job, None, How::Elsewhere)
    }

    pub(super) fn ended(job: &Claimed, channel: Uuid) -> Settled {
        Settled::new(job, None, How::Ended(channel))
    }

    pub(super) fn deferred(
        job: &Claimed,
        notice: &notice::Model,
        account: Uuid,
        until: DateTime<Utc>,
    ) -> Settled {
        Settled::new(job, Some(notice), How::Deferred { account, until })
    }

    pub(super) fn job(&self) -> &Claimed {
        &self.job
    }

    /// Whether something else of the same job leaves.
    pub(super) fn leave_job(&mut self, leaves_job: bool) {
        self.leaves_job = leaves_job;
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
            leaves_job: false,
        }
    }
}

impl Settled {
    /// The notice that it is about.
    fn subject(&self) -> Option<Uuid> {
        let notice = self.notice.as_ref().map(|notice| notice.id);
        notice.or_else(|| subject(&self.job))
    }
}

/// Ends jobs for which nothing leaves; answers those that wait.
pub(super) async fn settle(tx: &Tx, settled: &[Settled], now: DateTime<Utc>) -> Result<Failures, DbErr> {
    let over = || settled.iter().filter(|one| !matches!(one.how, How::Ended(_)));
    let ending = || over().filter(|one| !one.leaves_job);
    let jobs: Vec<Claimed> = ending().map(|one| one.job.clone()).collect();
    let ours = queue::finish(tx, &jobs).await?;
    let ours: Vec<&Settled> = over()
        .filter(|one| one.leaves_job || ours.contains(&one.job.id))
        .collect();
    let is_here = |one: &&&Settled| !matches!(one.how, How::Elsewhere | How::Deferred { .. });
    let untold = ours.iter().filter(is_here).filter_map(|one| one.subject());
    outbox::end(tx, untold, delivery::State::Cancelled).await?;
    let (mut cancelled, mut unreachable, mut muted) = (Vec::new(), Vec::new(), Vec::new());
    let (mut deferred, mut gathered) = (Vec::new(), Vec::new());
    for one in ours {
        gathered.extend(defer::reader_of(&one.job));
        let Some(notice) = &one.notice else { continue };
        match &one.how {
            How::Done | How::Elsewhere | How::Ended(_) => {}
            How::Deferred { account, until } => deferred.push(Deferred {
                notice,
                account: *account,
                until: *until,
            }),
            How::Cancelled => cancelled.push(notice),
            How::Muted(why) => muted.push((notice, *why)),
            How::Unreachable => unreachable.push(notice),
            How::BadAddress { account, address } => {
                refuse_address(tx, *account, address, "this is no e-mail address", now).await?;
                unreachable.push(notice);
            }
        }
    }
    cancel(tx, &cancelled, now).await?;
    mute(tx, &muted).await?;
    tell_somebody_else(tx, &unreachable, now).await?;
    defer::defer(tx, &deferred).await?;
    defer::gather_what_is_left(tx, &gathered).await?;
    wait_for_another(tx, settled, now).await
}

/// Has passed on what waits for rooms and endpoints that have ended.
async fn wait_for_another(tx: &Tx, settled: &[Settled], now: DateTime<Utc>) -> Result<Failures, DbErr> {
    let ended = || {
        settled.iter().filter_map(|one| match one.how {
            How::Ended(channel) => Some((&one.job, channel)),
            _ => None,
        })
    };
    let jobs = ended().map(|(job, channel)| pass_on::job_for(job.organisation, channel, now));
    job::enqueue_all(tx, jobs.collect()).await?;
    let (at, why) = (now + A_MOMENT, "its channel has ended");
    let wait = |(job, _): (&Claimed, Uuid)| (job.clone(), JobError::PutOff { at, why });
    Ok(ended().map(wait).collect())
}

/// Notes why no mail tells these, one statement for all with the same reason.
async fn mute(tx: &Tx, notices: &[(&notice::Model, Muted)]) -> Result<(), DbErr> {
    let mut by_reason: BTreeMap<String, (Reason, Vec<Uuid>)> = BTreeMap::new();
    for (notice, why) in notices {
        let mut reason = Reason::read(&notice.reason);
        reason.muted = Some(*why);
        let same = by_reason.entry(reason.to_json().to_string());
        same.or_insert((reason, Vec::new())).1.push(notice.id);
    }
    for (reason, notices) in by_reason.into_values() {
        notice::Entity::update_many()
            .col_expr(notice::Column::State, Expr::value(State::Muted))
            .col_expr(notice::Column::Reason, Expr::value(reason.to_json()))
            .filter(still_waiting(notices))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Somebody may have stopped a notice since it was read.
fn still_waiting(notices: impl IntoIterator<Item = Uuid>) -> Condition {
    Condition::all()
        .add(among(notice::Column::Id, notices))
        .add(notice::Column::State.is_in([State::Waiting, State::Deferred]))
}

async fn set_state(tx: &Tx, notices: &[&notice::Model], state: State) -> Result<(), DbErr> {
    if notices.is_empty() {
        return Ok(());
    }
    notice::Entity::update_many()
        .col_expr(notice::Column::State, Expr::value(state))
        .filter(still_waiting(notices.iter().map(|notice| notice.id)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends notices that have nothing left to tell.
async fn cancel(tx: &Tx, notices: &[&notice::Model], now: DateTime<Utc>) -> Result<(), DbErr> {
    set_state(tx, notices, State::Cancelled).await?;
    forget(tx, notices, now).await
}

/// Takes all that was not told out of notices. It may hold again by now, or another reader can be told: the comments are
/// routed again, and what stood in a digest waits for the next one.
async fn forget(tx: &Tx, notices: &[&notice::Model], now: DateTime<Utc>) -> Result<(), DbErr> {
    use notice_recognition::{Column, Entity};
    if notices.is_empty() {
        return Ok(());
    }
    for digest in notices.iter().filter(|notice| notice.kind == Kind::Digest) {
        await_next_digest(tx, digest, None).await?;
    }
    Entity::delete_many()
        .filter(among(Column::NoticeId, notices.iter().map(|notice| notice.id)))
        .exec(tx)
        .await?;
    route_again(tx, notices, now).await
}

/// Does so with some recognitions that a notice named and did not tell.
pub(super) async fn forget_some(
    tx: &Tx,
    notice: &notice::Model,
    untold: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use notice_recognition::{Column, Entity};
    if untold.is_empty() {
        return Ok(());
    }
    if notice.kind == Kind::Digest {
        await_next_digest(tx, notice, Some(untold)).await?;
    }
    Entity::delete_many()
        .filter(Column::NoticeId.eq(notice.id))
        .filter(among(Column::RecognitionId, untold.iter().copied()))
        .exec(tx)
        .await?;
    route_again(tx, &[notice], now).await
}

async fn await_next_digest(tx: &Tx, digest: &notice::Model, only: Option<&[Uuid]>) -> Result<(), DbErr> {
    use notice_recognition::{Column, Entity};
    let those = Condition::all()
        .add(Column::NoticeId.eq(digest.id))
        .add_option(only.map(|only| among(Column::RecognitionId, only.iter().copied())));
    let told = Entity::find()
        .filter(those)
        .filter(Column::Part.eq(Part::Digest))
        .select_only()
        .column(Column::RecognitionId)
        .into_query();
    Entity::update_many()
        .col_expr(Column::AwaitsDigestOf, Expr::value(digest.reader_id))
        .filter(Column::RecognitionId.in_subquery(told))
        .filter(Column::ReaderId.eq(digest.reader_id))
        .filter(Column::Part.is_in([Part::Praise, Part::Rule]))
        .exec(tx)
        .await?;
    Ok(())
}

async fn route_again(tx: &Tx, notices: &[&notice::Model], now: DateTime<Utc>) -> Result<(), DbErr> {
    let comments: BTreeSet<(Uuid, Uuid)> = notices
        .iter()
        .filter_map(|notice| Some((notice.organisation_id, notice.comment_id?)))
        .collect();
    let routes = comments.into_iter().map(|(organisation, comment)| NewJob {
        organisation,
        job: Job::Route { comment },
        run_at: now,
        key: None,
    });
    job::enqueue_all(tx, routes.collect()).await
}

/// The readers cannot be told: the notices end, and routing goes past them.
pub(super) async fn tell_somebody_else(
    tx: &Tx,
    notices: &[&notice::Model],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    set_state(tx, notices, State::Refused).await?;
    let readers: Vec<Uuid> = notices.iter().filter_map(|notice| notice.reader_id).collect();
    promise::look_again(tx, &readers, now).await?;
    forget(tx, notices, now).await
}

/// Notes that an address is refused for good; another one is tried again.
pub(super) async fn refuse_address(
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
