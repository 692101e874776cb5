//! `./dev bench tell`: from a comment's POST to the mail server's acceptance of the manager's mail, on an idle service
//! and at a steady 100 comments a second. The mail server is a bare one on loopback that accepts everything.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that fails may stop"
)]

use std::{
    collections::HashMap,
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use entity::notice;
use plaudit::{
    access::{Scope, key},
    app::{App, tenant, work},
    platform::{clock::Clock, config::Config, task::Tasks},
    roster::{
        Change,
        assignment::{self, AssignmentFields},
        organisation::NewOrganisation,
        staff::{self, StaffFields},
    },
    web::{self, Web},
};
use sea_orm::EntityTrait;
use secrecy::ExposeSecret;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const TEXT: &str =
    "Priya Nair at the till was so kind and helpful when my card would not work, thank you Priya!";
const IDLE: usize = 50;
const STEADY_SECONDS: usize = 20;
const A_SECOND: usize = 100;

/// When the server accepted the mail of each notice.
type Accepted = Arc<Mutex<HashMap<Uuid, Instant>>>;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let bench = Bench::start(directory.path()).await;
    let mut idle = Vec::new();
    for _ in 0..IDLE {
        idle.push(bench.post().await);
        sleep(Duration::from_millis(100)).await;
    }
    bench.report("idle", idle).await;
    let mut turns = interval(Duration::from_secs(1) / u32::try_from(A_SECOND).unwrap());
    turns.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut posts = Vec::new();
    for _ in 0..STEADY_SECONDS * A_SECOND {
        turns.tick().await;
        let bench = bench.clone();
        posts.push(tokio::spawn(async move { bench.post().await }));
    }
    let mut steady = Vec::new();
    for post in posts {
        steady.push(post.await.unwrap());
    }
    bench.report("100 a second", steady).await;
    bench.stop.cancel();
}

#[derive(Clone)]
struct Bench {
    app: App,
    client: reqwest::Client,
    url: String,
    key: String,
    accepted: Accepted,
    stop: CancellationToken,
}

impl Bench {
    async fn start(directory: &Path) -> Bench {
        let accepted = Accepted::default();
        let smtp = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut config = Config::from_toml(&format!(
            "[limits]\napi_per_minute = 100000000\n[mail]\ntransport = \"smtp\"\nsmtp_host = \"127.0.0.1\"\n\
             smtp_port = {}\nsmtp_encryption = \"none\"",
            smtp.local_addr().unwrap().port()
        ))
        .unwrap();
        config.database.url = format!("sqlite://{}", directory.join("bench.db").display()).into();
        tokio::spawn(accept_mails(smtp, accepted.clone()));
        let app = App::connect(config, Clock::System).await.unwrap();
        app.db.migrate().await.unwrap();
        let key = furnish(&app).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1/comments", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        let web = Web::new(app.clone(), stop.clone());
        tokio::spawn(web::serve(web, listener, stop.clone()));
        let mut tasks = Tasks::new(stop.clone());
        work::start(&app, &mut tasks);
        tokio::spawn(tasks.supervise());
        Bench {
            app,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            url,
            key,
            accepted,
            stop,
        }
    }

    /// Sends a comment; its id, and when it was sent.
    async fn post(&self) -> (Uuid, Instant) {
        let started = Instant::now();
        let request = self
            .client
            .post(&self.url)
            .bearer_auth(&self.key)
            .header("content-type", "application/json")
            .body(serde_json::json!({ "text": TEXT }).to_string());
        let answer = request.send().await.unwrap().error_for_status().unwrap();
        let answer: serde_json::Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
        (answer["id"].as_str().unwrap().parse().unwrap(), started)
    }

    /// Waits until every mail is accepted and prints how long they took.
    async fn report(&self, name: &str, posts: Vec<(Uuid, Instant)>) {
        let mut took = loop {
            let by_comment = self.accepted_by_comment().await;
            let took = posts
                .iter()
                .map(|(comment, started)| Some(*by_comment.get(comment)? - *started));
            if let Some(took) = took.collect::<Option<Vec<Duration>>>() {
                break took;
            }
            sleep(Duration::from_millis(200)).await;
        };
        took.sort();
        let at = |share: usize| took[(took.len() * share / 100).min(took.len() - 1)].as_secs_f64() * 1000.0;
        println!(
            "{name:>12}: {} mails; POST to acceptance p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
            took.len(),
            at(50),
            at(99),
            at(100)
        );
    }

    async fn accepted_by_comment(&self) -> HashMap<Uuid, Instant> {
        let notices = notice::Entity::find().all(self.app.db.read()).await.unwrap();
        let accepted = self.accepted.lock().unwrap();
        let time = |notice: notice::Model| Some((notice.comment_id?, *accepted.get(&notice.id)?));
        notices.into_iter().filter_map(time).collect()
    }
}

/// An organisation, Priya, her manager, and a key.
async fn furnish(app: &App) -> String {
    let now = app.clock.now();
    let tx = app.db.write().await.unwrap();
    let new = NewOrganisation {
        name: "Bench".into(),
        slug: "bench".into(),
        time_zone: "Europe/London".into(),
        language: "en".to_owned(),
    };
    let made = tenant::create(&tx, new, "cli", now).await.unwrap();
    let change = Change::begin(&tx, made.id, "cli", now).await.unwrap();
    let person = |given: &str, family: &str| StaffFields {
        employee_id: given.to_lowercase(),
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        email: Some(format!("{}@example.org", given.to_lowercase())),
        ..StaffFields::default()
    };
    let ruth = staff::create(&change, person("Ruth", "Adler")).await.unwrap();
    let priya = staff::create(&change, person("Priya", "Nair")).await.unwrap();
    let place = AssignmentFields {
        manager: Some(ruth.id),
        ..AssignmentFields::default()
    };
    assignment::create(&change, priya.id, place).await.unwrap();
    let (_, secret) = key::create(&tx, made.id, "bench", Scope::ALL, "cli", now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    secret.expose_secret().to_owned()
}

async fn accept_mails(listener: TcpListener, accepted: Accepted) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(converse(stream, accepted.clone()));
    }
}

async fn converse(stream: TcpStream, accepted: Accepted) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    writer.write_all(b"220 bench\r\n").await?;
    let mut notice = None;
    let mut is_message = false;
    while let Some(line) = lines.next_line().await? {
        if is_message {
            if let Some(id) = line.strip_prefix("Message-ID: <") {
                notice = id.split('@').next().and_then(|id| id.parse::<Uuid>().ok());
            }
            if line != "." {
                continue;
            }
            if let Some(notice) = notice.take() {
                accepted
                    .lock()
                    .unwrap()
                    .entry(notice)
                    .or_insert_with(Instant::now);
            }
        }
        is_message = line == "DATA";
        let answer = if is_message { "354 go on\r\n" } else { "250 ok\r\n" };
        writer.write_all(answer.as_bytes()).await?;
    }
    Ok(())
}
