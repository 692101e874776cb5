//! What left by a channel, what was given up, and trying that again.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{among, delivery};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::manage::{self, ChannelError};
use crate::{
    deliver::{app::DeliverApp, outbox},
    platform::job::{Claimed, Job, Kind, queue},
};

/// The latest deliveries to a channel, newest first.
pub async fn latest(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    channel: Uuid,
    limit: u64,
) -> Result<Vec<delivery::Model>, DbErr> {
    delivery::Entity::named(organisation, delivery::Column::ChannelId, [channel])
        .order_by_desc(delivery::Column::CreatedAt)
        .limit(limit)
        .all(connection)
        .await
}

/// What left by a channel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Traffic {
    /// What it accepted.
    pub told: u64,
    /// When it accepted something last.
    pub last: Option<DateTime<Utc>>,
    /// What waits for it.
    pub waiting: u64,
    /// What was given up.
    pub given_up: u64,
}

/// How much left by each of these channels since then, and how much was given up.
pub async fn traffic(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    channels: Vec<Uuid>,
    since: DateTime<Utc>,
) -> Result<HashMap<Uuid, Traffic>, DbErr> {
    use delivery::Column;
    let rows: Vec<(Uuid, delivery::State, i64, Option<DateTime<Utc>>)> =
        delivery::Entity::named(organisation, Column::ChannelId, channels)
            .filter(Column::CreatedAt.gt(since))
            .select_only()
            .column(Column::ChannelId)
            .column(Column::State)
            .column_as(Column::Id.count(), "many")
            .column_as(Column::AttemptedAt.max(), "last")
            .group_by(Column::ChannelId)
            .group_by(Column::State)
            .into_tuple()
            .all(connection)
            .await?;
    let mut by_channel: HashMap<Uuid, Traffic> = HashMap::new();
    for (channel, state, many, last) in rows {
        let of = by_channel.entry(channel).or_default();
        let many = u64::try_from(many).unwrap_or_default();
        match state {
            delivery::State::Accepted => (of.told, of.last) = (many, last),
            delivery::State::Refused => of.given_up = many,
            delivery::State::Waiting => of.waiting = many,
            delivery::State::Cancelled => {}
        }
    }
    Ok(by_channel)
}

/// Why deliveries to rooms and endpoints were given up, by their notices: those that can be tried again.
pub async fn given_up(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<HashMap<Uuid, String>, DbErr> {
    let calls = calls(connection, organisation).await?;
    Ok(calls.into_iter().map(|call| (call.notice, call.why)).collect())
}

/// Whether any of these notices was given up for a channel.
pub async fn has_given_up(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    channel: Uuid,
    notices: impl IntoIterator<Item = Uuid>,
) -> Result<bool, DbErr> {
    let found = delivery::Entity::named(organisation, delivery::Column::ChannelId, [channel])
        .filter(delivery::Column::State.eq(delivery::State::Refused))
        .filter(among(delivery::Column::NoticeId, notices))
        .limit(1)
        .all(connection)
        .await?;
    Ok(!found.is_empty())
}

/// A call that was given up.
struct Call {
    job: i64,
    notice: Uuid,
    why: String,
}

async fn calls(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<Vec<Call>, DbErr> {
    let dead = queue::dead_letters_of(connection, organisation, Kind::Call).await?;
    let call = |(claimed, why): (Claimed, String)| match claimed.job {
        Job::Call { notice } => Some(Call {
            job: claimed.id,
            notice,
            why,
        }),
        _ => None,
    };
    Ok(dead.into_iter().filter_map(call).collect())
}

/// Which of the deliveries that were given up; all where nothing is said.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which {
    /// Only that of this notice.
    pub notice: Option<Uuid>,
    /// Only those made then or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those made before.
    pub until: Option<DateTime<Utc>>,
}

/// Tries deliveries that were given up again, now; returns how many.
pub async fn replay(
    app: &DeliverApp,
    organisation: Uuid,
    id: Uuid,
    which: Which,
    actor: &str,
) -> Result<u64, ChannelError> {
    use delivery::Column;
    let (tx, now) = (app.db.write().await?, app.clock.now());
    let channel = manage::lock_open(&tx, organisation, id).await?;
    let channel = channel.ok_or(ChannelError::NotFound(id))?;
    let calls = calls(&tx, organisation).await?;
    let refused = Condition::all()
        .add(Column::State.eq(delivery::State::Refused))
        .add(Column::ChannelId.eq(channel.id))
        .add_option(which.from.map(|from| Column::CreatedAt.gte(from)))
        .add_option(which.until.map(|until| Column::CreatedAt.lt(until)));
    let asked = |call: &&Call| which.notice.is_none_or(|notice| notice == call.notice);
    let notices = calls.iter().filter(asked).map(|call| call.notice);
    let ours: HashSet<Uuid> = delivery::Entity::within(organisation)
        .filter(refused)
        .filter(among(Column::NoticeId, notices))
        .select_only()
        .column(Column::NoticeId)
        .into_tuple::<Uuid>()
        .all(&tx)
        .await?
        .into_iter()
        .collect();
    let jobs: Vec<i64> = calls
        .iter()
        .filter(|call| ours.contains(&call.notice))
        .map(|call| call.job)
        .collect();
    let count = queue::replay_some(&tx, organisation, jobs, now).await?;
    outbox::wait_again(&tx, ours).await?;
    if count > 0 {
        manage::record(&tx, &channel, actor, "replay_deliveries", now).await?;
    }
    tx.commit().await?;
    Ok(count)
}
