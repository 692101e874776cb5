//! What waits for a channel that has ended goes to the oldest other one that was not told it, else by mail to an
//! administrator; a few at a time.
use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    channel, delivery,
    grant::Role,
    notice::{self, State},
    notice_recognition::{self, Part},
};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    access::account as accounts,
    deliver::app::DeliverApp,
    deliver::outbox,
    platform::{
        db::Tx,
        job::{
            self, Claimed, Job, Kind, NewJob, queue,
            worker::{Batch, Failures},
        },
    },
    route::{
        reason::{Code, Reason},
        write::{self, MAIL},
    },
};

/// Notices of one transaction.
const TOGETHER: u64 = 200;

/// The job that passes on what waits for a channel; there is one at a time.
pub(crate) fn job_for(organisation: Uuid, channel: Uuid, now: DateTime<Utc>) -> NewJob {
    NewJob {
        organisation,
        job: Job::PassOn { channel },
        run_at: now,
        key: Some(format!("pass_on:{channel}")),
    }
}

/// The stage: jobs `pass_on` in, jobs `call` and `deliver` out, and another `pass_on` where there is more.
pub(crate) async fn pass_on(app: DeliverApp, batch: Batch) -> anyhow::Result<Failures> {
    for job in batch.jobs {
        if batch.lost.is_cancelled() {
            break;
        }
        pass_on_some(&app, &job).await?;
    }
    Ok(Failures::new())
}

async fn pass_on_some(app: &DeliverApp, claimed: &Claimed) -> Result<(), DbErr> {
    let Job::PassOn { channel } = claimed.job else {
        return Ok(());
    };
    let tx = app.db.write().await?;
    if queue::finish(&tx, std::slice::from_ref(claimed))
        .await?
        .is_empty()
    {
        return Ok(());
    }
    let (organisation, now) = (claimed.organisation, app.clock.now());
    let waiting = waiting(&tx, organisation, channel).await?;
    if waiting.len() as u64 == TOGETHER {
        job::enqueue_all(&tx, vec![job_for(organisation, channel, now)]).await?;
    }
    let ids: HashSet<Uuid> = waiting.iter().map(|notice| notice.id).collect();
    queue::forget_dead_letters(
        &tx,
        organisation,
        Kind::Call,
        |job| matches!(job, Job::Call { notice } if ids.contains(notice)),
    )
    .await?;
    match heir(&tx, organisation).await? {
        None => end(&tx, &waiting, State::Refused).await?,
        Some(heir) => hand_over(&tx, organisation, &heir, waiting, now).await?,
    }
    tx.commit().await
}

async fn waiting(tx: &Tx, organisation: Uuid, channel: Uuid) -> Result<Vec<notice::Model>, DbErr> {
    let mut waiting = notice::Entity::within(organisation)
        .filter(notice::Column::State.eq(State::Waiting))
        .filter(notice::Column::ChannelId.eq(channel))
        .order_by_asc(notice::Column::Id)
        .limit(TOGETHER);
    if !tx.is_sqlite() {
        waiting = waiting.lock_exclusive();
    }
    waiting.all(tx).await
}

/// Who takes over.
enum Heir {
    Channel(channel::Model),
    /// An administrator's account.
    Administrator(Uuid),
}

async fn heir(tx: &Tx, organisation: Uuid) -> Result<Option<Heir>, DbErr> {
    let next = channel::Entity::within(organisation)
        .filter(channel::Column::EndedAt.is_null())
        .order_by_asc(channel::Column::Id)
        .one(tx)
        .await?;
    if let Some(next) = next {
        return Ok(Some(Heir::Channel(next)));
    }
    let administrators = accounts::holding(tx, organisation, Role::Administrator, None).await?;
    let first = administrators.into_iter().next();
    Ok(first.map(|account| Heir::Administrator(account.id)))
}

impl Heir {
    fn channel(&self) -> Option<Uuid> {
        match self {
            Heir::Channel(channel) => Some(channel.id),
            Heir::Administrator(_) => None,
        }
    }

    fn account(&self) -> Option<Uuid> {
        match self {
            Heir::Channel(_) => None,
            Heir::Administrator(account) => Some(*account),
        }
    }

    fn kind(&self) -> &str {
        match self {
            Heir::Channel(channel) => &channel.kind,
            Heir::Administrator(_) => MAIL,
        }
    }

    /// Its notices.
    fn own(&self) -> Condition {
        match self {
            Heir::Channel(channel) => Condition::all().add(notice::Column::ChannelId.eq(channel.id)),
            Heir::Administrator(account) => Condition::all().add(notice::Column::ReaderId.eq(*account)),
        }
    }
}

async fn hand_over(
    tx: &Tx,
    organisation: Uuid,
    heir: &Heir,
    waiting: Vec<notice::Model>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let comments = waiting.iter().filter_map(|notice| notice.comment_id);
    let own = notice::Entity::named(organisation, notice::Column::CommentId, comments)
        .filter(heir.own())
        .all(tx)
        .await?;
    let heard = own.iter().filter(|notice| notice.state != State::Cancelled);
    let heard = recognitions(tx, organisation, heard.map(|notice| notice.id)).await?;
    let heard: HashSet<Uuid> = heard.into_values().flatten().collect();
    let told = recognitions(tx, organisation, waiting.iter().map(|notice| notice.id)).await?;
    let knows = |notice: &notice::Model| {
        let told = told.get(&notice.id).map(Vec::as_slice).unwrap_or_default();
        told.iter().all(|recognition| heard.contains(recognition))
    };
    let (known, news): (Vec<_>, Vec<_>) = waiting.into_iter().partition(knows);
    end(tx, &known, State::Cancelled).await?;
    move_to(tx, heir, &news, &own).await?;
    let ids: Vec<Uuid> = news.iter().map(|notice| notice.id).collect();
    if heir.channel().is_none() {
        ties_to(tx, &ids, heir.account()).await?;
    }
    deliveries_to(tx, heir, &ids).await?;
    enqueue(tx, heir, news, now).await
}

/// What notices tell of, by notice.
async fn recognitions(
    tx: &Tx,
    organisation: Uuid,
    notices: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Vec<Uuid>>, DbErr> {
    use notice_recognition::{Column, Entity};
    let ties = Entity::named(organisation, Column::NoticeId, notices)
        .all(tx)
        .await?;
    let mut by_notice: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for tie in ties {
        by_notice
            .entry(tie.notice_id)
            .or_default()
            .push(tie.recognition_id);
    }
    Ok(by_notice)
}

/// Gives notices to the heir, each as a further time after those it has.
async fn move_to(tx: &Tx, heir: &Heir, news: &[notice::Model], own: &[notice::Model]) -> Result<(), DbErr> {
    let mut latest: HashMap<(Option<Uuid>, notice::Kind), i32> = HashMap::new();
    for notice in own {
        let ordinal = latest.entry((notice.comment_id, notice.kind)).or_default();
        *ordinal = notice.ordinal.max(*ordinal);
    }
    let mut by_ordinal: BTreeMap<i32, Vec<Uuid>> = BTreeMap::new();
    for notice in news {
        let ordinal = latest.entry((notice.comment_id, notice.kind)).or_default();
        *ordinal += 1;
        by_ordinal.entry(*ordinal).or_default().push(notice.id);
    }
    let code = match heir {
        Heir::Channel(_) => Code::Channel,
        Heir::Administrator(_) => Code::Administrator,
    };
    for (ordinal, notices) in by_ordinal {
        notice::Entity::update_many()
            .col_expr(notice::Column::ChannelId, Expr::value(heir.channel()))
            .col_expr(notice::Column::ReaderId, Expr::value(heir.account()))
            .col_expr(notice::Column::Ordinal, Expr::value(ordinal))
            .col_expr(notice::Column::Reason, Expr::value(Reason::new(code).to_json()))
            .filter(notice::Column::Id.is_in(notices))
            .exec(tx)
            .await?;
    }
    Ok(())
}

async fn ties_to(tx: &Tx, notices: &[Uuid], reader: Option<Uuid>) -> Result<(), DbErr> {
    use notice_recognition::{Column, Entity};
    Entity::update_many()
        .col_expr(Column::ReaderId, Expr::value(reader))
        .col_expr(Column::Part, Expr::value(Part::Channel))
        .filter(Column::NoticeId.is_in(notices.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Nothing was tried at the heir yet.
async fn deliveries_to(tx: &Tx, heir: &Heir, notices: &[Uuid]) -> Result<(), DbErr> {
    use delivery::{Column, Entity};
    Entity::update_many()
        .col_expr(Column::Channel, Expr::value(heir.kind()))
        .col_expr(Column::ChannelId, Expr::value(heir.channel()))
        .col_expr(Column::AccountId, Expr::value(heir.account()))
        .col_expr(Column::State, Expr::value(delivery::State::Waiting))
        .col_expr(Column::Attempt, Expr::value(0))
        .col_expr(Column::Code, Expr::value(None::<i32>))
        .filter(Column::NoticeId.is_in(notices.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}

/// For another channel the job that is there serves on, from when the notice is due; that of a mail is a new one.
async fn enqueue(tx: &Tx, heir: &Heir, news: Vec<notice::Model>, now: DateTime<Utc>) -> Result<(), DbErr> {
    let moved = news.into_iter().map(|notice| notice::Model {
        channel_id: heir.channel(),
        due_at: notice.due_at.max(now),
        ..notice
    });
    let jobs: Vec<NewJob> = moved.map(|notice| write::job_for(&notice)).collect();
    let due = jobs.iter().filter(|job| job.run_at == now);
    let keys: Vec<String> = due.filter_map(|job| job.key.clone()).collect();
    job::enqueue_all(tx, jobs).await?;
    queue::make_due(tx, keys, now).await
}

async fn end(tx: &Tx, notices: &[notice::Model], state: State) -> Result<(), DbErr> {
    if notices.is_empty() {
        return Ok(());
    }
    let ids = || notices.iter().map(|notice| notice.id);
    notice::Entity::update_many()
        .col_expr(notice::Column::State, Expr::value(state))
        .filter(notice::Column::Id.is_in(ids()))
        .exec(tx)
        .await?;
    outbox::end(tx, ids(), delivery::State::Cancelled).await
}
