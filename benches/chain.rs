//! `./dev bench chain [COMMENTS [STAFF…]]`: the whole chain as people run it. The real binary with its worker is posted to
//! over HTTP, imports a file, attributes, routes and delivers to a mail server on loopback, for companies of 1,100 and of
//! 110,000 staff; on SQLite, and on PostgreSQL where `PLAUDIT_TEST_DATABASE` names a server (`tests/with-postgres --durable`
//! starts one). Beside it, in the same run, the rows that the comments left are inserted once more by themselves, and
//! pgbench writes what a post writes. What puts the load on and the mail server are threads of the benchmark; their
//! processor time is printed.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops at the first thing that is wrong, and prints what it measured"
)]
#[path = "chain/company.rs"]
mod company;
#[path = "chain/counts.rs"]
mod counts;
#[path = "chain/load.rs"]
mod load;
#[path = "chain/pgbench.rs"]
mod pgbench;
#[path = "chain/raw.rs"]
mod raw;
#[path = "chain/service.rs"]
mod service;
#[path = "digest_night/sink.rs"]
mod sink;

use std::time::{Duration, Instant};

use company::Company;
use sea_orm::{ConnectionTrait, Database};
use service::Service;
use sink::Sink;

const COMMENTS: u32 = 100_000;
const STAFF: [u32; 2] = [1_100, 110_000];
const CLIENTS: [u32; 2] = [1, 32];
const MAILS: u32 = 10_000;
const POSTING: Duration = Duration::from_secs(20);

fn main() {
    let sink = Sink::start();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(measure_all(&sink));
}

async fn measure_all(sink: &Sink) {
    let given: Vec<u32> = std::env::args()
        .skip(1)
        .filter_map(|given| given.parse().ok())
        .collect();
    let comments = given.first().copied().unwrap_or(COMMENTS);
    let staff = given.get(1..).filter(|staff| !staff.is_empty()).unwrap_or(&STAFF);
    let alone = sink::alone(sink, MAILS).await;
    println!(
        "the mail server alone: {:.0} mails a second",
        f64::from(MAILS) / alone.as_secs_f64()
    );
    for staff in staff {
        let company = Company { staff: *staff };
        let directory = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let file = format!("sqlite://{}", directory.path().join("chain.db").display());
        measure("sqlite", &file, &company, sink, comments).await;
        let Ok(server) = std::env::var("PLAUDIT_TEST_DATABASE") else {
            continue;
        };
        let name = format!("bench_chain_{}", std::process::id());
        execute_on(&server, &format!("CREATE DATABASE {name}")).await;
        let url = format!("{}/{name}", server.rsplit_once('/').unwrap().0);
        measure("postgresql", &url, &company, sink, comments).await;
        execute_on(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
}

async fn execute_on(server: &str, sql: &str) {
    let connection = Database::connect(server).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
}

async fn measure(database: &str, url: &str, company: &Company, sink: &Sink, comments: u32) {
    println!("{database}, {} staff", company.staff);
    let service = Service::start(url, company, sink).await;
    for clients in CLIENTS {
        post(&service, company, clients).await;
    }
    import(&service, company, sink, comments).await;
    println!("  memory: {} MiB at most", service.peak_mib());
    let directory = service.stop().await;
    raw::measure(url, comments).await;
    if url.starts_with("postgres") {
        for clients in CLIENTS {
            pgbench::measure(url, directory.path(), clients).await;
        }
    }
}

/// Posts for a while, then waits until everything is routed and delivered.
async fn post(service: &Service, company: &Company, clients: u32) {
    let before = service.counts().await;
    let posting = load::post(service, company, clients, POSTING);
    let (mut posted, oldest) = tokio::join!(posting, service.oldest_job_while(POSTING));
    let began = Instant::now();
    service.until_idle(&["attribute", "route", "deliver"]).await;
    let after = began.elapsed();
    let cost = (service.counts().await - before).each(posted.took.len());
    posted.took.sort();
    println!(
        "  {clients:2} clients: {:6.0} posts/s, p50 {:.1} ms, p99 {:.1} ms; oldest waiting job {:.1} s; all told \
         {:.1} s after; {cost}",
        posted.took.len() as f64 / POSTING.as_secs_f64(),
        posted.at(50),
        posted.at(99),
        oldest.as_secs_f64(),
        after.as_secs_f64()
    );
}

/// Imports a file and waits until all of it is routed, then until it is delivered.
async fn import(service: &Service, company: &Company, sink: &Sink, comments: u32) {
    let file = service.directory.path().join("comments.csv");
    company.write_comments(&file, comments);
    sink.clear();
    let (before, began) = (service.counts().await, Instant::now());
    let import = service.import(&file);
    let imported = began.elapsed();
    service.until_idle(&["attribute", "route"]).await;
    let routed = began.elapsed();
    let cost = (service.counts().await - before).each(comments as usize);
    service.until_idle(&["attribute", "route", "deliver"]).await;
    let all = began.elapsed();
    sink.check(u32::try_from(sink.count()).unwrap());
    let a_second = |took: Duration| f64::from(comments) / took.as_secs_f64();
    println!(
        "  import: {:.0} rows/s of the file, {:.2} ms of CPU each; attributed and routed {:.0}/s ({:.1} s), without the \
         import's own {cost}; {} mails, all delivered after {:.1} s",
        a_second(imported),
        import * 1000.0 / f64::from(comments),
        a_second(routed),
        routed.as_secs_f64(),
        sink.count(),
        all.as_secs_f64()
    );
}
