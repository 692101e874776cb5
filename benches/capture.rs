//! `./dev bench capture`: durable posts a second at 1 and 32 clients, beside raw inserts of the same rows in the same
//! directory and group size, and the time the disk takes to make bytes durable.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that fails may stop"
)]

use std::{
    io::Write,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use plaudit::{
    access::{Scope, key},
    app::{App, tenant},
    platform::{clock::Clock, config::Config, telemetry::metrics},
    roster::organisation::NewOrganisation,
    web::{self, Web},
};
use sea_orm::{ConnectionTrait, Statement, Value};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const SECONDS: u64 = 5;
const TEXT: &str = "Priya at the till was so kind and helpful when my card would not work, thank you Priya!";

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    println!(
        "fsync of 4 KiB: {:.2} ms (mean of 200)",
        fsync_ms(directory.path())
    );
    let bench = Bench::start(directory.path()).await;
    for clients in [1, 32] {
        let posts = bench.posts_a_second(clients).await;
        let raw = bench
            .raw_a_second(posts.group_size.round().max(1.0) as usize)
            .await;
        println!(
            "{clients:2} clients: {:6.0} posts/s in groups of {:4.1}; raw inserts in such groups {raw:6.0}/s; ratio {:.2}",
            posts.rate,
            posts.group_size,
            posts.rate / raw
        );
    }
    bench.stop.cancel();
}

/// Mean time to write 4 KiB and wait until the disk has them.
fn fsync_ms(directory: &Path) -> f64 {
    let mut file = std::fs::File::create(directory.join("fsync")).unwrap();
    let started = Instant::now();
    for _ in 0..200 {
        file.write_all(&[7; 4096]).unwrap();
        file.sync_data().unwrap();
    }
    started.elapsed().as_secs_f64() * 1000.0 / 200.0
}

struct Bench {
    app: App,
    url: String,
    key: String,
    organisation: Uuid,
    stop: CancellationToken,
}

struct Posts {
    rate: f64,
    group_size: f64,
}

impl Bench {
    async fn start(directory: &Path) -> Bench {
        let mut config = Config::from_toml("[limits]\napi_per_minute = 100000000").unwrap();
        config.database.url = format!("sqlite://{}", directory.join("bench.db").display()).into();
        let app = App::connect(config, Clock::System).await.unwrap();
        app.db.migrate().await.unwrap();
        let tx = app.db.write().await.unwrap();
        let new = NewOrganisation {
            name: "Bench".into(),
            slug: "bench".into(),
            time_zone: "Europe/London".into(),
            language: "en".to_owned(),
        };
        let organisation = tenant::create(&tx, new, "cli", app.clock.now()).await.unwrap().id;
        let (_, secret) = key::create(&tx, organisation, "bench", Scope::ALL, "cli", app.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/comments", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let web = Web::new(app.clone(), stop.clone());
        tokio::spawn(web::serve(web, listener, stop.clone()));
        Bench {
            app,
            url,
            key: secret.expose_secret().to_owned(),
            organisation,
            stop,
        }
    }

    async fn posts_a_second(&self, clients: usize) -> Posts {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let body = serde_json::json!({ "text": TEXT }).to_string();
        let done = Arc::new(AtomicUsize::new(0));
        let groups_before = metrics::capture_groups();
        let started = Instant::now();
        let until = started + Duration::from_secs(SECONDS);
        let tasks: Vec<_> = (0..clients)
            .map(|_| {
                let (client, url, key, body, done) = (
                    client.clone(),
                    self.url.clone(),
                    self.key.clone(),
                    body.clone(),
                    done.clone(),
                );
                tokio::spawn(async move {
                    while Instant::now() < until {
                        let request = client
                            .post(&url)
                            .bearer_auth(&key)
                            .header("content-type", "application/json");
                        let answer = request.body(body.clone()).send().await.unwrap();
                        assert_eq!(answer.status().as_u16(), 201);
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let posts = done.load(Ordering::Relaxed) as f64;
        let groups = (metrics::capture_groups() - groups_before) as f64;
        Posts {
            rate: posts / started.elapsed().as_secs_f64(),
            group_size: posts / groups,
        }
    }

    /// The same rows by prepared statements, `group` comments a transaction, one after the other.
    async fn raw_a_second(&self, group: usize) -> f64 {
        let source = plaudit::capture::source::by_name(self.app.db.read(), self.organisation, "api")
            .await
            .unwrap()
            .id;
        let started = Instant::now();
        let mut inserted = 0;
        while started.elapsed() < Duration::from_secs(SECONDS) {
            let tx = self.app.db.write().await.unwrap();
            for _ in 0..group {
                self.insert_raw(&tx, source).await;
            }
            tx.commit().await.unwrap();
            inserted += group;
        }
        inserted as f64 / started.elapsed().as_secs_f64()
    }

    async fn insert_raw(&self, tx: &plaudit::platform::db::Tx, source: Uuid) {
        let (id, now, organisation) = (Uuid::now_v7(), self.app.clock.now(), self.organisation);
        let comment = "INSERT INTO comment (id, organisation_id, source_id, state, tell, revision, words_changed, \
                       occurred_at, received_at) VALUES (?, ?, ?, 'attributing', 'now', 1, 0, ?, ?)";
        run(
            tx,
            comment,
            vec![
                id.into(),
                organisation.into(),
                source.into(),
                now.into(),
                now.into(),
            ],
        )
        .await;
        let revision = "INSERT INTO comment_revision (id, organisation_id, comment_id, number, text, consent, \
                        revised_at, received_at) VALUES (?, ?, ?, 1, ?, 'staff', ?, ?)";
        let values = vec![
            Uuid::now_v7().into(),
            organisation.into(),
            id.into(),
            TEXT.into(),
            now.into(),
            now.into(),
        ];
        run(tx, revision, values).await;
        let job =
            "INSERT INTO job (organisation_id, kind, payload, run_at, attempt) VALUES (?, 'bench', ?, ?, 0)";
        let payload = serde_json::json!({ "comment": id, "revision": 1 });
        run(tx, job, vec![organisation.into(), payload.into(), now.into()]).await;
    }
}

async fn run(tx: &plaudit::platform::db::Tx, sql: &str, values: Vec<Value>) {
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), sql, values);
    tx.execute_raw(statement).await.unwrap();
}
