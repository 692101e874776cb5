//! What the feed and the desk cost as history grows: the time the service takes to answer with the page.
//!
//! `./dev bench pages` measures SQLite. The last month holds 10,000 recognitions either way, of which a tenth waits to be
//! passed on; the larger history has a hundred such months.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a benchmark stops at the first thing that is wrong, and prints what it measured"
)]
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use plaudit::{
    access::{
        account,
        session::{self, Device},
    },
    app::App,
    clock::Clock,
    config::{Config, Synchronous},
    http::{self, Web},
    roster::organisation::{NewOrganisation, create},
};
use poem::{EndpointExt, endpoint::BoxEndpoint, test::TestClient};
use sea_orm::{ConnectionTrait, EntityTrait};
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SITES: u32 = 50;
const STAFF: u32 = 2000;
/// Person `n` reports to person `n - n % TEAM`.
const TEAM: u32 = 20;
const A_MONTH: u32 = 10_000;
const MONTHS: [u32; 2] = [1, 100];
const ROUNDS: usize = 1000;

fn now() -> DateTime<Utc> {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

#[tokio::main]
async fn main() {
    println!(
        "{:>12} {:>12} {:>10} {:>10} {:>7}",
        "history", "page", "p50 µs", "p99 µs", "ratio"
    );
    let directory = tempfile::TempDir::new().unwrap();
    let mut before: Vec<Duration> = Vec::new();
    for months in MONTHS {
        let file = directory.path().join(format!("{months}.db"));
        before = measure(&format!("sqlite://{}", file.display()), months, &before).await;
    }
}

/// Fills one database and measures in it; returns the p99 of each page.
async fn measure(url: &str, months: u32, before: &[Duration]) -> Vec<Duration> {
    let mut config = Config::from_toml("").unwrap();
    config.database.url = url.to_owned();
    config.database.sqlite_synchronous = Synchronous::Off;
    let app = App::connect(config, Clock::fixed(now())).await.unwrap();
    app.db.migrate().await.unwrap();
    fill(&app, months).await;
    let web = Web::new(app.clone(), CancellationToken::new());
    let client = TestClient::new(http::routes(web).map_to_response().boxed());
    let (staff, manager) = (sign_in(&app, 21).await, sign_in(&app, 20).await);
    let pages = [
        ("feed", &staff, "/feed"),
        ("team", &manager, "/feed/team"),
        ("desk", &manager, "/desk"),
    ];
    let mut p99s = Vec::new();
    for (at, (name, cookie, path)) in pages.into_iter().enumerate() {
        let times = times(&client, cookie, path).await;
        let (p50, p99) = (quantile(&times, 50), quantile(&times, 99));
        let ratio = before.get(at).map_or_else(String::new, |before| {
            format!("{:.2}", p99.as_secs_f64() / before.as_secs_f64())
        });
        println!(
            "{:>12} {name:>12} {:>10} {:>10} {ratio:>7}",
            months * A_MONTH,
            p50.as_micros(),
            p99.as_micros()
        );
        p99s.push(p99);
    }
    app.db.close().await;
    p99s
}

fn quantile(sorted: &[Duration], percent: usize) -> Duration {
    sorted
        .get(sorted.len() * percent / 100)
        .copied()
        .unwrap_or_default()
}

/// Durations of rounds, shortest first; the first tenth warms up and does not count.
async fn times(client: &TestClient<BoxEndpoint<'static>>, cookie: &str, path: &str) -> Vec<Duration> {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS + ROUNDS / 10 {
        let begun = Instant::now();
        let answer = client.get(path).header("cookie", cookie).send().await;
        times.push(begun.elapsed());
        answer.assert_status_is_ok();
    }
    let mut counted = times.split_off(ROUNDS / 10);
    counted.sort_unstable();
    counted
}

async fn sign_in(app: &App, number: u32) -> String {
    let tx = app.db.write().await.unwrap();
    let own = entity::organisation::Entity::find()
        .one(&tx)
        .await
        .unwrap()
        .unwrap();
    let account = account::for_staff(&tx, own.id, staff_id(number), now())
        .await
        .unwrap();
    let device = Device {
        name: "bench".to_owned(),
        is_shared: false,
    };
    let (_, token) = session::start(&tx, &account, device, now()).await.unwrap();
    tx.commit().await.unwrap();
    format!("plaudit={}", token.expose_secret())
}

async fn fill(app: &App, months: u32) {
    let tx = app.db.write().await.unwrap();
    let new = NewOrganisation {
        name: "Bench".to_owned(),
        slug: "bench".to_owned(),
        time_zone: "UTC".to_owned(),
    };
    let own = create(&tx, new, "cli", now()).await.unwrap().id;
    let source = entity::source::Entity::within(own)
        .one(&tx)
        .await
        .unwrap()
        .unwrap()
        .id;
    tx.commit().await.unwrap();
    execute(app, "PRAGMA foreign_keys = OFF").await;
    fill_roster(app, own).await;
    fill_praise(app, own, source, months).await;
    execute(app, "ANALYZE").await;
}

async fn execute(app: &App, sql: &str) {
    app.db.writer().execute_unprepared(sql).await.expect(sql);
}

async fn fill_roster(app: &App, own: Uuid) {
    let (own, at) = (literal(own), "'2020-01-01T00:00:00+00:00'");
    for number in 1..=SITES {
        let site = literal(id(0x5173, number));
        execute(app, &format!("INSERT INTO site (id, organisation_id, name, path, slug, changed_in_version, created_at) VALUES ({site}, {own}, 'S{number}', 'S{number}', 's{number}', 1, {at})")).await;
        execute(app, &format!("INSERT INTO site_closure (ancestor_id, descendant_id, organisation_id, depth) VALUES ({site}, {site}, {own}, 0)")).await;
    }
    for number in 0..STAFF {
        let (person, manager) = (
            literal(staff_id(number)),
            literal(staff_id(number - number % TEAM)),
        );
        let (site, row) = (
            literal(id(0x5173, 1 + number % SITES)),
            literal(id(0xa551, number)),
        );
        execute(app, &format!("INSERT INTO staff_member (id, organisation_id, employee_id, given_name, family_name, aliases, handles, changed_in_version, created_at) VALUES ({person}, {own}, 'e{number}', 'Given{number}', 'Family{number}', '[]', '[]', 1, {at})")).await;
        if number % TEAM != 0 {
            execute(app, &format!("INSERT INTO assignment (id, organisation_id, staff_id, site_id, manager_id, created_at) VALUES ({row}, {own}, {person}, {site}, {manager}, {at})")).await;
        }
    }
}

/// Comment `i` praises person `i % STAFF`, who works at site `1 + i % SITES`, in month `i / A_MONTH` before the last. One
/// in ten of the last month waits to be passed on, one in a hundred to be decided.
async fn fill_praise(app: &App, own: Uuid, source: Uuid, months: u32) {
    let (own, source) = (literal(own), literal(source));
    let count = months * A_MONTH;
    let numbers = format!(
        "WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {count} - 1)"
    );
    let hex =
        |lead: &str, number: &str| format!("unhex('{lead}00000000000000000000' || printf('%08x', {number}))");
    let month = format!("'2026-11-01', '-' || (i / {A_MONTH}) || ' months'");
    let at =
        format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', {month}, '+' || (i * 241 % 2419200) || ' seconds')");
    let day = format!("date({month}, '+' || (i * 241 % 2419200 / 86400) || ' days')");
    let (comment, staff) = (hex("c0330000", "i"), hex("57af0000", &format!("i % {STAFF}")));
    let manager = hex("57af0000", &format!("i % {STAFF} - i % {STAFF} % {TEAM}"));
    let site = hex("51730000", &format!("1 + i % {SITES}"));
    let is_open = format!("i < {A_MONTH} AND i % 100 = 7");
    execute(app, &format!("{numbers} INSERT INTO comment (id, organisation_id, source_id, site_id, state, tone, tell, revision, words_changed, occurred_at, received_at) SELECT {comment}, {own}, {source}, {site}, CASE WHEN {is_open} THEN 'triage' ELSE 'done' END, 'praise', 'now', 1, 0, {at}, {at} FROM numbers")).await;
    execute(app, &format!("{numbers} INSERT INTO comment_revision (id, organisation_id, comment_id, number, text, consent, revised_at, received_at) SELECT {comment}, {own}, {comment}, 1, 'Thank you, you were so kind and helpful with the hinge, number ' || i, 'colleagues', {at}, {at} FROM numbers")).await;
    execute(app, &format!("{numbers} INSERT INTO verdict (id, organisation_id, comment_id, staff_id, sequence, revision, state, decided_by, confidence, rank, spans, evidence, created_at) SELECT {comment}, {own}, {comment}, {staff}, 1, 1, CASE WHEN {is_open} THEN 'open' ELSE 'credited' END, 'engine', 0.9, 1, '[]', '[]', {at} FROM numbers")).await;
    let waiting = format!("CASE WHEN i < {A_MONTH} AND i % 10 = 1 THEN {at} END");
    execute(app, &format!("{numbers} INSERT INTO recognition (id, organisation_id, comment_id, staff_id, site_id, manager_id, occurred_at, occurred_on, recognised_at, waiting_since) SELECT {comment}, {own}, {comment}, {staff}, {site}, {manager}, {at}, {day}, {at}, {waiting} FROM numbers WHERE NOT ({is_open})")).await;
}

fn literal(id: Uuid) -> String {
    format!("x'{}'", id.simple())
}

fn staff_id(number: u32) -> Uuid {
    id(0x57af, number)
}

fn id(lead: u128, number: u32) -> Uuid {
    Uuid::from_u128((lead << 112) + u128::from(number))
}
