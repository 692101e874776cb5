//! Batches as large as the settings allow.
use chrono::TimeDelta;
use plaudit::platform::job::{self, Job, Kind, NewJob, queue};
use uuid::Uuid;

use crate::support::TestApp;

/// The largest `worker.batch`.
const MANY: usize = 1000;

#[tokio::test]
async fn the_largest_batch_that_can_be_set_is_claimed_kept_and_finished_as_one() {
    let app = TestApp::start().await;
    let now = app.clock.now();
    let new = |_| NewJob {
        organisation: app.organisation.id,
        job: Job::Route {
            comment: Uuid::now_v7(),
        },
        run_at: now,
        key: None,
    };
    let tx = app.db.write().await.unwrap();
    job::enqueue_all(&tx, (0..MANY + 1).map(new).collect())
        .await
        .unwrap();
    let lease = TimeDelta::seconds(60);
    let mut jobs = queue::claim(&tx, Kind::Route, MANY as u64, "test", now, lease)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let claims: Vec<(i64, i32)> = jobs.iter().map(|job| (job.id, job.attempt)).collect();
    let tx = app.db.write().await.unwrap();
    let renewed = queue::renew(&tx, &claims, now + lease * 2).await.unwrap();
    assert_eq!(renewed, MANY as u64);
    // Another worker has one of them by now.
    jobs[500].attempt += 1;
    let finished = queue::finish(&tx, &jobs).await.unwrap();
    assert_eq!(finished.len(), MANY - 1);
    assert!(!finished.contains(&jobs[500].id));
    tx.commit().await.unwrap();
    app.advance(TimeDelta::minutes(5));
    app.work().await;
    app.end().await;
}
