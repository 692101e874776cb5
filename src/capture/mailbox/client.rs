//! What is asked of a mailbox: who we are, and the next mails.
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    credentials::Credentials,
    door::Door,
    progress::Progress,
    session::{Failure, Folder, Session, too_deep},
    settings::Settings,
};
use crate::capture::remote::{Networks, ReadError};

/// Bytes that a server may send in one conversation.
pub(super) const SESSION_BYTES: usize = 64 << 20;

/// How much one conversation brings at most, and how long it takes.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// To connect and sign in.
    pub opening: Duration,
    /// For one answer.
    pub answer: Duration,
    /// After so long no further mail is fetched.
    pub fetching: Duration,
    /// Mails that are fetched.
    pub mails: usize,
    /// Bytes of one mail: what somebody wrote stands in front of what they attached.
    pub mail_bytes: usize,
    /// After so many bytes no further mail is fetched.
    pub fetched_bytes: usize,
    /// Bytes that the server may send.
    pub session_bytes: usize,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            opening: Duration::from_secs(20),
            answer: Duration::from_secs(20),
            fetching: Duration::from_secs(20),
            mails: 50,
            mail_bytes: 2 << 20,
            fetched_bytes: 32 << 20,
            session_bytes: SESSION_BYTES,
        }
    }
}

/// Reads one mailbox.
#[derive(Clone, Debug)]
pub struct Client {
    settings: Settings,
    door: Door,
    limits: Limits,
}

/// The machine cannot do TLS: it has no certificates, for instance.
#[derive(Debug, thiserror::Error)]
#[error("no connection to a mailbox can be protected on this machine: {0}")]
pub struct ClientError(#[from] rustls::Error);

/// A mail as it lies there.
#[derive(Clone, Debug)]
pub struct Letter {
    /// Its number in the folder.
    pub uid: u32,
    /// Its bytes, as far as they are read; or why there are none, as it is counted.
    pub raw: Result<Vec<u8>, &'static str>,
}

/// What a conversation brought.
#[derive(Clone, Debug)]
pub struct Round {
    /// The mails that come next, in order.
    pub letters: Vec<Letter>,
    /// Where the reader stands, without these mails; what was to be moved has been.
    pub progress: Progress,
    /// Whether further mails lie there.
    pub has_more: bool,
    /// Why it ended early.
    pub broke: Option<ReadError>,
    /// Why mails could not be moved.
    pub not_moved: Option<String>,
}

impl Client {
    /// A client; nothing is sent yet.
    ///
    /// # Errors
    /// When the machine cannot do TLS.
    pub fn new(
        settings: Settings,
        credentials: Credentials,
        networks: Networks,
        limits: Limits,
    ) -> Result<Client, ClientError> {
        let door = Door::new(settings.clone(), credentials, networks, limits)?;
        Ok(Client {
            settings,
            door,
            limits,
        })
    }

    /// With the access tokens of an earlier client, if they were got with the same secrets: the provider changes these in
    /// the middle of the work.
    #[must_use]
    pub fn going_on_from(mut self, earlier: &Client) -> Client {
        if self.settings == earlier.settings {
            self.door.go_on_from(&earlier.door);
        }
        self
    }

    /// The secrets to be kept in place of those there are, if the provider changed them.
    #[must_use]
    pub fn rotated(&self) -> Option<Credentials> {
        self.door.rotated()
    }

    /// Signs in, opens the folder, and makes those that mails are moved to.
    ///
    /// # Errors
    /// As every call: see [`ReadError::remedy`].
    pub async fn verify(&self) -> Result<(), ReadError> {
        let mut session = self.door.open().await?;
        self.select(&mut session).await?;
        let folders = [&self.settings.done_folder, &self.settings.unclear_folder];
        for folder in folders.into_iter().flatten() {
            let ensured = session.ensure(folder).await;
            ensured.map_err(|failure| {
                failure.into_error(&format!("the folder {folder:?} is not there and cannot be made"))
            })?;
        }
        session.end().await;
        Ok(())
    }

    /// Moves what is to be moved, and fetches the mails that come next. Of a folder that is read for the first time, and of one
    /// whose mails have other numbers now, those that came in since a time.
    ///
    /// # Errors
    /// When not even the folder could be opened; afterwards the round says why it ended.
    pub async fn read(
        &self,
        progress: &Progress,
        since: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Round, ReadError> {
        let mut session = self.door.open().await?;
        let folder = self.select(&mut session).await?;
        let mut round = Round {
            letters: Vec::new(),
            progress: progress.clone(),
            has_more: false,
            broke: None,
            not_moved: None,
        };
        if folder.validity != progress.validity {
            let start = start(&mut session, folder, since).await;
            let start = start.map_err(|failure| failure.into_error("the mails cannot be looked through"))?;
            round.progress.renumber(folder.validity, start, now);
        }
        if let Err(Failure::Broken(error)) = self.fill(&mut session, &mut round).await {
            round.broke = Some(error);
            return Ok(round);
        }
        session.end().await;
        Ok(round)
    }

    async fn select(&self, session: &mut Session) -> Result<Folder, ReadError> {
        let name = &self.settings.folder;
        let folder = session.select(name).await.map_err(|failure| {
            failure.into_error(&format!(
                "the folder {name:?} cannot be opened; is it still there?"
            ))
        })?;
        if folder.validity == 0 {
            let why = format!(
                "the server numbers the mails of the folder {name:?} without UIDVALIDITY, so that none is known again"
            );
            return Err(ReadError::Unreadable(why));
        }
        Ok(folder)
    }

    async fn fill(&self, session: &mut Session, round: &mut Round) -> Result<(), Failure> {
        self.move_waiting(session, round).await?;
        let after = round.progress.read_to;
        let found = session
            .search(&format!("UID {}:*", after.saturating_add(1)))
            .await;
        let waiting = match found {
            Ok(found) => found,
            Err(Failure::Refused { said, .. }) => {
                return Err(Failure::Broken(ReadError::Connection(format!(
                    "the mails cannot be looked through: {said}"
                ))));
            }
            Err(broken) => return Err(broken),
        };
        // `*` is the last mail, whatever its number.
        let waiting: Vec<u32> = waiting.into_iter().filter(|uid| *uid > after).collect();
        let began = Instant::now();
        let mut bytes = 0;
        let mut looked_at = 0;
        for uid in waiting.iter().copied().take(self.limits.mails) {
            if bytes > self.limits.fetched_bytes || began.elapsed() > self.limits.fetching {
                break;
            }
            bytes += self.fetch(session, round, uid).await?;
            looked_at += 1;
        }
        round.has_more = looked_at < waiting.len();
        Ok(())
    }

    /// Adds one mail to the round; answers how many bytes it has. One that is not handed over, whose answer must not be parsed,
    /// or at which the conversation ended time and again is passed over. What was deleted meanwhile is no mail any more.
    async fn fetch(&self, session: &mut Session, round: &mut Round, uid: u32) -> Result<usize, Failure> {
        let gives_up = round.progress.gives_up(uid);
        let fetched = match gives_up {
            true => Ok(None),
            false => session.fetch(uid, self.limits.mail_bytes).await,
        };
        if !gives_up && matches!(fetched, Ok(None)) && is_gone(session, uid).await? {
            return Ok(0);
        }
        let (raw, end) = match fetched {
            Ok(raw) => (raw.ok_or("not_fetched"), None),
            Err(Failure::Broken(error)) if error == too_deep() => (Err("unreadable"), Some(error)),
            Err(failure) => {
                round.progress.note_stuck(uid);
                let asked = "the server does not hand a mail over";
                return Err(Failure::Broken(failure.into_error(asked)));
            }
        };
        let bytes = raw.as_ref().map_or(0, Vec::len);
        round.letters.push(Letter { uid, raw });
        end.map_or(Ok(bytes), |error| Err(Failure::Broken(error)))
    }

    async fn move_waiting(&self, session: &mut Session, round: &mut Round) -> Result<(), Failure> {
        let progress = &mut round.progress;
        let ways = [
            (&self.settings.done_folder, &mut progress.done),
            (&self.settings.unclear_folder, &mut progress.unclear),
        ];
        for (folder, uids) in ways {
            let Some(folder) = folder else {
                uids.clear();
                continue;
            };
            match session.move_to(uids, folder).await {
                Ok(()) => uids.clear(),
                Err(Failure::Refused { said, .. }) => {
                    let why = format!("mails cannot be moved to the folder {folder:?}: {said}");
                    round.not_moved = Some(why);
                }
                Err(broken) => return Err(broken),
            }
        }
        Ok(())
    }
}

/// Whether a mail that was found is there no more; a server that does not say so still has it.
async fn is_gone(session: &mut Session, uid: u32) -> Result<bool, Failure> {
    match session.search(&format!("UID {uid}")).await {
        Ok(found) => Ok(!found.contains(&uid)),
        Err(Failure::Refused { .. }) => Ok(false),
        Err(broken) => Err(broken),
    }
}

/// The number before the first mail that came in since a time; the last one there is where none did.
async fn start(session: &mut Session, folder: Folder, since: DateTime<Utc>) -> Result<u32, Failure> {
    // Servers compare days, and by their own clocks' zone.
    let day = (since - TimeDelta::days(1)).format("%d-%b-%Y");
    let candidates = session.search(&format!("SINCE {day}")).await?;
    let mut first = None;
    if !candidates.is_empty() {
        let times = session.came_in(&candidates).await?;
        let young = times.into_iter().filter(|(_, at)| *at >= since);
        first = young.map(|(uid, _)| uid).min();
    }
    let next = match (first, folder.next) {
        (Some(first), _) => first,
        (None, Some(next)) => next,
        (None, None) => {
            let all = session.search("ALL").await?;
            all.last().map_or(1, |last| last.saturating_add(1))
        }
    };
    Ok(next.saturating_sub(1))
}
