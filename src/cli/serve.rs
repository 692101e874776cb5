//! `plaudit serve` and `plaudit work`
use std::time::Duration;

use anyhow::Context;
use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use tokio::{net::TcpListener, signal::unix::SignalKind, time::interval};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::Misuse;
use crate::{
    access::cleanup,
    app::{App, work},
    platform::{job::queue, secret, task::Tasks, telemetry::metrics},
    web::{self, Web},
};

const HOUSEKEEPING: Duration = Duration::from_secs(15);
const CLEANING: TimeDelta = TimeDelta::days(1);
/// Rarely: it waits for readers.
const TIDY: Duration = Duration::from_secs(600);

/// Serve the API and the pages.
#[derive(Debug, Args)]
pub struct Serve {
    /// Only serve; another process works (PostgreSQL only)
    #[arg(long)]
    no_worker: bool,
}

/// Work without serving.
#[derive(Debug, Args)]
pub struct Work {
    /// Work off what is due and stop
    #[arg(long)]
    once: bool,
}

impl Serve {
    /// Serves until the process is asked to stop.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        if self.no_worker && app.db.is_sqlite() {
            return Err(
                Misuse("--no-worker needs PostgreSQL: SQLite belongs to one process".to_owned()).into(),
            );
        }
        warn_of_root();
        migrate(&app).await?;
        let listener = TcpListener::bind(app.config.server.bind)
            .await
            .with_context(|| format!("cannot listen on {}", app.config.server.bind))?;
        let stop = stop_on_signal()?;
        serve(Web::new(app, stop.clone()), listener, !self.no_worker, stop).await
    }
}

/// Serves on a listener until `stop`, or until a task dies that the process cannot do without; then lets open requests
/// and batches end.
pub(super) async fn serve(
    web: Web,
    listener: TcpListener,
    with_worker: bool,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let app = web.app.clone();
    let mut tasks = Tasks::new(stop.clone());
    if with_worker {
        work::start(&app, &mut tasks);
    }
    start_background(&app, metrics_listener(&app).await?, &mut tasks);
    let (limits, comments) = (web.limits.clone(), web.comments.clone());
    tasks.spawn(
        "the task that forgets quiet clients",
        every(HOUSEKEEPING, stop.clone(), move || {
            limits.forget_quiet_clients();
            std::future::ready(())
        }),
    );
    let until_stop = stop.clone();
    tasks.spawn("the task that commits comments", async move {
        until_stop.run_until_cancelled_owned(comments.died()).await;
    });
    info!(address = %listener.local_addr()?, "serving");
    let supervised = tokio::spawn(tasks.supervise());
    web::serve(web, listener, stop.clone()).await?;
    app.later.close();
    app.later.wait().await;
    stop.cancel();
    supervised.await??;
    app.service.db.close().await;
    info!("stopped");
    Ok(())
}

/// What every process does beside its work: metrics and housekeeping.
fn start_background(app: &App, metrics_at: Option<TcpListener>, tasks: &mut Tasks) {
    let stop = tasks.stop();
    let db = app.db.clone();
    tasks.spawn(
        "the task that counts waiting jobs",
        every(HOUSEKEEPING, stop.clone(), move || {
            let db = db.clone();
            async move {
                if let Ok(count) = queue::count_open(db.read()).await {
                    metrics::open_jobs(count);
                }
            }
        }),
    );
    tasks.spawn(
        "the task that deletes what is over",
        clean_up(app.clone(), stop.clone()),
    );
    let db = app.db.clone();
    tasks.spawn(
        "the task that tidies the database",
        every(TIDY, stop.clone(), move || {
            let db = db.clone();
            async move {
                if let Err(error) = db.tidy().await {
                    warn!(%error, "could not empty the database's log; tried again later");
                }
            }
        }),
    );
    if let Some(listener) = metrics_at {
        tasks.spawn(
            "the task that serves metrics",
            web::health::serve_metrics(listener, stop),
        );
    }
}

async fn metrics_listener(app: &App) -> anyhow::Result<Option<TcpListener>> {
    let address = &app.config.metrics.bind;
    if address.is_empty() {
        return Ok(None);
    }
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot serve metrics on {address}"))?;
    Ok(Some(listener))
}

/// Does something now and then.
async fn every<F: Future<Output = ()>>(
    period: Duration,
    stop: CancellationToken,
    mut what: impl FnMut() -> F,
) {
    let mut turns = interval(period);
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        what().await;
    }
}

impl Work {
    /// Works until the process is asked to stop.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        if app.db.is_sqlite() && !self.once {
            return Err(
                Misuse("plaudit work needs PostgreSQL; with SQLite plaudit serve works".to_owned()).into(),
            );
        }
        warn_of_root();
        migrate(&app).await?;
        if self.once {
            work::worker(&app).work_until_idle().await?;
            return Ok(());
        }
        let mut tasks = Tasks::new(stop_on_signal()?);
        work::start(&app, &mut tasks);
        // Beside a server on the same machine the default address is taken: no reason not to work.
        let metrics_at = metrics_listener(&app).await.unwrap_or_else(|error| {
            warn!("{error:#}; this process goes on without, until metrics.bind is an address of its own");
            None
        });
        start_background(&app, metrics_at, &mut tasks);
        tasks.supervise().await?;
        app.service.db.close().await;
        Ok(())
    }
}

async fn migrate(app: &App) -> anyhow::Result<()> {
    if app.config.database.migrate_at_start {
        app.db
            .migrate()
            .await
            .context("cannot bring the schema up to date")?;
    }
    Ok(())
}

fn warn_of_root() {
    if secret::is_root() {
        warn!("this runs as root; a user of its own keeps a fault in it from being the machine's");
    }
}

/// A token that is cancelled when the process is asked to stop.
pub(super) fn stop_on_signal() -> anyhow::Result<CancellationToken> {
    let stop = CancellationToken::new();
    let token = stop.clone();
    let mut terminate = tokio::signal::unix::signal(SignalKind::terminate())?;
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
        info!("asked to stop");
        token.cancel();
    });
    Ok(stop)
}

/// A little a turn until nothing is left, then not before the next day.
async fn clean_up(app: App, stop: CancellationToken) {
    let mut turns = interval(HOUSEKEEPING);
    let mut cleaned: Option<DateTime<Utc>> = None;
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        let now = app.clock.now();
        if cleaned.is_some_and(|last| now - last < CLEANING) {
            continue;
        }
        match cleanup::delete_some(&app.db, now).await {
            Ok(0) => cleaned = Some(now),
            Ok(count) => info!(count, "deleted sessions and links that were over"),
            Err(error) => tracing::error!(%error, "old sessions and links could not be deleted"),
        }
    }
}
