//! `./dev bench form_flood`: what becomes of people's forms while programs send 50 a second, from one address and
//! from many, each for a minute (or the seconds that are given). People read and write for some seconds.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a measurement that fails may stop"
)]

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr},
    path::Path,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use entity::{comment, comment_revision};
use plaudit::{
    app::App,
    clock::Clock,
    config::Config,
    http::{self, Web},
    roster::organisation::{self, NewOrganisation},
};
use reqwest::Client;
use sea_orm::EntityTrait;
use tokio::{net::TcpListener, task::JoinSet};
use tokio_util::sync::CancellationToken;

const PROGRAMS_A_SECOND: u64 = 50;
/// Somebody begins to write every so often.
const PERSON_EVERY: Duration = Duration::from_secs(2);
/// How long they write, in seconds: the shortest, and one more for each of so many in turn.
const WRITING: (u64, u64) = (4, 6);
const MANY: u8 = 200;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let given = std::env::args().find_map(|argument| argument.parse().ok());
    let lasting = Duration::from_secs(given.unwrap_or(60));
    for (from, addresses) in [("one address", 1), ("many addresses", MANY)] {
        let directory = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let flood = Flood::start(directory.path(), addresses).await;
        let outcomes = flood.run(lasting).await;
        println!("from {from}, {} s:", lasting.as_secs());
        for (what, count) in outcomes {
            println!("  {count:6} {what}");
        }
        flood.stop.cancel();
    }
}

/// The service, and who sends to it.
struct Flood {
    app: App,
    url: String,
    clients: Vec<Client>,
    stop: CancellationToken,
    /// Answers to programs by status, and people whose form was not taken.
    answers: Mutex<BTreeMap<String, u64>>,
}

impl Flood {
    async fn start(directory: &Path, addresses: u8) -> Arc<Flood> {
        let mut config = Config::from_toml("").unwrap();
        config.database.url = format!("sqlite://{}", directory.join("flood.db").display());
        let app = App::connect(config, Clock::System).await.unwrap();
        let new = NewOrganisation {
            name: "Shop".to_owned(),
            slug: "shop".to_owned(),
            time_zone: "Europe/London".to_owned(),
        };
        let tx = app.db.write().await.unwrap();
        organisation::create(&tx, new, "bench", app.clock.now())
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/thank/shop", listener.local_addr().unwrap());
        let stop = CancellationToken::new();
        tokio::spawn(http::serve(
            Web::new(app.clone(), stop.clone()),
            listener,
            stop.clone(),
        ));
        Arc::new(Flood {
            app,
            url,
            clients: (1..=addresses).map(client).collect(),
            stop,
            answers: Mutex::default(),
        })
    }

    async fn run(self: &Arc<Flood>, lasting: Duration) -> BTreeMap<String, u64> {
        let aged = self.token(0).await;
        let end = Instant::now() + lasting;
        let programs = tokio::spawn(self.clone().programs(aged, end));
        let mut people = JoinSet::new();
        let mut number = 0;
        while Instant::now() < end {
            people.spawn(self.clone().person(number));
            number += 1;
            tokio::time::sleep(PERSON_EVERY).await;
        }
        people.join_all().await;
        programs.await.unwrap();
        self.outcomes(number).await
    }

    /// Sends for as long as it lasts: without a token, at once after the form was shown, into the trap, and with one
    /// aged token again and again.
    async fn programs(self: Arc<Flood>, aged: String, end: Instant) {
        let mut pace = tokio::time::interval(Duration::from_micros(1_000_000 / PROGRAMS_A_SECOND));
        let mut posts = JoinSet::new();
        let mut number = 0_usize;
        while Instant::now() < end {
            pace.tick().await;
            posts.spawn(self.clone().program(number, aged.clone()));
            number += 1;
        }
        posts.join_all().await;
    }

    async fn program(self: Arc<Flood>, number: usize, aged: String) {
        let words = format!("program {number}: buy now");
        let token = match number % 4 {
            0 => String::new(),
            1 => self.token(number).await,
            _ => aged,
        };
        let trap = if number % 4 == 2 {
            "http://spam.example"
        } else {
            ""
        };
        let fields = [("token", &*token), ("words", &*words), ("homepage", trap)];
        let status = self.post(number, &fields).await;
        let what = format!("programs answered {status}");
        *self.answers.lock().unwrap().entry(what).or_default() += 1;
    }

    async fn person(self: Arc<Flood>, number: usize) {
        let token = self.token(number).await;
        let (shortest, turns) = WRITING;
        tokio::time::sleep(Duration::from_secs(shortest + number as u64 % turns)).await;
        let words = format!("person {number}: she was kind");
        // What the script of the form writes while somebody types.
        let hand: String = token
            .chars()
            .take(32)
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .collect();
        let fields = [("token", &*token), ("words", &*words), ("hand", &*hand)];
        self.post(number, &fields).await;
    }

    fn client(&self, number: usize) -> &Client {
        self.clients.get(number % self.clients.len()).unwrap()
    }

    async fn token(&self, number: usize) -> String {
        let page = self
            .client(number)
            .get(&self.url)
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    async fn post(&self, number: usize, fields: &[(&str, &str)]) -> u16 {
        let encode = |text: &str| {
            percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
        };
        let pairs: Vec<String> = fields
            .iter()
            .map(|(name, text)| format!("{name}={}", encode(text)))
            .collect();
        let request = self
            .client(number)
            .post(&self.url)
            .header("content-type", "application/x-www-form-urlencoded");
        let answer = request.body(pairs.join("&")).send().await.unwrap();
        answer.status().as_u16()
    }

    /// Where everybody's words are now.
    async fn outcomes(&self, people: usize) -> BTreeMap<String, u64> {
        let db = self.app.db.read();
        let comments = comment::Entity::find().all(db).await.unwrap();
        let held: BTreeMap<_, _> = comments
            .into_iter()
            .map(|comment| (comment.id, comment.state == comment::State::Held))
            .collect();
        let mut outcomes = self.answers.lock().unwrap().clone();
        let mut found = 0;
        for words in comment_revision::Entity::find().all(db).await.unwrap() {
            let who = if words.text.unwrap_or_default().starts_with("person") {
                "people"
            } else {
                "programs"
            };
            found += usize::from(who == "people");
            let became = if held.get(&words.comment_id) == Some(&true) {
                "held"
            } else {
                "straight through"
            };
            *outcomes.entry(format!("{who} {became}")).or_default() += 1;
        }
        outcomes.insert("people lost".to_owned(), (people - found) as u64);
        outcomes
    }
}

/// A client that comes from an address of its own.
fn client(last: u8) -> Client {
    let address = IpAddr::V4(Ipv4Addr::new(127, 0, 1, last));
    Client::builder()
        .local_address(address)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()
        .unwrap()
}
