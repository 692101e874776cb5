//! What every list operation and page costs as history grows: the time the service takes to answer.
//!
//! `./dev bench lists [PART OF A NAME]` measures SQLite, and PostgreSQL where `PLAUDIT_TEST_DATABASE` names a server. The last month holds
//! 10,000 comments either way, of which a tenth waits to be passed on and some to be decided, put right or looked
//! through; the larger history has a hundred such months. Both are filled before anything is measured, and asked in turn,
//! so that what else the machine does falls on both alike.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark stops at the first thing that is wrong, and prints what it measured"
)]
#[path = "lists/fill.rs"]
mod fill;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use entity::grant::Role;
use plaudit::{
    access::{
        account, role,
        session::{self, Device},
    },
    app::App,
    platform::{
        clock::Clock,
        config::{Config, Synchronous},
    },
    web::{self, Web},
};
use poem::{EndpointExt, endpoint::BoxEndpoint, test::TestClient};
use sea_orm::{ConnectionTrait, Database};
use secrecy::ExposeSecret;
use tokio_util::sync::CancellationToken;

const A_MONTH: u32 = 10_000;
const MONTHS: [u32; 2] = [1, 100];
const ROUNDS: usize = 300;

/// A Sunday evening, when the week is full.
fn now() -> DateTime<Utc> {
    "2026-11-29T20:00:00Z".parse().unwrap()
}

#[tokio::main]
async fn main() {
    println!(
        "{:>10} {:>34} {:>22} {:>22} {:>7}",
        "database", "list or page", "p50 µs 10k, 1M", "p99 µs 10k, 1M", "p99"
    );
    let directory = tempfile::TempDir::new().unwrap();
    let file = |months: u32| {
        format!(
            "sqlite://{}",
            directory.path().join(format!("{months}.db")).display()
        )
    };
    compare("sqlite", MONTHS.map(file)).await;
    let Ok(server) = std::env::var("PLAUDIT_TEST_DATABASE") else {
        return;
    };
    let name = |months: u32| format!("bench_lists_{months}_{}", std::process::id());
    for name in MONTHS.map(name) {
        execute_on(&server, &format!("CREATE DATABASE {name}")).await;
    }
    let place = server.rsplit_once('/').unwrap().0;
    compare(
        "postgresql",
        MONTHS.map(name).map(|name| format!("{place}/{name}")),
    )
    .await;
    for name in MONTHS.map(name) {
        execute_on(&server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
    }
}

async fn execute_on(server: &str, sql: &str) {
    let connection = Database::connect(server).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}

/// A service with a history, and those who ask it.
struct Service {
    app: App,
    client: TestClient<BoxEndpoint<'static>>,
    person: String,
    manager: String,
    administrator: String,
}

/// Lists and pages of the whole organisation, and of a site.
const ALL: [&str; 39] = [
    "/desk",
    "/feed",
    fill::SITE_FEED,
    fill::SITE_LIST,
    "/board",
    "/names",
    "/precision",
    "/search",
    "/search?q=kind",
    "/search?q=hinge+99",
    "/search?q=hinge+12345678",
    "/held",
    "/shielded",
    "/people",
    "/places",
    "/roles",
    "/sources",
    "/channels",
    "/jobs",
    "/keys",
    "/audit",
    "/settings",
    "/first-steps",
    "/v1/comments?limit=50",
    "/v1/comments/search?words=kind&limit=50",
    "/v1/triage?limit=50",
    "/v1/complaints?limit=50",
    "/v1/alias-proposals",
    "/v1/held?limit=50",
    "/v1/recognitions?limit=50",
    "/v1/board?period=month",
    "/v1/sites?limit=50",
    "/v1/staff?limit=50",
    "/v1/assignments?limit=50",
    "/v1/sources",
    "/v1/imports",
    "/v1/keys",
    "/v1/notices?limit=50",
    "/v1/notices?limit=50&state=sent",
];

/// What is asked of a service: its name, the cookie and the path.
type Asked<'a> = (&'static str, &'a str, &'static str);

impl Service {
    async fn start(url: String, months: u32) -> Service {
        let mut config = Config::from_toml("").unwrap();
        config.database.url = url.into();
        config.database.sqlite_synchronous = Synchronous::Off;
        let app = App::connect(config, Clock::fixed(now())).await.unwrap();
        app.db.migrate().await.unwrap();
        let filled = fill::fill(&app, months).await;
        let web = Web::new(app.clone(), CancellationToken::new());
        Service {
            client: TestClient::new(web::routes(web).map_to_response().boxed()),
            person: sign_in(&app, &filled.person).await,
            manager: sign_in(&app, &filled.manager).await,
            administrator: sign_in(&app, &filled.administrator).await,
            app,
        }
    }

    /// Whoever may see most asks, but for what is of a person or a team.
    fn asked(&self) -> Vec<Asked<'_>> {
        let own = [
            ("own feed", &self.person, "/feed"),
            ("own list", &self.person, fill::OWN_LIST),
            ("team feed", &self.manager, "/feed/team"),
            ("team's desk", &self.manager, "/desk"),
            ("team's list", &self.manager, fill::TEAM_LIST),
            ("team's board", &self.manager, fill::TEAM_BOARD),
        ];
        let own = own.map(|(name, cookie, path)| (name, cookie.as_str(), path));
        let all = ALL.map(|path| (path, self.administrator.as_str(), path));
        own.into_iter().chain(all).collect()
    }

    async fn time(&self, (_, cookie, path): Asked<'_>) -> Duration {
        let begun = Instant::now();
        let answer = self.client.get(path).header("cookie", cookie).send().await;
        let taken = begun.elapsed();
        answer.assert_status_is_ok();
        taken
    }
}

async fn sign_in(app: &App, account: &entity::account::Model) -> String {
    let tx = app.db.write().await.unwrap();
    let device = Device {
        name: "bench".to_owned(),
        is_shared: false,
        hash: None,
    };
    let (_, token) = session::start(&tx, account, &device, now()).await.unwrap();
    tx.commit().await.unwrap();
    format!("plaudit={}", token.expose_secret())
}

/// Fills both databases, asks them in turn, and prints a line a page.
async fn compare(database: &str, urls: [String; 2]) {
    let [small, large] = urls;
    let small = Service::start(small, MONTHS[0]).await;
    let large = Service::start(large, MONTHS[1]).await;
    let only = std::env::args().skip(1).find(|given| !given.starts_with('-'));
    for (of_small, of_large) in small.asked().into_iter().zip(large.asked()) {
        if only.as_ref().is_some_and(|part| !of_small.0.contains(part)) {
            continue;
        }
        let (mut before, mut after) = (Vec::new(), Vec::new());
        for round in 0..ROUNDS + ROUNDS / 10 {
            let times = [small.time(of_small).await, large.time(of_large).await];
            // The first tenth warms up.
            if round >= ROUNDS / 10 {
                before.push(times[0]);
                after.push(times[1]);
            }
        }
        print(database, of_small.0, before, after);
    }
    small.app.service.db.close().await;
    large.app.service.db.close().await;
}

fn print(database: &str, page: &str, mut before: Vec<Duration>, mut after: Vec<Duration>) {
    before.sort_unstable();
    after.sort_unstable();
    let pair = |percent: usize| {
        let at = |sorted: &[Duration]| sorted[sorted.len() * percent / 100].as_micros();
        format!("{:>10}, {:>10}", at(&before), at(&after))
    };
    let p99 = |sorted: &[Duration]| sorted[sorted.len() * 99 / 100].as_secs_f64();
    println!(
        "{database:>10} {page:>16} {:>22} {:>22} {:>7.2}",
        pair(50),
        pair(99),
        p99(&after) / p99(&before)
    );
}

/// An account with a role over everything.
async fn administrator(tx: &plaudit::platform::db::Tx, organisation: uuid::Uuid) -> entity::account::Model {
    let made = account::create(tx, organisation, "admin@example.org", "cli", now())
        .await
        .unwrap();
    role::grant(tx, &made, Role::Administrator, None, "cli", now())
        .await
        .unwrap();
    made
}
