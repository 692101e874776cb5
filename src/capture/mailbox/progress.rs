//! How far a mailbox is read, and what is still to be done to its mails. Kept in `reader.progress`, and committed with the
//! comments that the mails became: whatever dies, what was committed is not read again, and what was not is.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Mails that may wait to be moved. Where moving fails for so long, the oldest stay where they are.
const MOST_WAITING: usize = 5_000;
/// Attempts at a mail on which the conversation ends each time.
const TRIES: u32 = 4;

/// Where the reader of a mailbox stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// The folder's `UIDVALIDITY`: another one says that its mails have other numbers. 0 before the first reading.
    pub validity: u32,
    /// The last mail that was read, by its number (`UID`).
    pub read_to: u32,
    /// Mails that became comments and are to be moved.
    pub done: Vec<u32>,
    /// Mails that became none and are to be moved.
    pub unclear: Vec<u32>,
    /// The mail on which the last conversations ended, and how many of them.
    pub stuck: Option<(u32, u32)>,
    /// When the folder's mails had other numbers all of a sudden.
    pub renumbered_at: Option<DateTime<Utc>>,
    /// How many mails became no comment, by the reason.
    pub skipped: BTreeMap<String, u64>,
}

/// What became of a mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// A comment, now or before.
    Comment,
    /// None, for this reason.
    Skipped(&'static str),
}

impl Progress {
    /// As it was kept.
    #[must_use]
    pub fn of(reader: &entity::reader::Model) -> Progress {
        let kept = reader.progress.clone();
        kept.and_then(|kept| serde_json::from_value(kept).ok())
            .unwrap_or_default()
    }

    /// As it is kept.
    #[must_use]
    pub fn kept(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    /// Whether the conversation ended on this mail so often that it is passed over.
    #[must_use]
    pub fn gives_up(&self, uid: u32) -> bool {
        self.stuck
            .is_some_and(|(stuck, tries)| stuck == uid && tries >= TRIES)
    }

    /// Begins anew in a folder of this `UIDVALIDITY`: numbers of before mean nothing there.
    pub(super) fn renumber(&mut self, validity: u32, read_to: u32, now: DateTime<Utc>) {
        self.renumbered_at = (self.validity != 0).then_some(now);
        self.validity = validity;
        self.read_to = read_to;
        self.done.clear();
        self.unclear.clear();
        self.stuck = None;
    }

    pub(super) fn note_stuck(&mut self, uid: u32) {
        let tries = self.stuck.filter(|(stuck, _)| *stuck == uid);
        self.stuck = Some((uid, tries.map_or(1, |(_, tries)| tries.saturating_add(1))));
    }

    /// Notes what became of a mail.
    pub fn note(&mut self, uid: u32, fate: Fate) {
        self.read_to = self.read_to.max(uid);
        self.stuck = self.stuck.filter(|(stuck, _)| *stuck > uid);
        let waiting = match fate {
            Fate::Comment => &mut self.done,
            Fate::Skipped(why) => {
                let count = self.skipped.entry(why.to_owned()).or_default();
                *count = count.saturating_add(1);
                &mut self.unclear
            }
        };
        waiting.push(uid);
        let surplus = waiting.len().saturating_sub(MOST_WAITING);
        waiting.drain(..surplus);
    }
}

/// Numbers as a set of IMAP: `1:3,7`. They must be in order.
pub(super) fn set(uids: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for uid in uids {
        match runs.last_mut() {
            Some((_, end)) if *uid == end.saturating_add(1) => *end = *uid,
            _ => runs.push((*uid, *uid)),
        }
    }
    let written = runs.iter().map(|(start, end)| match start == end {
        true => start.to_string(),
        false => format!("{start}:{end}"),
    });
    written.collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_follow_each_other_are_written_as_one() {
        assert_eq!(set(&[1, 2, 3, 7, 9, 10]), "1:3,7,9:10");
        assert_eq!(set(&[]), "");
    }
}
