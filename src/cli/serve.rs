//! `plaudit serve` and `plaudit work`
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use tokio::{net::TcpListener, signal::unix::SignalKind, task::JoinSet, time::interval};
use tokio_util::sync::CancellationToken;
use tracing::info;

use super::Misuse;
use crate::{
    app::App,
    http::{self, Web},
    job::{queue, worker},
    telemetry::metrics,
    work,
};

const HOUSEKEEPING: Duration = Duration::from_secs(15);

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
        migrate(&app).await?;
        let listener = TcpListener::bind(app.config.server.bind)
            .await
            .with_context(|| format!("cannot listen on {}", app.config.server.bind))?;
        serve(app, listener, !self.no_worker, stop_on_signal()?).await
    }
}

/// Serves on a listener until `stop`, then lets open requests and batches end.
pub async fn serve(
    app: App,
    listener: TcpListener,
    with_worker: bool,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let web = Web::new(app, CancellationToken::new());
    serve_web(web, listener, with_worker, stop).await
}

/// The same for a web of its own kind.
pub(super) async fn serve_web(
    web: Web,
    listener: TcpListener,
    with_worker: bool,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    let app = web.app.clone();
    let mut tasks = JoinSet::new();
    if with_worker {
        tasks.spawn(work::run(app.clone(), stop.clone()));
    }
    tasks.spawn(housekeeping(web.clone(), stop.clone()));
    if !app.config.metrics.bind.is_empty() {
        let metrics = TcpListener::bind(&app.config.metrics.bind)
            .await
            .with_context(|| format!("cannot serve metrics on {}", app.config.metrics.bind))?;
        tasks.spawn(http::health::serve_metrics(metrics, stop.clone()));
    }
    info!(address = %listener.local_addr()?, "serving");
    http::serve(web, listener, stop.clone()).await?;
    app.later.close();
    app.later.wait().await;
    stop.cancel();
    while tasks.join_next().await.is_some() {}
    app.db.close().await;
    info!("stopped");
    Ok(())
}

impl Work {
    /// Works until the process is asked to stop.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        if app.db.is_sqlite() && !self.once {
            return Err(
                Misuse("plaudit work needs PostgreSQL; with SQLite plaudit serve works".to_owned()).into(),
            );
        }
        migrate(&app).await?;
        if self.once {
            worker::work_until_idle(&app, work::dispatch).await?;
            return Ok(());
        }
        work::run(app.clone(), stop_on_signal()?).await;
        app.db.close().await;
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

/// Small things that are done now and then.
async fn housekeeping(web: Web, stop: CancellationToken) {
    let mut turns = interval(HOUSEKEEPING);
    while stop.run_until_cancelled(turns.tick()).await.is_some() {
        web.limits.forget_quiet_clients();
        if let Ok(count) = queue::count_open(web.app.db.read()).await {
            metrics::open_jobs(count);
        }
    }
}
