//! What a site's month costs as history grows: the board from counters beside GROUP BY over the recognitions.
//!
//! `./dev bench board` measures SQLite, and PostgreSQL where `PLAUDIT_TEST_DATABASE` names a server. The last month
//! holds 10,000 recognitions either way; the larger history has a hundred such months.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops at the first thing that is wrong, and prints what it measured"
)]
use std::time::{Duration, Instant};

use chrono::{DateTime, NaiveDate, Utc};
use domain::period::PeriodKind;
use entity::{organisation, organisation::BoardMode};
use plaudit::{
    app::App,
    ledger::{
        board::{self, BoardQuery},
        feed,
        scope::Scope,
    },
    platform::{
        clock::Clock,
        config::{Config, Synchronous},
    },
    roster::organisation::{NewOrganisation, OrganisationPatch, create, update},
};
use sea_orm::{ConnectionTrait, Database, DbBackend, Statement};
use uuid::Uuid;

const SITES: u32 = 50;
const STAFF: u32 = 2000;
const A_MONTH: u32 = 10_000;
const MONTHS: [u32; 2] = [1, 100];
/// Rounds of what is fast, and of GROUP BY.
const ROUNDS: (usize, usize) = (2000, 100);

fn now() -> DateTime<Utc> {
    "2026-11-30T12:00:00Z".parse().unwrap()
}

fn last_month() -> NaiveDate {
    "2026-11-01".parse().unwrap()
}

#[tokio::main]
async fn main() {
    println!(
        "{:>10} {:>12} {:>12} {:>10} {:>10} {:>7}",
        "database", "history", "what", "p50 µs", "p99 µs", "ratio"
    );
    let directory = tempfile::TempDir::new().unwrap();
    let file = |months: u32| format!("sqlite://{}/{months}.db", directory.path().display());
    compare(
        "sqlite",
        [
            filled(&file(MONTHS[0]), MONTHS[0]).await,
            filled(&file(MONTHS[1]), MONTHS[1]).await,
        ],
    )
    .await;
    let Ok(server) = std::env::var("PLAUDIT_TEST_DATABASE") else {
        return;
    };
    let names = MONTHS.map(|months| format!("bench_board_{months}_{}", std::process::id()));
    for name in &names {
        execute_on(&server, &format!("CREATE DATABASE {name}")).await;
    }
    let url = |name: &str| format!("{}/{name}", server.rsplit_once('/').unwrap().0);
    compare(
        "postgresql",
        [
            filled(&url(&names[0]), MONTHS[0]).await,
            filled(&url(&names[1]), MONTHS[1]).await,
        ],
    )
    .await;
    for name in &names {
        execute_on(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
}

async fn execute_on(server: &str, sql: &str) {
    let connection = Database::connect(server).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

/// A database with a history, and the organisation that has it.
struct History {
    app: App,
    own: organisation::Model,
}

async fn filled(url: &str, months: u32) -> History {
    let mut config = Config::from_toml("").unwrap();
    config.database.url = url.into();
    config.database.sqlite_synchronous = Synchronous::Off;
    let app = App::connect(config, Clock::fixed(now())).await.unwrap();
    app.db.migrate().await.unwrap();
    let own = fill(&app, months).await;
    History { app, own }
}

/// Measures the short history and the long one in turn.
async fn compare(database: &str, histories: [History; 2]) {
    let sites = sites();
    let measured = [
        (
            "board",
            in_turn(ROUNDS.0, &histories, async |h, round| {
                board(&h.app, &h.own, sites[round % sites.len()]).await;
            })
            .await,
        ),
        (
            "region",
            in_turn(ROUNDS.0, &histories, async |h, _| {
                board(&h.app, &h.own, site_id(0)).await;
            })
            .await,
        ),
        (
            "feed",
            in_turn(ROUNDS.0, &histories, async |h, _| read_feed(&h.app, &h.own).await).await,
        ),
        (
            "GROUP BY",
            in_turn(ROUNDS.1, &histories, async |h, round| {
                group_by(&h.app, &h.own, sites[round % sites.len()]).await;
            })
            .await,
        ),
    ];
    for (what, times) in measured {
        print(database, what, &times);
    }
    for history in histories {
        history.app.service.db.close().await;
    }
}

/// Medians and 99th percentiles of both histories, and how the latter compare.
fn print(database: &str, what: &str, times: &[Vec<Duration>; 2]) {
    let percentile = |at: usize, percent: usize| times[at][times[at].len() * percent / 100];
    for (at, months) in MONTHS.into_iter().enumerate() {
        let ratio = percentile(at, 99).as_secs_f64() / percentile(0, 99).as_secs_f64();
        println!(
            "{database:>10} {:>12} {what:>12} {:>10} {:>10} {ratio:>7.2}",
            months * A_MONTH,
            percentile(at, 50).as_micros(),
            percentile(at, 99).as_micros()
        );
    }
}

/// Durations of rounds on either history, shortest first. They take turns, so that whatever else the machine does hits
/// both alike; the first tenth warms up and does not count.
async fn in_turn(
    rounds: usize,
    histories: &[History; 2],
    one: impl AsyncFn(&History, usize),
) -> [Vec<Duration>; 2] {
    let mut times = [Vec::with_capacity(rounds), Vec::with_capacity(rounds)];
    for round in 0..rounds + rounds / 10 {
        for (history, times) in histories.iter().zip(&mut times) {
            let begun = Instant::now();
            one(history, round).await;
            if round >= rounds / 10 {
                times.push(begun.elapsed());
            }
        }
    }
    times.each_mut().map(|times| {
        times.sort_unstable();
        std::mem::take(times)
    })
}

async fn board(app: &App, own: &organisation::Model, site: Uuid) {
    let query = BoardQuery {
        scope: Scope::Site(site),
        kind: PeriodKind::Month,
        on: last_month(),
        after: None,
        limit: 50,
        own: None,
    };
    let board = board::board(app.db.read(), own, query).await.unwrap();
    assert!(board.total > 0);
}

async fn read_feed(app: &App, own: &organisation::Model) {
    let before = Some((now(), Uuid::max()));
    feed::feed(
        app.db.read(),
        own.id,
        (Scope::Site(site_id(0)), feed::Audience::All),
        before,
        50,
    )
    .await
    .unwrap();
}

async fn group_by(app: &App, own: &organisation::Model, site: Uuid) {
    let backend = app.db.read().get_database_backend();
    let sql = "SELECT staff_id, COUNT(*) AS n FROM recognition WHERE organisation_id = $1 AND site_id = $2 \
               AND occurred_on >= $3 AND occurred_on < $4 AND withdrawn_at IS NULL GROUP BY staff_id ORDER BY n DESC LIMIT 50";
    let end = PeriodKind::Month.end(last_month()).unwrap();
    let values = [own.id.into(), site.into(), last_month().into(), end.into()];
    let rows = app
        .db
        .read()
        .query_all_raw(Statement::from_sql_and_values(backend, sql, values))
        .await
        .unwrap();
    assert!(!rows.is_empty());
}

/// Site 0 is the region of the first ten; the others stand alone.
fn site_id(number: u32) -> Uuid {
    Uuid::from_u128(0x5173_0000_0000_0000_0000_0000_0000_0000 + u128::from(number))
}

fn sites() -> Vec<Uuid> {
    (1..=SITES).map(site_id).collect()
}

/// An organisation with sites, staff and as many months of recognitions, and their counters.
async fn fill(app: &App, months: u32) -> organisation::Model {
    let tx = app.db.write().await.unwrap();
    let new = NewOrganisation {
        name: "Bench".to_owned(),
        slug: "bench".to_owned(),
        time_zone: "UTC".to_owned(),
        language: "en".to_owned(),
    };
    let made = create(&tx, new, "cli", now()).await.unwrap();
    let patch = OrganisationPatch {
        board_mode: Some(BoardMode::Full),
        ..OrganisationPatch::default()
    };
    let own = update(&tx, made.id, patch, "cli", now()).await.unwrap();
    tx.commit().await.unwrap();
    let db = app.db.writer();
    // Recognitions without comments: only they and what is counted of them is measured.
    let unlink = match db.get_database_backend() {
        DbBackend::Sqlite => "PRAGMA foreign_keys = OFF",
        _ => "ALTER TABLE recognition DROP CONSTRAINT IF EXISTS \"recognition_comment_id_fkey\"",
    };
    execute(app, unlink).await;
    fill_roster(app, own.id).await;
    fill_recognitions(app, own.id, months).await;
    fill_counters(app).await;
    execute(app, "ANALYZE").await;
    own
}

async fn execute(app: &App, sql: &str) {
    app.db.writer().execute_unprepared(sql).await.expect(sql);
}

async fn fill_roster(app: &App, own: Uuid) {
    let own = literal(app, own);
    for number in 0..=SITES {
        let site = literal(app, site_id(number));
        let at = "'2020-01-01T00:00:00+00:00'";
        execute(app, &format!("INSERT INTO site (id, organisation_id, name, path, slug, changed_in_version, created_at) VALUES ({site}, {own}, 'S{number}', 'S{number}', 's{number}', 1, {at})")).await;
        execute(app, &format!("INSERT INTO site_closure (ancestor_id, descendant_id, organisation_id, depth) VALUES ({site}, {site}, {own}, 0)")).await;
        if (1..=10).contains(&number) {
            let region = literal(app, site_id(0));
            execute(app, &format!("INSERT INTO site_closure (ancestor_id, descendant_id, organisation_id, depth) VALUES ({region}, {site}, {own}, 1)")).await;
        }
    }
    let rows: Vec<String> = (0..STAFF)
        .map(|number| {
            let id = literal(app, staff_id(number));
            format!("({id}, {own}, 'e{number}', 'Given{number}', 'Family{}', '[]', '[]', 1, '2020-01-01T00:00:00+00:00')", number * 7919 % STAFF)
        })
        .collect();
    let columns = "id, organisation_id, employee_id, given_name, family_name, aliases, handles, changed_in_version, created_at";
    execute(
        app,
        &format!("INSERT INTO staff_member ({columns}) VALUES {}", rows.join(", ")),
    )
    .await;
}

fn staff_id(number: u32) -> Uuid {
    Uuid::from_u128(0x57af_0000_0000_0000_0000_0000_0000_0000 + u128::from(number))
}

fn literal(app: &App, id: Uuid) -> String {
    match app.db.writer().get_database_backend() {
        DbBackend::Sqlite => format!("x'{}'", id.simple()),
        _ => format!("'{id}'"),
    }
}

/// Recognition `i` is of person `i % STAFF`, who works at site `1 + i % SITES`, in month `i / A_MONTH` before the last.
async fn fill_recognitions(app: &App, own: Uuid, months: u32) {
    let own = literal(app, own);
    let Dialect {
        numbers,
        random,
        staff,
        site,
        day,
        at,
    } = match app.db.writer().get_database_backend() {
        DbBackend::Sqlite => sqlite(months * A_MONTH),
        _ => postgres(months * A_MONTH),
    };
    let columns = "id, organisation_id, comment_id, staff_id, site_id, manager_id, occurred_at, occurred_on, \
                   recognised_at";
    let values = format!("{random}, {own}, {random}, {staff}, {site}, {staff}, {at}, {day}, {at}");
    let insert = format!("INSERT INTO recognition ({columns}) SELECT {values} FROM numbers");
    execute(app, &format!("{numbers} {insert}")).await;
}

/// Counts what was filled in; quarters are left out, because they would not change what a month costs.
async fn fill_counters(app: &App) {
    let starts = match app.db.writer().get_database_backend() {
        DbBackend::Sqlite => [
            ("week", "date(occurred_on, '-6 days', 'weekday 1')"),
            ("month", "date(occurred_on, 'start of month')"),
            ("year", "date(occurred_on, 'start of year')"),
            ("all", "'1970-01-01'"),
        ],
        _ => [
            ("week", "date_trunc('week', occurred_on)::date"),
            ("month", "date_trunc('month', occurred_on)::date"),
            ("year", "date_trunc('year', occurred_on)::date"),
            ("all", "date '1970-01-01'"),
        ],
    };
    for (kind, start) in starts {
        let counted = format!("SELECT organisation_id, '{kind}', {start}, site_id, staff_id, COUNT(*)");
        execute(
            app,
            &format!("INSERT INTO recognition_count {counted} FROM recognition GROUP BY 1, 3, 4, 5"),
        )
        .await;
    }
}

/// How a database says it.
struct Dialect {
    numbers: String,
    random: &'static str,
    staff: String,
    site: String,
    day: String,
    at: String,
}

fn sqlite(count: u32) -> Dialect {
    let id = |lead: &str, number: String| {
        format!("unhex('{lead}000000000000000000000000' || printf('%04x', {number}))")
    };
    let month = format!("'2026-11-01', '-' || (i / {A_MONTH}) || ' months'");
    Dialect {
        numbers: format!(
            "WITH RECURSIVE numbers(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM numbers WHERE i < {count} - 1)"
        ),
        random: "randomblob(16)",
        staff: id("57af", format!("i % {STAFF}")),
        site: id("5173", format!("1 + i % {SITES}")),
        day: format!("date({month}, '+' || (i % 28) || ' days')"),
        at: format!("strftime('%Y-%m-%dT%H:%M:%S+00:00', {month}, '+' || (i * 241 % 2419200) || ' seconds')"),
    }
}

fn postgres(count: u32) -> Dialect {
    let id = |lead: &str, number: String| {
        format!("('{lead}000000000000000000000000' || lpad(to_hex({number}), 4, '0'))::uuid")
    };
    let month = format!("make_interval(months => i / {A_MONTH})");
    Dialect {
        numbers: format!("WITH numbers(i) AS (SELECT * FROM generate_series(0, {count} - 1))"),
        random: "gen_random_uuid()",
        staff: id("57af", format!("i % {STAFF}")),
        site: id("5173", format!("1 + i % {SITES}")),
        day: format!("(date '2026-11-01' - {month} + make_interval(days => i % 28))::date"),
        at: format!(
            "timestamptz '2026-11-01 00:00:00+00' - {month} + make_interval(secs => i::bigint * 241 % 2419200)"
        ),
    }
}
