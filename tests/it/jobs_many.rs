//! Batches as large as the settings allow.
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::anyhow;
use chrono::TimeDelta;
use plaudit::{
    app::work,
    platform::job::{
        self, Job, Kind, NewJob, queue,
        worker::{Batch, Work, Worker},
    },
};
use sea_orm::EntityTrait;
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

/// A stage that fails whatever holds one of the bad jobs, and finishes the others.
async fn work_with_bad_ones(bad: &[usize]) -> (usize, Vec<entity::job::Model>) {
    let mut app = TestApp::start().await;
    let now = app.clock.now();
    let comments: Vec<Uuid> = (0..64).map(|_| Uuid::now_v7()).collect();
    let new = |comment: &Uuid| NewJob {
        organisation: app.organisation.id,
        job: Job::Route { comment: *comment },
        run_at: now,
        key: None,
    };
    let tx = app.db.write().await.unwrap();
    job::enqueue_all(&tx, comments.iter().map(new).collect())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let bad: Vec<Uuid> = bad.iter().map(|at| comments[*at]).collect();
    let tries = Arc::new(AtomicUsize::new(0));
    let (counted, db) = (tries.clone(), app.db.clone());
    let stage = move |_: Kind, batch: Batch| -> Work {
        counted.fetch_add(1, Ordering::Relaxed);
        let (db, bad) = (db.clone(), bad.clone());
        Box::pin(async move {
            let is_bad =
                |job: &queue::Claimed| matches!(job.job, Job::Route { comment } if bad.contains(&comment));
            if batch.jobs.iter().any(is_bad) {
                return Err(anyhow!("one of these is bad"));
            }
            let tx = db.write().await?;
            queue::finish(&tx, &batch.jobs).await?;
            tx.commit().await?;
            Ok(Vec::new())
        })
    };
    let worker = Worker {
        dispatch: Arc::new(stage),
        ..work::worker(&app)
    };
    worker.work_until_idle().await.unwrap();
    let left = entity::job::Entity::find().all(app.db.read()).await.unwrap();
    app.end_with_jobs().await;
    (tries.load(Ordering::Relaxed), left)
}

/// Halves find one among 64 in 13 tries.
#[tokio::test]
async fn one_bad_job_is_found_in_few_tries_and_holds_up_no_other() {
    let (tries, left) = work_with_bad_ones(&[37]).await;
    assert_eq!(tries, 13);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(left[0].last_error.as_deref(), Some("one of these is bad"));
}

#[tokio::test]
async fn many_bad_jobs_hold_up_no_other_and_where_all_are_bad_the_search_ends() {
    let every_third: Vec<usize> = (0..64).step_by(3).collect();
    let (_, left) = work_with_bad_ones(&every_third).await;
    assert_eq!(left.len(), every_third.len());
    let all: Vec<usize> = (0..64).collect();
    let (tries, left) = work_with_bad_ones(&all).await;
    assert_eq!(left.len(), 64);
    assert!(tries < 64, "{tries}");
}
