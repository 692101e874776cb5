//! Praise that nobody could be told of is looked at again when somebody may have come who can be.
use chrono::{DateTime, TimeDelta, Utc};
use entity::notice;
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::{
    app::App,
    platform::{
        db::Tx,
        job::{
            self, Claimed, Job, NewJob, queue,
            worker::{Batch, Failures},
        },
        lock,
    },
};

/// Notices of one job.
const TOGETHER: u64 = 500;
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

/// The stage: jobs `reroute` in, jobs `route` out, and another `reroute` where there is more.
pub(crate) async fn reroute(app: App, batch: Batch) -> anyhow::Result<Failures> {
    for job in batch.jobs {
        if batch.lost.is_cancelled() {
            break;
        }
        reroute_one(&app, &job).await?;
    }
    Ok(Failures::new())
}

async fn reroute_one(app: &App, claimed: &Claimed) -> Result<(), DbErr> {
    let Job::Reroute { after } = claimed.job else {
        return Ok(());
    };
    let tx = app.db.write().await?;
    // A change that takes long may have found this very job, which is to see what it brings.
    lock::rosters(&tx, [claimed.organisation].into_iter()).await?;
    if queue::finish(&tx, std::slice::from_ref(claimed))
        .await?
        .is_empty()
    {
        return Ok(());
    }
    let (organisation, now) = (claimed.organisation, app.clock.now());
    let notices = untold(&tx, organisation, after, TOGETHER).await?;
    let mut comments: Vec<Uuid> = notices.iter().filter_map(|notice| notice.comment_id).collect();
    comments.sort_unstable();
    comments.dedup();
    let more = notices.last().filter(|_| notices.len() as u64 == TOGETHER);
    let routes = comments.into_iter().map(|comment| Job::Route { comment });
    let more = more.map(|last| Job::Reroute {
        after: Some((last.created_at, last.id)),
    });
    let new = |job| NewJob {
        organisation,
        job,
        run_at: now,
        key: None,
    };
    job::enqueue_all(&tx, routes.chain(more).map(new).collect()).await?;
    tx.commit().await
}

/// Notices without a reader, the oldest first.
async fn untold(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<notice::Model>, DbErr> {
    use notice::Column;
    let later = after.map(|(at, id)| {
        let same_moment = Condition::all()
            .add(Column::CreatedAt.eq(at))
            .add(Column::Id.gt(id));
        Condition::any().add(Column::CreatedAt.gt(at)).add(same_moment)
    });
    let mut notices =
        notice::Entity::within(organisation).filter(Column::State.eq(notice::State::NoRecipient));
    if let Some(later) = later {
        notices = notices.filter(later);
    }
    notices
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(connection)
        .await
}
