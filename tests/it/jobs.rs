//! Jobs: exactly once inside, retried, dead, replayed.
use std::sync::Arc;

use anyhow::anyhow;
use chrono::TimeDelta;
use plaudit::{
    app::work,
    platform::job::{
        JobError, Kind, queue,
        worker::{Batch, Work, Worker},
    },
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::TestApp;

fn always_give_up(_: Kind, batch: Batch) -> Work {
    let failed = batch
        .jobs
        .into_iter()
        .map(|job| (job, JobError::GiveUp(anyhow!("this will never work"))));
    Box::pin(std::future::ready(Ok(failed.collect())))
}

fn always_panic(_: Kind, _: Batch) -> Work {
    Box::pin(async { panic!("a stage with a bug") })
}

/// A worker whose only stage is this.
fn with(app: &TestApp, stage: fn(Kind, Batch) -> Work) -> Worker {
    Worker {
        dispatch: Arc::new(stage),
        ..work::worker(app)
    }
}

#[tokio::test]
async fn a_given_up_job_is_kept_with_its_reason_and_can_be_replayed() {
    let app = TestApp::start().await;
    app.post("/v1/comments", json!({"text": "Thank you"}))
        .await
        .expect(201);
    with(&app, always_give_up).work_until_idle().await.unwrap();
    let dead = queue::dead_letters(app.db.read(), app.organisation.id)
        .await
        .unwrap();
    assert_eq!(dead.len(), 1);
    assert_eq!(dead[0].last_error.as_deref(), Some("this will never work"));
    let tx = app.db.write().await.unwrap();
    assert_eq!(
        queue::replay(&tx, app.organisation.id, None, app.clock.now())
            .await
            .unwrap(),
        1
    );
    tx.commit().await.unwrap();
    app.work().await;
    app.end().await;
}

#[tokio::test]
async fn a_stage_that_panics_is_tried_again_after_a_growing_wait() {
    let app = TestApp::start().await;
    app.post("/v1/comments", json!({"text": "Thank you"}))
        .await
        .expect(201);
    assert_eq!(with(&app, always_panic).work_until_idle().await.unwrap(), 1);
    assert_eq!(app.work().await, 0, "it must wait");
    app.advance(TimeDelta::seconds(6));
    assert!(app.work().await > 0);
    app.end().await;
}

#[tokio::test]
async fn a_job_whose_lease_ended_is_done_once_by_who_claims_it_next() {
    let app = TestApp::start().await;
    app.post("/v1/comments", json!({"text": "Thank you"}))
        .await
        .expect(201);
    let lease = TimeDelta::seconds(60);
    let tx = app.db.write().await.unwrap();
    let lost = queue::claim(&tx, Kind::Attribute, 10, "first", app.clock.now(), lease)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(app.work().await, 0, "it is leased");
    app.advance(TimeDelta::seconds(61));
    assert!(app.work().await > 0);
    let tx = app.db.write().await.unwrap();
    assert!(
        queue::finish(&tx, &lost).await.unwrap().is_empty(),
        "the first worker lost it"
    );
    tx.commit().await.unwrap();
    let late = work::dispatch(
        app.app(),
        Kind::Attribute,
        Batch {
            jobs: lost,
            lost: Default::default(),
        },
    );
    assert!(late.await.unwrap().is_empty(), "and may not act on it");
    app.end().await;
}

#[tokio::test]
async fn what_a_process_leaves_when_it_stops_is_free_for_the_next_one() {
    let app = TestApp::start().await;
    app.post("/v1/comments", json!({"text": "Thank you"}))
        .await
        .expect(201);
    let stopped = CancellationToken::new();
    stopped.cancel();
    let held = work::worker(&app)
        .work_once(Kind::Attribute, "stops", &stopped)
        .await
        .unwrap();
    assert_eq!(held, 1);
    let job = &app.jobs().await[0];
    assert_eq!((job.leased_until, job.attempt), (None, 0));
    assert!(app.work().await > 0, "nobody waits for the end of a lease");
    app.end().await;
}

/// Whoever sends words waits for little of what is worked on meanwhile; a backlog is worked off by more at once.
#[tokio::test]
async fn batches_are_larger_once_nobody_sends_words() {
    let app = TestApp::start().await;
    for number in 0..12 {
        let words = json!({ "text": format!("Thank you {number}") });
        app.post("/v1/comments", words).await.expect(201);
    }
    let mut worker = work::worker(&app);
    worker.settings.batch = 2;
    let stop = CancellationToken::new();
    let claimed = async || {
        let work = worker.work_once(Kind::Attribute, "test", &stop);
        work.await.unwrap()
    };
    app.db.note_captures(1);
    assert_eq!(claimed().await, 2);
    tokio::time::sleep(std::time::Duration::from_millis(2_100)).await;
    assert_eq!(claimed().await, 10);
    app.work().await;
    app.end().await;
}
