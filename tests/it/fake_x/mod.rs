//! A strict stand-in for X on loopback. It checks signatures itself, knows X's limits, both of its
//! vocabularies and the ways it fails, and keeps a record of every call, so that a test can say what a
//! reader must not do: call above a limit, read a page twice, ask for what is not there.

pub(crate) mod clients;
mod endpoints;
mod faults;
mod limits;
pub(crate) mod oauth;
mod posts;

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::{DateTime, TimeDelta, Utc};
use rand::{Rng, SeedableRng, rngs::SmallRng};

pub(crate) use self::{
    faults::Fault,
    limits::Endpoint,
    posts::{Standing, Vocabulary},
};
use self::{
    limits::{Caller, Limits},
    oauth::Keys,
    posts::{FakeAccount, FakePost, Reference},
};
use crate::fake_http::{Request, Server};

/// The secrets that the fake accepts.
pub(crate) const KEYS: Keys = Keys {
    consumer: "fakeConsumerKey0123456789",
    consumer_secret: "fake-consumer-secret-%2F+~",
    token: "1000000000000000001-fakeAccessToken",
    token_secret: "fake-token-secret-/=&",
};

/// The application's own token that the fake accepts.
pub(crate) const BEARER: &str = "AAAAAAAAAAAAAAAAAAAAAfake%2Fbearer%3Dtoken";

/// The company's account, to which `KEYS` belongs.
pub(crate) const COMPANY: &str = "acme";

/// The first millisecond of X's ids.
const EPOCH_MS: i64 = 1_288_834_974_657;

/// A fake X, answering until it is dropped.
pub(crate) struct FakeX {
    server: Server,
    state: Arc<Mutex<State>>,
}

/// One call, answered or not.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) request: Request,
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) status: u16,
}

struct State {
    base_url: String,
    posts: Vec<FakePost>,
    accounts: Vec<FakeAccount>,
    vocabulary: Vocabulary,
    page_size: usize,
    without_authors: bool,
    limits: Limits,
    scripted: VecDeque<Fault>,
    random_share: f64,
    random: SmallRng,
    started_at: DateTime<Utc>,
    advanced: TimeDelta,
    runs: bool,
    clock_error: TimeDelta,
    nonces: HashSet<String>,
    calls: Vec<Call>,
    violations: Vec<String>,
    posts_charged: u64,
    next_sequence: u64,
}

/// A post to be.
#[derive(Clone, Debug)]
pub(crate) struct NewPost {
    author: String,
    author_name: Option<String>,
    text: String,
    reference: Option<Reference>,
    created_at: Option<DateTime<Utc>>,
    indexed: bool,
}

impl NewPost {
    pub(crate) fn by(author: &str, text: &str) -> Self {
        let (author, text) = (author.to_owned(), text.to_owned());
        Self {
            author,
            author_name: None,
            text,
            reference: None,
            created_at: None,
            indexed: true,
        }
    }

    /// The author goes by this name from now on.
    pub(crate) fn named(mut self, name: &str) -> Self {
        self.author_name = Some(name.to_owned());
        self
    }

    pub(crate) fn referring(mut self, kind: &'static str, to: u64) -> Self {
        self.reference = Some((kind, to));
        self
    }

    pub(crate) fn at(mut self, time: DateTime<Utc>) -> Self {
        self.created_at = Some(time);
        self
    }

    /// Not found by mentions and search until `FakeX::index`.
    pub(crate) fn not_indexed(mut self) -> Self {
        self.indexed = false;
        self
    }
}

impl FakeX {
    /// Starts with the company's account and no posts. Equal seeds make equal faults.
    pub(crate) async fn start(seed: u64) -> Self {
        let state = Arc::new(Mutex::new(State::new(seed)));
        let answering = Arc::clone(&state);
        let server = Server::start(move |request| answering.lock().unwrap().answer(request)).await;
        state.lock().unwrap().base_url = server.base_url();
        Self { server, state }
    }

    pub(crate) fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// The time at X, which moves only by `advance`.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.state().now()
    }

    pub(crate) fn advance(&self, time: TimeDelta) {
        self.state().advanced += time;
    }

    /// Makes X's clock differ from this machine's.
    pub(crate) fn set_clock_error(&self, error: TimeDelta) {
        self.state().clock_error = error;
    }

    pub(crate) fn post(&self, new: NewPost) -> u64 {
        self.state().post(new)
    }

    pub(crate) fn account_id(&self, handle: &str) -> u64 {
        self.state().account(handle)
    }

    /// Changes a post's words. The post has a new id then.
    pub(crate) fn edit(&self, id: u64, text: &str) -> u64 {
        let mut state = self.state();
        let edited_at = state.now();
        let new = state.next_id(edited_at);
        let post = state.post_mut(id);
        post.ids.push(new);
        post.text = text.to_owned();
        post.created_at = edited_at;
        new
    }

    pub(crate) fn set_standing(&self, id: u64, standing: Standing) {
        self.state().post_mut(id).standing = standing;
    }

    /// A post written before is found from now on.
    pub(crate) fn index(&self, id: u64) {
        self.state().post_mut(id).indexed = true;
    }

    pub(crate) fn speak(&self, vocabulary: Vocabulary) {
        self.state().vocabulary = vocabulary;
    }

    pub(crate) fn set_page_size(&self, posts: usize) {
        self.state().page_size = posts;
    }

    /// Answers without `includes`.
    pub(crate) fn leave_out_authors(&self) {
        self.state().without_authors = true;
    }

    pub(crate) fn limit(&self, endpoint: Endpoint, calls: u32) {
        self.state().limits.set(endpoint, calls);
    }

    /// Lets time pass by itself, as for real processes, in windows of this length.
    pub(crate) fn run_with_windows_of(&self, length: TimeDelta) {
        let mut state = self.state();
        state.runs = true;
        state.limits.length = length;
    }

    /// The next calls fail like this, one each.
    pub(crate) fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().scripted.extend(faults);
    }

    /// From now on this share of the calls fails in ways that pass.
    pub(crate) fn fail_at_random(&self, share: f64) {
        self.state().random_share = share;
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.state().calls.clone()
    }

    /// What the reader did that X forbids.
    pub(crate) fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    /// Posts in answers that left whole.
    pub(crate) fn posts_charged(&self) -> u64 {
        self.state().posts_charged
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn new(seed: u64) -> Self {
        let mut state = Self {
            base_url: String::new(),
            posts: Vec::new(),
            accounts: Vec::new(),
            vocabulary: Vocabulary::Tweet,
            page_size: 100,
            without_authors: false,
            limits: Limits::default(),
            scripted: VecDeque::new(),
            random_share: 0.0,
            random: SmallRng::seed_from_u64(seed),
            started_at: machine_time(),
            advanced: TimeDelta::zero(),
            runs: false,
            clock_error: TimeDelta::zero(),
            nonces: HashSet::new(),
            calls: Vec::new(),
            violations: Vec::new(),
            posts_charged: 0,
            next_sequence: 0,
        };
        state.account(COMPANY);
        state
    }

    fn now(&self) -> DateTime<Utc> {
        let base = if self.runs {
            machine_time()
        } else {
            self.started_at
        };
        base + self.advanced
    }

    /// The account with this handle, made when first named.
    fn account(&mut self, handle: &str) -> u64 {
        if let Some(known) = self.accounts.iter().find(|account| account.handle == handle) {
            return known.id;
        }
        let id = 1_000_000_000_000_000_001 + self.accounts.len() as u64;
        let mut letters = handle.chars();
        let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
        let name = format!("{first} {}", letters.as_str());
        self.accounts.push(FakeAccount {
            id,
            handle: handle.to_owned(),
            name,
        });
        id
    }

    fn post(&mut self, new: NewPost) -> u64 {
        let created_at = new.created_at.unwrap_or(self.now());
        let (id, author) = (self.next_id(created_at), self.account(&new.author));
        if let Some(name) = new.author_name {
            let known = self.accounts.iter_mut().find(|account| account.id == author);
            known.expect("an account just made").name = name;
        }
        self.posts.push(FakePost {
            ids: vec![id],
            author,
            text: new.text,
            created_at,
            reference: new.reference,
            standing: Standing::Present,
            indexed: new.indexed,
        });
        id
    }

    fn next_id(&mut self, at: DateTime<Utc>) -> u64 {
        self.next_sequence += 1;
        floor_id(at) + self.next_sequence
    }

    fn post_mut(&mut self, id: u64) -> &mut FakePost {
        self.posts
            .iter_mut()
            .find(|post| post.ids.contains(&id))
            .expect("a post with this id")
    }

    fn next_fault(&mut self) -> Option<Fault> {
        if let Some(fault) = self.scripted.pop_front() {
            return Some(fault);
        }
        let fails = self.random_share > 0.0 && self.random.random_bool(self.random_share);
        fails.then(|| faults::PASSING[self.random.random_range(0..faults::PASSING.len())])
    }
}

/// The lowest id of a time.
pub(crate) fn floor_id(time: DateTime<Utc>) -> u64 {
    u64::try_from(time.timestamp_millis() - EPOCH_MS).unwrap() << 22
}

/// Signatures bear the machine's time, so the fake begins at it.
#[expect(
    clippy::disallowed_methods,
    reason = "egg-mode signs with the machine's clock"
)]
pub(crate) fn machine_time() -> DateTime<Utc> {
    DateTime::from(std::time::SystemTime::now())
}
