//! A strict stand-in for a Mastodon server on loopback: checks the token and its permissions, pages by
//! `min_id` with `Link` headers, counts calls against the limit, edits, deletes and fails.

mod endpoints;

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard},
};

use chrono::{DateTime, TimeDelta, Utc};

use crate::fake_http::{Request, Server};

/// The token that the fake accepts.
pub(crate) const TOKEN: &str = "fake-mastodon-token_0123456789";

/// Calls in five minutes.
const LIMIT: u32 = 300;

/// A fake Mastodon server, answering until it is dropped.
pub(crate) struct FakeMastodon {
    server: Server,
    state: Arc<Mutex<State>>,
}

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    WindowUsedUp,
    Revoked,
    NotPermitted,
    Conflict,
    Unprocessable,
    ServerError(u16),
    Redirect,
    HtmlSuccess,
    Truncated,
    Oversize,
    HangBeforeHead,
    HangInBody,
    Trickle,
    Disconnect,
}

#[derive(Clone, Debug)]
struct Toot {
    id: u64,
    notification: u64,
    html: String,
    visibility: &'static str,
    author: (String, String),
    url: String,
    created_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
    deleted: bool,
}

struct State {
    toots: Vec<Toot>,
    page_size: usize,
    knows_many: bool,
    scripted: VecDeque<Fault>,
    now: DateTime<Utc>,
    window_ends_at: DateTime<Utc>,
    used: u32,
    calls: Vec<Request>,
    violations: Vec<String>,
}

impl FakeMastodon {
    pub(crate) async fn start() -> Self {
        let now: DateTime<Utc> = "2026-11-02T09:00:00Z".parse().unwrap();
        let state = Arc::new(Mutex::new(State {
            toots: Vec::new(),
            page_size: 80,
            knows_many: true,
            scripted: VecDeque::new(),
            now,
            window_ends_at: now + TimeDelta::minutes(5),
            used: 0,
            calls: Vec::new(),
            violations: Vec::new(),
        }));
        let answering = Arc::clone(&state);
        let server = Server::start(move |request| answering.lock().unwrap().answer(request)).await;
        Self { server, state }
    }

    pub(crate) fn base_url(&self) -> String {
        self.server.base_url()
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.state().now
    }

    pub(crate) fn advance(&self, time: TimeDelta) {
        self.state().now += time;
    }

    /// Somebody mentions us; the id of the post.
    pub(crate) fn mention(&self, html: &str, visibility: &'static str) -> u64 {
        self.mention_by(("ana@social.example", "Ana P."), html, visibility)
    }

    /// Somebody of this handle and name mentions us.
    pub(crate) fn mention_by(
        &self,
        (handle, name): (&str, &str),
        html: &str,
        visibility: &'static str,
    ) -> u64 {
        let mut state = self.state();
        let number = state.toots.len() as u64 + 1;
        let (id, notification, created_at) = (110_000_000_000_000_000 + number, 500 + number, state.now);
        let html = html.to_owned();
        state.toots.push(Toot {
            id,
            notification,
            html,
            visibility,
            author: (handle.to_owned(), name.to_owned()),
            url: format!("https://mastodon.example/@ana/{id}"),
            created_at,
            edited_at: None,
            deleted: false,
        });
        id
    }

    pub(crate) fn edit(&self, id: u64, html: &str) {
        let mut state = self.state();
        let now = state.now;
        let toot = state.toot_mut(id);
        toot.html = html.to_owned();
        toot.edited_at = Some(now);
    }

    /// The server says that a post stands elsewhere.
    pub(crate) fn set_url(&self, id: u64, url: &str) {
        self.state().toot_mut(id).url = url.to_owned();
    }

    pub(crate) fn delete(&self, id: u64) {
        self.state().toot_mut(id).deleted = true;
    }

    pub(crate) fn set_visibility(&self, id: u64, visibility: &'static str) {
        self.state().toot_mut(id).visibility = visibility;
    }

    pub(crate) fn set_page_size(&self, notifications: usize) {
        self.state().page_size = notifications;
    }

    /// As servers before 4.3, which cannot be asked for several posts.
    pub(crate) fn forget_many(&self) {
        self.state().knows_many = false;
    }

    pub(crate) fn script(&self, faults: impl IntoIterator<Item = Fault>) {
        self.state().scripted.extend(faults);
    }

    pub(crate) fn calls(&self) -> Vec<Request> {
        self.state().calls.clone()
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.state().violations.clone()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl State {
    fn toot_mut(&mut self, id: u64) -> &mut Toot {
        self.toots
            .iter_mut()
            .find(|toot| toot.id == id)
            .expect("a post with this id")
    }
}
