//! The stage: jobs `deliver` (mail) and `call` (rooms and endpoints) in, messages out. Each has a lane of its own, and
//! within a batch whoever is away holds up no other.
use std::{
    collections::{BTreeSet, HashSet},
    sync::{Arc, Mutex},
    time::Duration,
};

use chrono::TimeDelta;
use entity::notice;
use futures_util::{StreamExt, stream};
use sea_orm::DbErr;
use tokio::{
    sync::mpsc,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    channel::{Channel, Outcome, Recipient, Refused, Rendered},
    link,
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

/// Outcomes recorded in one transaction, by connection: were there more, more messages would leave twice if the process
/// dies.
const GROUPED: usize = 2;
/// How long an outcome waits for others to be recorded with. If the process dies within it, those messages leave twice.
const FOR_COMPANY: Duration = Duration::from_millis(5);
/// Leases for which jobs are ours while what they send is under way: a process that cannot reach the database for so
/// long can still record what was accepted before another one sends it again.
const LEASES_UNDER_WAY: i32 = 3;

/// What leaves, with all that its outcome is recorded with.
#[derive(Debug)]
pub(super) struct Parcel {
    pub(super) channel: &'static dyn Channel,
    pub(super) to: Recipient,
    /// At least one.
    pub(super) items: Vec<Item>,
    pub(super) rendered: Rendered,
}

/// A notice that a parcel tells of.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) job: Claimed,
    pub(super) notice: notice::Model,
    /// How often it was tried.
    pub(super) attempts: usize,
    /// Recognitions that the notice named and that were withdrawn before it left.
    pub(super) withdrawn: Vec<Uuid>,
    /// Further notices whose pages it links to.
    pub(super) linked: Vec<Uuid>,
}

/// Delivers a batch, several at once. Once a recipient is away, what else is for them waits; and once what was accepted
/// cannot be recorded, the rest of the batch does. After the first has left, nothing fails as a whole any more.
pub async fn deliver(app: DeliverApp, batch: Batch) -> anyhow::Result<Failures> {
    let now = app.clock.now();
    let Prepared {
        parcels,
        settled,
        mut failures,
    } = prepare::prepare(&app, batch.jobs, now).await?;
    let tx = app.db.write().await?;
    failures.extend(settle::settle(&tx, &settled, now).await?);
    link::keep(&tx, &app, &parcels, now).await?;
    let items = parcels.iter().flat_map(|parcel| &parcel.items);
    hold(&tx, &app, items.map(|one| &one.job)).await?;
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
    let claims: BTreeSet<(i64, i32)> = jobs.map(|job| (job.id, job.attempt)).collect();
    let claims: Vec<(i64, i32)> = claims.into_iter().collect();
    let until = db::now(tx, &app.clock).await? + lease * LEASES_UNDER_WAY;
    let held = queue::renew(tx, &claims, until).await?;
    // What another worker has by now is its to send.
    if held != claims.len() as u64 {
        return Err(DbErr::Custom("another worker has some of these jobs".to_owned()));
    }
    Ok(())
}

/// Sends and records side by side: what was accepted is committed while the next ones are under way.
async fn send_all(app: &DeliverApp, parcels: Vec<Parcel>, lost: &CancellationToken) -> Failures {
    let together = parcels.iter().map(|parcel| parcel.channel.together(app));
    let together = together.max().unwrap_or(1);
    // While the recorder waits for the database, no more leave than find room here.
    let (outcomes, mut inbox) = mpsc::channel(together);
    let held_up = HeldUp::default();
    let sending = async {
        let (outcomes, held_up) = (outcomes, &held_up);
        stream::iter(parcels)
            .for_each_concurrent(together, |parcel| {
                let outcomes = outcomes.clone();
                async move {
                    if lost.is_cancelled() {
                        return;
                    }
                    let attempt = send(app, parcel, held_up).await;
                    // The receiver outlives every sender.
                    let _ = outcomes.send(attempt).await;
                }
            })
            .await;
    };
    let recording = async {
        let mut failures = Failures::new();
        loop {
            let some = next_to_record(&mut inbox, together * GROUPED).await;
            if some.is_empty() {
                return failures;
            }
            failures.extend(outcome::record(app, some, &held_up.all).await);
        }
    };
    tokio::join!(sending, recording).1
}

/// What is to be recorded in one transaction: what comes within a moment of the first. Empty at the end.
async fn next_to_record(inbox: &mut mpsc::Receiver<Attempt>, most: usize) -> Vec<Attempt> {
    let mut together = Vec::with_capacity(most);
    inbox.recv_many(&mut together, most).await;
    let until = Instant::now() + FOR_COMPANY;
    while (1..most).contains(&together.len()) {
        let room = most - together.len();
        match timeout_at(until, inbox.recv_many(&mut together, room)).await {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    together
}

/// What waits within a batch.
#[derive(Default)]
struct HeldUp {
    /// Everything.
    all: CancellationToken,
    /// What is for these rooms and endpoints, or for the mail server.
    of: Mutex<HashSet<Option<Uuid>>>,
}

impl HeldUp {
    fn holds(&self, parcel: &Parcel) -> bool {
        let is_away =
            |of: std::sync::MutexGuard<'_, HashSet<Option<Uuid>>>| of.contains(&parcel.to.channel());
        self.all.is_cancelled() || self.of.lock().is_ok_and(is_away)
    }

    fn note(&self, parcel: &Parcel, outcome: &Outcome) {
        let is_away = matches!(outcome, Outcome::Later { is_away: true, .. })
            || (matches!(outcome, Outcome::Refused(_)) && parcel.to.channel().is_some());
        if let (true, Ok(mut of)) = (is_away, self.of.lock()) {
            of.insert(parcel.to.channel());
        }
    }
}

/// In a task of its own, so that a panic is the failure of one parcel.
async fn send(app: &DeliverApp, parcel: Parcel, held_up: &HeldUp) -> Attempt {
    let parcel = Arc::new(parcel);
    let outcome = if held_up.holds(&parcel) {
        None
    } else {
        let (own_app, own) = (app.clone(), parcel.clone());
        let deliver = async move { own.channel.deliver(&own_app, &own.to, &own.rendered).await };
        Some(tokio::spawn(deliver).await.unwrap_or_else(|_| {
            Outcome::Refused(Refused::Message {
                code: None,
                why: "delivering it panicked".to_owned(),
            })
        }))
    };
    if let Some(outcome) = &outcome {
        held_up.note(&parcel, outcome);
    }
    Attempt {
        parcel,
        outcome,
        finished_at: app.clock.now(),
    }
}
