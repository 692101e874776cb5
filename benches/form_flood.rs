//! `./dev bench form_flood`: what becomes of people's forms while programs send 50 a second, from one address and from
//! many, for a minute (or the seconds that are given).
//!
//! The service is a process of its own, with the settings that it comes with. Programs that do nothing like a person and
//! programs that imitate the page's script are tried apart. People open the form, write for 5 to 15 seconds, and send it
//! as the script does, from addresses of their own or from one that programs use too, such as a shop's public WLAN.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a measurement that fails may stop"
)]
#[path = "form_flood/sender.rs"]
mod sender;
#[path = "form_flood/service.rs"]
mod service;

use std::{
    collections::BTreeMap,
    net::Ipv4Addr,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures_util::{StreamExt, stream};
use sender::Sender;
use service::{Became, Service};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

const PROGRAMS_A_SECOND: u32 = 50;
/// From how many addresses, where they are many.
const MANY: u8 = 200;
/// Before the flood: people begin to write, and programs gather forms.
const LEAD: Duration = Duration::from_secs(16);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    rustls::crypto::ring::default_provider()
        .install_default()
        .unwrap();
    let given = std::env::args().find_map(|argument| argument.parse().ok());
    let lasting = Duration::from_secs(given.unwrap_or(60));
    for programs in [Programs::Plain, Programs::Imitating] {
        for (from, addresses) in [("one address", 1), ("many addresses", MANY)] {
            println!("\n{programs:?} programs from {from}, {} s", lasting.as_secs());
            let service = Service::start().await;
            let flood = Arc::new(Flood::new(&service, programs, addresses, lasting));
            flood.run().await;
            service.idle().await;
            report(&flood, &service.became().await);
        }
    }
}

/// What programs know of the form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Programs {
    /// No form, a form sent at once, the hidden field filled in, one form again and again, or a form sent after a while.
    Plain,
    /// A form for each sending, opened a while before, with what the script writes when somebody types.
    Imitating,
}

/// People who have the same to do with the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum People {
    /// Each has an address that no program uses.
    Elsewhere,
    /// Programs send from the same address.
    BesidePrograms,
}

impl People {
    /// How often one of them sends: few sit behind one address, more behind many.
    fn every(self, addresses: usize) -> Duration {
        match (self, addresses) {
            (People::Elsewhere, _) => Duration::from_millis(500),
            (People::BesidePrograms, 1) => Duration::from_secs(4),
            (People::BesidePrograms, _) => Duration::from_secs(1),
        }
    }
}

/// Who sends what until when.
struct Flood {
    programs: Programs,
    /// Of the programs.
    senders: Vec<Sender>,
    people: BTreeMap<People, Vec<Sender>>,
    begins: Instant,
    lasting: Duration,
    answers: Mutex<BTreeMap<String, u32>>,
    /// How long people waited for the answer.
    waited: Mutex<Vec<Duration>>,
}

impl Flood {
    fn new(service: &Service, programs: Programs, addresses: u8, lasting: Duration) -> Flood {
        let at = |third, last| Sender::from(&service.form, Ipv4Addr::new(127, 0, third, last));
        let senders: Vec<Sender> = (1..=addresses).map(|last| at(1, last)).collect();
        let group = |people: People| {
            let count = lasting.as_millis() / people.every(senders.len()).as_millis();
            let address = |number: u128| match people {
                People::BesidePrograms => {
                    senders[usize::try_from(number * 3).unwrap() % senders.len()].clone()
                }
                People::Elsewhere => at(
                    2 + u8::try_from(number / 250).unwrap(),
                    1 + u8::try_from(number % 250).unwrap(),
                ),
            };
            (people, (0..count).map(address).collect())
        };
        Flood {
            programs,
            people: [People::Elsewhere, People::BesidePrograms].map(group).into(),
            senders,
            begins: Instant::now() + LEAD,
            lasting,
            answers: Mutex::default(),
            waited: Mutex::default(),
        }
    }

    async fn run(self: &Arc<Flood>) {
        let mut everybody = JoinSet::new();
        for (group, people) in &self.people {
            for number in 0..people.len() {
                everybody.spawn(self.clone().person(*group, number));
            }
        }
        everybody.spawn(self.clone().flood());
        everybody.join_all().await;
    }

    /// Opens the form, takes the time to write, and sends at their turn within the flood.
    async fn person(self: Arc<Flood>, group: People, number: usize) {
        let turn = group.every(self.senders.len()) * u32::try_from(number).unwrap();
        let writing = Duration::from_secs(5 + number as u64 * 7 % 11);
        let sender = &self.people[&group][number];
        sleep_until(self.begins + turn - writing).await;
        let token = sender.open().await;
        sleep_until(self.begins + turn).await;
        let words = format!("Priya was so kind and helpful, thank you Priya! {group:?} {number}");
        let hand = sender::hand(&token);
        let begun = Instant::now();
        let status = sender
            .send(&[("token", &token), ("words", &words), ("hand", &hand)])
            .await;
        self.waited.lock().unwrap().push(begun.elapsed());
        self.note(format!("{group:?} answered {status}"));
    }

    /// Programs at their pace, whatever is answered.
    async fn flood(self: Arc<Flood>) {
        let count = PROGRAMS_A_SECOND * u32::try_from(self.lasting.as_secs()).unwrap();
        let tokens = Arc::new(self.gather(count).await);
        let mut posts = JoinSet::new();
        for number in 0..count {
            sleep_until(self.begins + Duration::from_secs(1) * number / PROGRAMS_A_SECOND).await;
            posts.spawn(self.clone().program(number as usize, tokens.clone()));
        }
        posts.join_all().await;
    }

    /// Opens a form for each sending, early enough for none to be sent too soon.
    async fn gather(&self, count: u32) -> Vec<String> {
        let open = |number| self.senders[number as usize % self.senders.len()].open();
        let tokens = stream::iter((0..count).map(open)).buffered(4).collect().await;
        let left = self.begins - Instant::now();
        assert!(left > Duration::from_secs(4), "gathering took too long");
        tokens
    }

    async fn program(self: Arc<Flood>, number: usize, tokens: Arc<Vec<String>>) {
        let sender = &self.senders[number % self.senders.len()];
        let words = format!("program {number}: buy now");
        let own = &*tokens[number];
        let hand = sender::hand(own);
        let fresh;
        let fields = match (self.programs, number % 5) {
            (Programs::Imitating, _) => vec![("token", own), ("hand", &hand)],
            (Programs::Plain, 0) => vec![],
            (Programs::Plain, 1) => {
                fresh = sender.open().await;
                vec![("token", &*fresh)]
            }
            (Programs::Plain, 2) => vec![("token", own), ("homepage", "http://spam.example")],
            (Programs::Plain, 3) => vec![("token", &*tokens[0])],
            (Programs::Plain, _) => vec![("token", own)],
        };
        let status = sender.send(&[&fields[..], &[("words", &*words)]].concat()).await;
        self.note(format!("Programs answered {status}"));
    }

    fn note(&self, answer: String) {
        *self.answers.lock().unwrap().entry(answer).or_default() += 1;
    }
}

fn report(flood: &Flood, became: &[(String, Became)]) {
    for (group, people) in &flood.people {
        let words = format!("{group:?} ");
        let (straight, held) = (
            count(became, &words, Became::Attributed),
            count(became, &words, Became::Held),
        );
        let other = count(became, &words, Became::Other);
        let sent = people.len();
        let lost = sent - straight - held - other;
        let share = 100.0 * straight as f64 / sent as f64;
        println!(
            "  people {group:?}: {sent} sent, {straight} stored and attributed ({share:.1} %), {held} held, {other} stored otherwise, {lost} lost"
        );
    }
    let programs = "program ";
    let [held, through] = [Became::Held, Became::Other].map(|what| count(became, programs, what));
    let attributed = count(became, programs, Became::Attributed);
    println!(
        "  programs: {} straight through, {held} held",
        through + attributed
    );
    for (answer, count) in flood.answers.lock().unwrap().iter() {
        println!("  {count:6} {answer}");
    }
    let mut waited = flood.waited.lock().unwrap().clone();
    waited.sort_unstable();
    let at = |percent: usize| waited[waited.len() * percent / 100].as_millis();
    println!("  people waited p50 {} ms, p99 {} ms", at(50), at(99));
}

fn count(became: &[(String, Became)], words: &str, what: Became) -> usize {
    let is_one = |(text, one): &&(String, Became)| text.contains(words) && *one == what;
    became.iter().filter(is_one).count()
}
