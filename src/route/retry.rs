//! Praise that nobody could be told of is looked at again when somebody may have come who can be.
use sea_orm::DbErr;
use uuid::Uuid;

use crate::{
    access::untold,
    platform::{
        job::{
            self, Claimed, Job, NewJob, queue,
            worker::{Batch, Failures},
        },
        lock,
        service::Service,
    },
};

/// Notices of one job.
const TOGETHER: u64 = 500;

/// The stage: jobs `reroute` in, jobs `route` out, and another `reroute` where there is more.
pub(crate) async fn reroute(service: Service, batch: Batch) -> anyhow::Result<Failures> {
    for job in batch.jobs {
        if batch.lost.is_cancelled() {
            break;
        }
        reroute_one(&service, &job).await?;
    }
    Ok(Failures::new())
}

async fn reroute_one(service: &Service, claimed: &Claimed) -> Result<(), DbErr> {
    let Job::Reroute { after } = claimed.job else {
        return Ok(());
    };
    let tx = service.db.write().await?;
    // A change that takes long may have found this very job, which is to see what it brings.
    lock::rosters(&tx, [claimed.organisation].into_iter()).await?;
    if queue::finish(&tx, std::slice::from_ref(claimed))
        .await?
        .is_empty()
    {
        return Ok(());
    }
    let (organisation, now) = (claimed.organisation, service.clock.now());
    let notices = untold::untold(&tx, organisation, after, TOGETHER).await?;
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
