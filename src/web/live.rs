//! Open feeds: one task of the process looks for all of them whether something new has come in, and whether their
//! readers are still signed in. It runs while a feed is open.
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use poem::http::StatusCode;
use sea_orm::DbErr;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{Web, problem::Failure, session};
use crate::{access::session as sessions, ledger::feed, roster::organisation as organisations};

const EVERY: Duration = Duration::from_secs(2);
/// Streams of one session: a browser reconnects those of tabs that are closed or asleep.
const OF_ONE_SESSION: usize = 5;
/// What was recognised so long ago is not news: well more than the longest transaction.
const NEWS: TimeDelta = TimeDelta::minutes(5);

/// The open feeds of the process.
#[derive(Clone, Debug, Default)]
pub struct Live(Arc<Mutex<Open>>);

#[derive(Debug, Default)]
struct Open {
    feeds: Vec<Feed>,
    is_watched: bool,
}

/// One stream.
#[derive(Clone, Debug)]
struct Feed {
    session: Uuid,
    token: SecretString,
    organisation: Uuid,
    staff: Uuid,
    /// The state of the roster, and the day, in which the reader was last known to be one.
    known: Option<(i64, NaiveDate)>,
    /// What is no news any more.
    seen: HashSet<Uuid>,
    news: mpsc::Sender<()>,
}

/// Whose feed is to be watched.
#[derive(Clone, Debug)]
pub struct Reader {
    /// The session that reads.
    pub session: Uuid,
    /// Its cookie.
    pub token: SecretString,
    /// Whose praise.
    pub staff: Uuid,
    /// In which organisation.
    pub organisation: Uuid,
}

impl Live {
    /// Hears of news until the session ends, the reader leaves or the service stops.
    pub async fn watch(&self, web: &Web, reader: Reader) -> Result<mpsc::Receiver<()>, Failure> {
        let (db, since) = (web.app.db.read(), web.app.clock.now() - NEWS);
        let recent = feed::recent_of(db, reader.organisation, [reader.staff], since).await?;
        let seen = recent.into_iter().map(|(_, recognition)| recognition).collect();
        let (news, hears) = mpsc::channel(1);
        let must_begin = {
            let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            open.feeds.retain(|feed| !feed.news.is_closed());
            let of_session = open.feeds.iter().filter(|feed| feed.session == reader.session);
            if of_session.count() >= OF_ONE_SESSION {
                return Err(too_many());
            }
            open.feeds.push(Feed {
                session: reader.session,
                token: reader.token,
                organisation: reader.organisation,
                staff: reader.staff,
                known: None,
                seen,
                news,
            });
            !std::mem::replace(&mut open.is_watched, true)
        };
        if must_begin {
            tokio::spawn(look_on(self.clone(), web.clone()));
        }
        Ok(hears)
    }

    /// Those that are open; none of them, and no watch any more, where all have been closed.
    fn feeds(&self) -> Vec<Feed> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        open.feeds.retain(|feed| !feed.news.is_closed());
        open.is_watched = !open.feeds.is_empty();
        open.feeds.clone()
    }

    /// Keeps what was found of those that go on; the others end.
    fn keep(&self, looked_at: &[Feed], mut going_on: Vec<Feed>) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = |feed: &Feed| !looked_at.iter().any(|one| one.news.same_channel(&feed.news));
        going_on.extend(open.feeds.drain(..).filter(is_new));
        open.feeds = going_on;
    }

    fn end(&self) {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *open = Open::default();
    }
}

fn too_many() -> Failure {
    Failure::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_requests",
        "Too many requests",
        Some("this session has its feed open too many times; close a tab".to_owned()),
    )
}

async fn look_on(live: Live, web: Web) {
    let stop = web.stop.clone();
    while stop
        .run_until_cancelled(tokio::time::sleep(EVERY))
        .await
        .is_some()
    {
        let feeds = live.feeds();
        if feeds.is_empty() {
            return;
        }
        match look(&web, feeds.clone()).await {
            Ok(going_on) => live.keep(&feeds, going_on),
            // Nobody is told that there is nothing new: the next look finds it.
            Err(error) => tracing::warn!(%error, "open feeds could not be looked at"),
        }
    }
    live.end();
}

/// Tells news to those whose readers are still signed in, and returns those.
async fn look(web: &Web, mut feeds: Vec<Feed>) -> Result<Vec<Feed>, DbErr> {
    let (db, now) = (web.app.db.read(), web.app.clock.now());
    let ids = feeds.iter().map(|feed| feed.session).collect();
    let open = sessions::still_open(db, ids, now).await?;
    feeds.retain(|feed| open.contains(&feed.session));
    let mut going_on = Vec::with_capacity(feeds.len());
    let of = |feed: &Feed| feed.organisation;
    feeds.sort_by_key(of);
    for of_one in feeds.chunk_by(|one, other| of(one) == of(other)) {
        going_on.extend(look_in(web, of_one, now).await?);
    }
    Ok(going_on)
}

/// The same for feeds of one organisation.
async fn look_in(web: &Web, feeds: &[Feed], now: DateTime<Utc>) -> Result<Vec<Feed>, DbErr> {
    let db = web.app.db.read();
    let Some(id) = feeds.first().map(|feed| feed.organisation) else {
        return Ok(Vec::new());
    };
    let Ok(Some(organisation)) = organisations::by_id(db, id).await else {
        return Ok(Vec::new());
    };
    let state = (
        organisation.roster_version,
        organisations::day_in(&organisation, now),
    );
    let staff: HashSet<Uuid> = feeds.iter().map(|feed| feed.staff).collect();
    let recent = feed::recent_of(db, id, staff, now - NEWS).await?;
    let mut by_staff: HashMap<Uuid, HashSet<Uuid>> = HashMap::new();
    for (staff, recognition) in recent {
        by_staff.entry(staff).or_default().insert(recognition);
    }
    let mut going_on = Vec::with_capacity(feeds.len());
    for mut feed in feeds.iter().cloned() {
        if feed.known != Some(state) {
            if session::authenticate(web, feed.token.expose_secret())
                .await?
                .is_none()
            {
                continue;
            }
            feed.known = Some(state);
        }
        feed.tell(by_staff.get(&feed.staff).cloned().unwrap_or_default());
        going_on.push(feed);
    }
    Ok(going_on)
}

impl Feed {
    fn tell(&mut self, recent: HashSet<Uuid>) {
        if !recent.is_subset(&self.seen) {
            // One that has not been taken yet says the same.
            let _ = self.news.try_send(());
        }
        self.seen = recent;
    }
}
