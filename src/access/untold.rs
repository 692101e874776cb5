//! Praise that nobody could be told of: looked at again when somebody may have come who can be.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    comment::{self, State, Tell},
    notice,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::platform::{
    db::Tx,
    job::{self, Job, NewJob},
    lock,
};

/// How much longer than the minute in which it began a change may take.
const LONGEST_CHANGE: TimeDelta = TimeDelta::seconds(5);

/// Has the comments routed again that have a notice without a reader: after a change of the roster, or of who holds a
/// role. All changes of one minute cause it once, when they are over; where nothing is untold, nothing happens.
pub(crate) async fn look_again(tx: &Tx, organisation: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
    // What is routed meanwhile by what was before is seen here.
    lock::roster_changes(tx, organisation).await?;
    if untold(tx, organisation, None, 1).await?.is_empty() {
        return Ok(());
    }
    let minute = now.timestamp().div_euclid(60);
    let over = now + TimeDelta::seconds(60 - now.timestamp().rem_euclid(60)) + LONGEST_CHANGE;
    let again = NewJob {
        organisation,
        job: Job::Reroute { after: None },
        run_at: over,
        key: Some(format!("reroute:{organisation}:{minute}")),
    };
    job::enqueue_all(tx, vec![again]).await
}

/// Notices without a reader, the oldest first.
pub(crate) async fn untold(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<notice::Model>, DbErr> {
    use notice::Column;
    let mut notices =
        notice::Entity::within(organisation).filter(Column::State.eq(notice::State::NoRecipient));
    if let Some((at, id)) = after {
        let later = Condition::any()
            .add(Column::CreatedAt.gt(at))
            .add(Column::Id.gt(id));
        notices = notices.filter(Column::CreatedAt.gte(at)).filter(later);
    }
    notices
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(connection)
        .await
}

/// Has whoever is a safe reader from now on told that something waits for one: once, by the newest that does, since the
/// mail leads to all of it.
pub(crate) async fn ask_new_safe_reader(
    tx: &Tx,
    organisation: Uuid,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use comment::Column;
    let newest = comment::Entity::within(organisation)
        .filter(Column::State.eq(State::Shielded))
        .filter(Column::KeptAt.is_null())
        .filter(Column::WithdrawnAt.is_null())
        .filter(Column::ErasedAt.is_null())
        .filter(Column::Tell.ne(Tell::None))
        .order_by_desc(Column::ReceivedAt)
        .order_by_desc(Column::Id)
        .one(tx)
        .await?;
    let Some(newest) = newest else { return Ok(()) };
    let route = Job::Route { comment: newest.id };
    job::enqueue(tx, organisation, route, now).await
}
