//! `./dev bench digest_night [MANAGERS]`: Monday morning, when 10,000 managers of ten people each get their digests, from
//! the look at what is due to the mail server's acceptance of the last one. Beside it, in the same run, the mail server
//! alone. SQLite, and PostgreSQL where `PLAUDIT_TEST_DATABASE` names a server. One mail in a hundred is read back.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first thing that is wrong, and prints what it measured"
)]
#[path = "digest_night/fill.rs"]
mod fill;
#[path = "digest_night/sink.rs"]
mod sink;

use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use plaudit::{
    app::{App, work},
    deliver::digest::schedule,
    platform::{clock::Clock, config::Config},
};
use sea_orm::{ConnectionTrait, Database};

use sink::Sink;

const MANAGERS: u32 = 10_000;

fn saturday() -> DateTime<Utc> {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sink = Sink::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure_all(&sink));
}

async fn measure_all(sink: &Sink) {
    let managers = std::env::args().skip(1).find_map(|given| given.parse().ok());
    let managers = managers.unwrap_or(MANAGERS);
    let alone = sink::alone(sink, managers).await;
    println!(
        "the mail server alone: {:.0} mails a second",
        f64::from(managers) / alone.as_secs_f64()
    );
    let directory = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let file = format!("sqlite://{}", directory.path().join("night.db").display());
    measure("sqlite", &file, sink, managers).await;
    let Ok(server) = std::env::var("PLAUDIT_TEST_DATABASE") else {
        return;
    };
    let name = format!("bench_digest_night_{}", std::process::id());
    execute_on(&server, &format!("CREATE DATABASE {name}")).await;
    let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    measure("postgresql", &url, sink, managers).await;
    execute_on(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
}

async fn execute_on(server: &str, sql: &str) {
    let connection = Database::connect(server).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
}

async fn measure(database: &str, url: &str, sink: &Sink, managers: u32) {
    let mut config = Config::from_toml(&sink.settings()).unwrap();
    config.database.url = url.into();
    let app = App::connect(config, Clock::fixed(saturday())).await.unwrap();
    app.db.migrate().await.unwrap();
    fill::fill(&app, managers).await;
    sink.clear();
    app.clock.advance(TimeDelta::hours(44));
    let (began, cpu) = (Instant::now(), cpu());
    let made = schedule::run_due(&app.deliver()).await.unwrap();
    let making = began.elapsed();
    work::worker(&app).work_until_idle().await.unwrap();
    let all = began.elapsed();
    let used = self::cpu() - cpu;
    assert_eq!(made, usize::try_from(managers).unwrap() + 1);
    sink.check(managers);
    println!(
        "{database:>10}: {managers} digests ({} mails) in {:.1} s, of it {:.1} s to make them; {:.0} mails a second; \
         {:.1} ms of CPU each, sink and database in the process included; peak {} MiB",
        sink.count(),
        all.as_secs_f64(),
        making.as_secs_f64(),
        f64::from(managers) / all.as_secs_f64(),
        used.as_secs_f64() * 1000.0 / f64::from(managers),
        peak_mib()
    );
    app.service.db.close().await;
}

/// Processor time of this process so far.
fn cpu() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let after_name = stat.rsplit_once(')').unwrap().1;
    let ticks: u64 = after_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<u64>().unwrap())
        .sum();
    Duration::from_millis(ticks * 10)
}

fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}
