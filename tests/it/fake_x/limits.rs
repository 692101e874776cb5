//! How many calls X takes in a quarter of an hour.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::fake_http::Reply;

/// X's rate limit window, in minutes.
const WINDOW: i64 = 15;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Endpoint {
    Me,
    ByHandle,
    Mentions,
    Search,
    Lookup,
}

/// Who calls: an account by OAuth 1.0a, or an application by its bearer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Caller {
    Account,
    App,
}

#[derive(Clone, Copy, Debug)]
struct Window {
    ends_at: DateTime<Utc>,
    used: u32,
}

#[derive(Debug)]
pub(crate) struct Limits {
    windows: HashMap<(Endpoint, Caller), Window>,
    own: HashMap<Endpoint, u32>,
    pub(crate) length: TimeDelta,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            windows: HashMap::new(),
            own: HashMap::new(),
            length: TimeDelta::minutes(WINDOW),
        }
    }
}

impl Limits {
    /// Another limit than X's, so that a test reaches it sooner.
    pub(crate) fn set(&mut self, endpoint: Endpoint, calls: u32) {
        self.own.insert(endpoint, calls);
    }

    /// Counts a call; false if it is one too many.
    pub(crate) fn take(&mut self, endpoint: Endpoint, caller: Caller, now: DateTime<Utc>) -> bool {
        let allowed = self.allowed(endpoint, caller);
        let window = self.window(endpoint, caller, now);
        window.used += 1;
        window.used <= allowed
    }

    pub(crate) fn use_up(&mut self, endpoint: Endpoint, caller: Caller, now: DateTime<Utc>) {
        let allowed = self.allowed(endpoint, caller);
        self.window(endpoint, caller, now).used = allowed;
    }

    pub(crate) fn stamp(
        &mut self,
        reply: Reply,
        endpoint: Endpoint,
        caller: Caller,
        now: DateTime<Utc>,
    ) -> Reply {
        let allowed = self.allowed(endpoint, caller);
        let window = *self.window(endpoint, caller, now);
        reply
            .with("x-rate-limit-limit", allowed)
            .with("x-rate-limit-remaining", allowed.saturating_sub(window.used))
            .with("x-rate-limit-reset", window.ends_at.timestamp())
    }

    fn window(&mut self, endpoint: Endpoint, caller: Caller, now: DateTime<Utc>) -> &mut Window {
        // The header tells whole seconds, so windows end at one.
        let ends_at = DateTime::from_timestamp(now.timestamp(), 0).unwrap() + self.length;
        let fresh = Window { ends_at, used: 0 };
        let window = self.windows.entry((endpoint, caller)).or_insert(fresh);
        if window.ends_at <= now {
            *window = fresh;
        }
        window
    }

    /// X's documented limits.
    fn allowed(&self, endpoint: Endpoint, caller: Caller) -> u32 {
        let documented = match (endpoint, caller) {
            (Endpoint::Me, _) => 75,
            (Endpoint::ByHandle, Caller::App) => 300,
            (Endpoint::ByHandle, Caller::Account) => 900,
            (Endpoint::Mentions | Endpoint::Search, Caller::App) => 450,
            (Endpoint::Mentions | Endpoint::Search, Caller::Account) => 300,
            (Endpoint::Lookup, Caller::App) => 3_500,
            (Endpoint::Lookup, Caller::Account) => 5_000,
        };
        self.own.get(&endpoint).copied().unwrap_or(documented)
    }
}
