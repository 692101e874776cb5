//! The stage: jobs `deliver` in, mails out.
use std::sync::Arc;

use chrono::TimeDelta;
use entity::notice;
use futures_util::{StreamExt, stream};
use sea_orm::DbErr;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    link,
    mail::{Letter, NotAccepted},
    outcome::{self, Attempt},
    prepare::{self, Prepared},
    settle,
};
use crate::{
    deliver::app::DeliverApp,
    platform::{
        db::{self, Tx},
        job::{
            Claimed, queue,
            worker::{Batch, Failures},
        },
    },
};

/// Outcomes recorded in one transaction.
const RECORDED_TOGETHER: usize = 50;
/// Leases for which jobs are ours while their mails are under way: a process that cannot reach the database for so long
/// can still record what was accepted before another one sends it again.
const LEASES_UNDER_WAY: i32 = 3;

/// A mail with all that its outcome is recorded with.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) job: Claimed,
    pub(super) notice: notice::Model,
    /// The account that reads it.
    pub(super) reader: Uuid,
    pub(super) letter: Letter,
    /// Recognitions that the notice named and that were withdrawn before it left.
    pub(super) withdrawn: Vec<Uuid>,
    /// Further notices whose pages it links to.
    pub(super) linked: Vec<Uuid>,
}

/// Delivers a batch over a few connections at once. Once the server cannot be reached, or what it accepted cannot be
/// recorded, the rest of the batch waits. After the first mail has left, nothing fails as a whole any more.
pub async fn deliver(app: DeliverApp, batch: Batch) -> anyhow::Result<Failures> {
    let now = app.clock.now();
    let Prepared {
        parcels,
        settled,
        mut failures,
    } = prepare::prepare(&app, batch.jobs, now).await?;
    let tx = app.db.write().await?;
    settle::settle(&tx, &settled, now).await?;
    link::keep(&tx, &app, &parcels, now).await?;
    hold(&tx, &app, parcels.iter().map(|one| &one.job)).await?;
    tx.commit().await?;
    failures.extend(send_all(&app, parcels, &batch.lost).await);
    Ok(failures)
}

/// Has jobs be ours for some leases, as long as what they send is under way.
pub(super) async fn hold<'a>(
    tx: &Tx,
    app: &DeliverApp,
    jobs: impl Iterator<Item = &'a Claimed>,
) -> Result<(), DbErr> {
    let lease = TimeDelta::seconds(i64::try_from(app.config.worker.lease_seconds).unwrap_or(60));
    let claims: Vec<(i64, i32)> = jobs.map(|job| (job.id, job.attempt)).collect();
    let until = db::now(tx, &app.clock).await? + lease * LEASES_UNDER_WAY;
    queue::renew(tx, &claims, until).await?;
    Ok(())
}

/// Sends and records side by side: what the server has accepted is committed while the next mails are under way.
async fn send_all(app: &DeliverApp, parcels: Vec<Parcel>, lost: &CancellationToken) -> Failures {
    // While the recorder waits for the database, no more leave than find room here.
    let (outcomes, mut inbox) = mpsc::channel(app.config.mail.smtp_connections.max(1));
    let halt = CancellationToken::new();
    let sending = async {
        let (outcomes, halt) = (outcomes, &halt);
        stream::iter(parcels)
            .for_each_concurrent(app.config.mail.smtp_connections, |parcel| {
                let outcomes = outcomes.clone();
                async move {
                    if lost.is_cancelled() {
                        return;
                    }
                    let attempt = send(app, parcel, halt).await;
                    // The receiver outlives every sender.
                    let _ = outcomes.send(attempt).await;
                }
            })
            .await;
    };
    let recording = async {
        let mut failures = Failures::new();
        let mut together = Vec::new();
        while inbox.recv_many(&mut together, RECORDED_TOGETHER).await > 0 {
            failures.extend(outcome::record(app, std::mem::take(&mut together), &halt).await);
        }
        failures
    };
    tokio::join!(sending, recording).1
}

/// In a task of its own, so that a panic is the failure of one mail.
async fn send(app: &DeliverApp, parcel: Parcel, halt: &CancellationToken) -> Attempt {
    let parcel = Arc::new(parcel);
    let outcome = if halt.is_cancelled() {
        None
    } else {
        let (mailer, parcel) = (app.mailer.clone(), parcel.clone());
        let sent = tokio::spawn(async move { mailer.send(&parcel.letter).await }).await;
        Some(sent.unwrap_or_else(|panic| Err(NotAccepted::Message(panic.to_string()))))
    };
    if let Some(Err(NotAccepted::Unreachable(_))) = outcome {
        halt.cancel();
    }
    Attempt {
        parcel,
        outcome,
        finished_at: app.clock.now(),
    }
}
