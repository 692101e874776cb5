//! The loops that claim jobs and hand them to the stages.
use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use anyhow::anyhow;
use chrono::TimeDelta;
use rand::Rng;
use sea_orm::DbErr;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::sleep,
};
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::{Claimed, JobError, Kind, announce, queue};
use crate::platform::{
    clock::Clock,
    config,
    db::{self, Db},
    task::Tasks,
    telemetry::metrics,
    wake::Wake,
};

/// How far the clocks of process and database may lie apart.
const CLOCK_SKEW: TimeDelta = TimeDelta::minutes(1);

/// So many times as many jobs are claimed where nobody sends words meanwhile, but never more than the most.
const UNDISTURBED: u64 = 5;
const MOST: u64 = 1000;

/// How long jobs that come right after a small batch wait for others: one transaction for several leaves the database to
/// those who are waiting for an answer. A job that comes to an idle worker waits for nobody.
const FOR_COMPANY: Duration = Duration::from_millis(5);
/// The more comments come in, the longer they gather for the first stage, so that each costs less; the later stages get
/// them together.
const FOR_COMPANY_AT_MOST: Duration = Duration::from_millis(60);
/// For each comment a second: four gather in 20 ms where 200 come in a second, 36 in 60 ms where 600 do.
const FOR_COMPANY_EACH: Duration = Duration::from_micros(100);

/// After so many bad jobs in a row, each found by halves, what is left of a batch waits.
const FRUITLESS_TRIES: u32 = 4;

/// What a stage answers: the jobs that failed, and why. The others it finished itself, with their effects.
pub type Failures = Vec<(Claimed, JobError)>;
/// A stage at work on a batch.
pub type Work = Pin<Box<dyn Future<Output = anyhow::Result<Failures>> + Send>>;
/// Hands a batch of one kind to its stage.
pub type Dispatch = Arc<dyn Fn(Kind, Batch) -> Work + Send + Sync>;

/// Takes jobs and hands them to the stages.
#[derive(Clone)]
pub struct Worker {
    /// Where jobs stand.
    pub db: Db,
    /// By which they fall due.
    pub clock: Clock,
    /// Says that there are new ones.
    pub wake: Arc<Wake>,
    /// Length of a lease, size of a batch.
    pub settings: config::Worker,
    /// The stages.
    pub dispatch: Dispatch,
}

impl fmt::Debug for Worker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Worker")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

/// Jobs claimed together under one lease.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The jobs, oldest first.
    pub jobs: Vec<Claimed>,
    /// Cancelled when the lease is lost or the process stops: begin nothing further.
    pub lost: CancellationToken,
}

impl Worker {
    /// Starts the loops; asked to stop they finish the batches under way.
    pub fn start(&self, tasks: &mut Tasks) {
        let name = worker_name();
        let stop = tasks.stop();
        if !self.db.is_sqlite() {
            tasks.spawn(
                "the loop that announces jobs",
                announce::announce(self.clone(), name.clone(), stop.clone()),
            );
            tasks.spawn(
                "the loop that hears of jobs",
                announce::listen(self.clone(), name.clone(), stop.clone()),
            );
        }
        for kind in Kind::ALL {
            tasks.spawn(
                "a loop that works off jobs",
                self.clone().work_on(*kind, name.clone(), stop.clone()),
            );
        }
    }

    async fn work_on(self, kind: Kind, name: String, stop: CancellationToken) {
        let mut news = self.wake.subscribe(kind);
        let lanes = Arc::new(Semaphore::new(most_under_way(kind)));
        while !stop.is_cancelled() {
            news.mark_seen();
            // The lanes are never closed.
            let Ok(lane) = lanes.clone().acquire_owned().await else {
                return;
            };
            match self.claim(kind, &name).await {
                Ok(jobs) if jobs.is_empty() => {
                    drop(lane);
                    let pause = self.pause_until_due(kind).await;
                    tokio::select! {
                        () = news.arrive() => {}
                        () = sleep(pause) => {}
                        () = stop.cancelled() => {}
                    }
                }
                Ok(jobs) => {
                    let is_full = jobs.len() >= self.settings.batch as usize;
                    let work = self.clone().work_in_lane(kind, jobs, stop.clone(), lane);
                    if is_full {
                        tokio::spawn(work);
                    } else {
                        work.await;
                        stop.run_until_cancelled(sleep(self.for_company(kind))).await;
                    }
                }
                Err(error) => {
                    error!(kind = kind.name(), %error, "could not claim jobs");
                    stop.run_until_cancelled(sleep(self.poll_interval())).await;
                }
            }
        }
        let all = u32::try_from(most_under_way(kind)).unwrap_or(u32::MAX);
        let _ended = lanes.acquire_many(all).await;
    }

    async fn work_in_lane(
        self,
        kind: Kind,
        jobs: Vec<Claimed>,
        stop: CancellationToken,
        _lane: OwnedSemaphorePermit,
    ) {
        if let Err(error) = self.work_batch(kind, jobs, &stop).await {
            error!(kind = kind.name(), %error, "could not record which jobs failed");
        }
    }

    /// Claims and works off one batch of a kind; returns how many jobs it held.
    pub async fn work_once(&self, kind: Kind, name: &str, stop: &CancellationToken) -> Result<usize, DbErr> {
        let jobs = self.claim(kind, name).await?;
        let count = jobs.len();
        if count > 0 {
            self.work_batch(kind, jobs, stop).await?;
        }
        Ok(count)
    }

    async fn claim(&self, kind: Kind, name: &str) -> Result<Vec<Claimed>, DbErr> {
        // A look that finds nothing must not cost the writer of SQLite a turn.
        let soon = self.clock.now() + CLOCK_SKEW;
        if !queue::any_claimable(self.db.read(), kind, soon).await? {
            return Ok(Vec::new());
        }
        let tx = self.db.write_repeatable().await?;
        let now = db::now(&tx, &self.clock).await?;
        let jobs = queue::claim(&tx, kind, self.batch(kind), name, now, self.lease()).await?;
        tx.commit().await?;
        Ok(jobs)
    }

    async fn work_batch(
        &self,
        kind: Kind,
        jobs: Vec<Claimed>,
        stop: &CancellationToken,
    ) -> Result<(), DbErr> {
        let (count, started) = (jobs.len(), Instant::now());
        let claims: Vec<(i64, i32)> = jobs.iter().map(|job| (job.id, job.attempt)).collect();
        debug!(kind = kind.name(), count, "begins to work off jobs");
        let (lost, done) = (stop.child_token(), CancellationToken::new());
        // All of it, as long as any part is under way or waits for its turn.
        let renewal = tokio::spawn(
            self.clone()
                .keep_lease(claims.clone(), lost.clone(), done.clone()),
        );
        let failures = self.attempt_in_halves(kind, jobs, &lost).await;
        done.cancel();
        let _ = renewal.await;
        let failed = failures.len();
        self.record_failures(kind, failures).await?;
        let left = if stop.is_cancelled() {
            self.release(&claims).await?
        } else {
            0
        };
        let done = count.saturating_sub(failed + left);
        metrics::jobs(kind.name(), "done", done as u64);
        let duration_ms = started.elapsed().as_millis() as u64;
        info!(kind = kind.name(), done, failed, duration_ms, "worked off jobs");
        Ok(())
    }

    /// What was not begun, since the process stops, is free for the next one; answers how many that are.
    async fn release(&self, claims: &[(i64, i32)]) -> Result<usize, DbErr> {
        let tx = self.db.write_repeatable().await?;
        let released = queue::release(&tx, claims).await?;
        tx.commit().await?;
        Ok(usize::try_from(released).unwrap_or(usize::MAX))
    }

    /// A part that fails as a whole is tried again in halves, so that a bad job is found in a few tries and holds up no
    /// other. Where nothing succeeds, as without a database, the rest waits for the next time.
    async fn attempt_in_halves(&self, kind: Kind, jobs: Vec<Claimed>, lost: &CancellationToken) -> Failures {
        let most = FRUITLESS_TRIES * (jobs.len().max(2).ilog2() + 1);
        let mut tries = most;
        let mut failures = Failures::new();
        let mut parts = vec![jobs];
        while let Some(mut part) = parts.pop() {
            match self.attempt(kind, part.clone(), lost).await {
                Ok(failed) => {
                    failures.extend(failed);
                    tries = most;
                }
                Err(_) if part.len() > 1 && tries > 0 => {
                    tries -= 1;
                    parts.push(part.split_off(part.len() / 2));
                    parts.push(part);
                }
                Err(error) => failures.extend(
                    part.into_iter()
                        .map(|job| (job, JobError::Retry(anyhow!("{error:#}")))),
                ),
            }
        }
        failures
    }

    /// Runs a stage on a part in a task of its own, so that a panic is a failure.
    async fn attempt(
        &self,
        kind: Kind,
        jobs: Vec<Claimed>,
        lost: &CancellationToken,
    ) -> anyhow::Result<Failures> {
        let lost = lost.clone();
        let outcome = tokio::spawn((self.dispatch)(kind, Batch { jobs, lost })).await;
        // Not with the panic's message: it may quote what somebody wrote. The log says where it was.
        outcome.map_err(|_| anyhow!("the stage panicked"))?
    }

    async fn keep_lease(self, claims: Vec<(i64, i32)>, lost: CancellationToken, done: CancellationToken) {
        let every = Duration::from_secs(self.settings.lease_seconds) / 3;
        while done.run_until_cancelled(sleep(every)).await.is_some() {
            if !self.renew(&claims).await.unwrap_or(true) {
                warn!("lost the lease of all jobs of a batch; its work stops");
                lost.cancel();
                return;
            }
        }
    }

    /// Renews what is still open; `false` where nothing is ours any more.
    async fn renew(&self, claims: &[(i64, i32)]) -> Result<bool, DbErr> {
        let tx = self.db.write_repeatable().await?;
        let until = db::now(&tx, &self.clock).await? + self.lease();
        let renewed = queue::renew(&tx, claims, until).await?;
        tx.commit().await?;
        Ok(renewed > 0)
    }

    async fn record_failures(&self, kind: Kind, failures: Failures) -> Result<(), DbErr> {
        if failures.is_empty() {
            return Ok(());
        }
        let tx = self.db.write_repeatable().await?;
        let now = db::now(&tx, &self.clock).await?;
        for (job, error) in &failures {
            match error {
                JobError::PutOff { .. } => debug!(kind = kind.name(), job = job.id, %error, "a job waits"),
                _ => warn!(kind = kind.name(), job = job.id, attempt = job.attempt, %error, "a job failed"),
            }
            let jitter = rand::rng().random_range(0.9..1.1);
            queue::fail(&tx, job, error, now, jitter).await?;
        }
        tx.commit().await?;
        let given_up = failures
            .iter()
            .filter(|(job, error)| queue::is_given_up(job, error));
        let given_up = given_up.count() as u64;
        metrics::jobs(kind.name(), "given_up", given_up);
        metrics::jobs(kind.name(), "retried", failures.len() as u64 - given_up);
        Ok(())
    }

    async fn pause_until_due(&self, kind: Kind) -> Duration {
        let longest = self.poll_interval();
        match queue::next_due(self.db.read(), kind).await {
            Ok(Some(due)) => (due - self.clock.now())
                .to_std()
                .unwrap_or_default()
                .max(Duration::from_millis(1))
                .min(longest),
            _ => longest,
        }
    }

    /// What costs the database most is done for more jobs at once, as long as that keeps nobody waiting who sends words.
    fn batch(&self, kind: Kind) -> u64 {
        let batch = self.settings.batch;
        match kind {
            Kind::Attribute | Kind::Route if !self.db.is_capturing() => (batch * UNDISTURBED).min(MOST),
            _ => batch,
        }
    }

    fn for_company(&self, kind: Kind) -> Duration {
        match kind {
            Kind::Attribute => FOR_COMPANY_EACH
                .mul_f64(self.db.captures_a_second())
                .clamp(FOR_COMPANY, FOR_COMPANY_AT_MOST),
            _ => FOR_COMPANY,
        }
    }

    fn poll_interval(&self) -> Duration {
        Duration::from_secs(self.settings.poll_seconds).mul_f64(rand::rng().random_range(0.9..1.1))
    }

    fn lease(&self) -> TimeDelta {
        TimeDelta::seconds(i64::try_from(self.settings.lease_seconds).unwrap_or(60))
    }

    /// Works off everything that is due, kind by kind, until nothing is: for tests, the demo and `plaudit work --once`.
    pub async fn work_until_idle(&self) -> Result<usize, DbErr> {
        let stop = CancellationToken::new();
        let mut total = 0;
        loop {
            let mut worked = 0;
            for kind in Kind::ALL {
                worked += self.work_once(*kind, "until-idle", &stop).await?;
            }
            if worked == 0 {
                return Ok(total);
            }
            total += worked;
        }
    }
}

/// Batches of a kind that may be under way: where there is a backlog, one is read and thought about while the other is
/// written.
fn most_under_way(kind: Kind) -> usize {
    match kind {
        Kind::Attribute | Kind::Route => 2,
        _ => 1,
    }
}

fn worker_name() -> String {
    format!("{}-{:08x}", std::process::id(), rand::rng().random::<u32>())
}
