//! The administrator's list of sources, and how they do.
use serde::Serialize;

use super::super::{Language, Moment};
use super::{Context, Page};

/// The ways in, and how they do.
#[derive(Clone, Debug, Serialize)]
pub struct AdminSourcesPage {
    /// The frame.
    pub page: Page,
    /// The sources, those that need help first.
    pub sources: Vec<SourceRow>,
    /// Where another is connected; none for whoever may only read.
    pub connect_url: Option<String>,
}

/// A source.
#[derive(Clone, Debug, Serialize)]
pub struct SourceRow {
    /// Its name.
    pub name: String,
    /// Its kind as people call it: "X", "Typeform".
    pub kind: String,
    /// Key of what its kind is called, where that is a word of ours.
    pub kind_key: Option<&'static str>,
    /// Where the form of the organisation is.
    pub form_url: Option<String>,
    /// Where its poster is.
    pub poster_url: String,
    /// Its whole address.
    pub form_address: String,
    /// How it does.
    pub health: Health,
    /// Whether somebody has to do something.
    pub needs_help: bool,
    /// When the last comment came in.
    pub last: Option<Moment>,
    /// Comments of the last 30 days.
    pub comments: u64,
    /// How it is read, where it is a public network.
    pub reading: Option<SourceReading>,
    /// What a tool pushes to it.
    pub pushed: Option<SourcePushes>,
    /// Whether it can be resumed: it is paused, or waits for somebody to put something right or see it.
    pub resumable: bool,
    /// Where `to` posts: `pause` or `resume`; none for whoever may only read.
    pub switch_url: Option<String>,
}

/// How a public network is read.
#[derive(Clone, Debug, Serialize)]
pub struct SourceReading {
    /// The account it reads as: "@tarn".
    pub account: Option<String>,
    /// The last call that was answered.
    pub last: Option<Moment>,
    /// How far behind the present it is, once it has caught up for the first time.
    pub behind: Option<Behind>,
    /// What this month cost so far: "$1.25".
    pub spent: String,
    /// Most that a month may cost; none for no limit.
    pub budget: Option<String>,
    /// Posts that were charged this month.
    pub posts: i64,
    /// What failed last and what to do, in English.
    pub error: Option<String>,
    /// Since when it fails.
    pub failed: Option<Moment>,
    /// What became of the mails, where it is a mailbox: that costs nothing.
    pub mails: Option<SourceMails>,
    /// Posts of this time could not be fetched any more.
    pub gap: Option<[Moment; 2]>,
    /// Posts whose words are kept were not looked up since then, which is too long.
    pub unchecked: Option<Moment>,
}

/// What became of the mails of a mailbox.
#[derive(Clone, Debug, Serialize)]
pub struct SourceMails {
    /// How many became no message.
    pub skipped: u64,
    /// When the server numbered all mails anew.
    pub renumbered: Option<Moment>,
}

/// How a source does to which a tool pushes.
#[derive(Clone, Debug, Serialize)]
pub struct SourcePushes {
    /// The last push that was rightly signed.
    pub last: Option<Moment>,
    /// Pushes that have not been read yet.
    pub waiting: u64,
    /// Pushes that cannot be read.
    pub quarantined: u64,
    /// Pushes that were refused.
    pub refused: u64,
    /// When the last of them was.
    pub refused_last: Option<Moment>,
    /// Where those stand that cannot be read.
    pub quarantine_url: String,
    /// Where its own page is.
    pub url: String,
    /// It must sign, and no secret was entered yet.
    pub lacks_secret: bool,
}

/// What a tool pushed that cannot be read.
#[derive(Clone, Debug, Serialize)]
pub struct AdminQuarantinePage {
    /// The frame.
    pub page: Page,
    /// The source's name.
    pub source: String,
    /// The oldest of them.
    pub pushes: Vec<PushRow>,
    /// Whether there are more than the page shows.
    pub has_more: bool,
    /// Where reading them again posts; none for whoever may only read.
    pub replay_url: Option<String>,
}

/// A push that cannot be read.
#[derive(Clone, Debug, Serialize)]
pub struct PushRow {
    /// Its id, by which programs ask for it.
    pub id: String,
    /// When it came in.
    pub at: Moment,
    /// Why it cannot be read, in English.
    pub reason: String,
}

impl Context for AdminQuarantinePage {
    const NAME: &'static str = "pages/admin-quarantine";

    fn language(&self) -> Language {
        self.page.language
    }
}

/// A stretch of time, as people say it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Behind {
    /// Key of the sentence: `admin.behind.minutes`, `.hours`, `.days`.
    pub key: &'static str,
    /// How many, rounded up.
    pub n: i64,
}

impl Behind {
    /// So many seconds.
    #[must_use]
    pub fn of(seconds: i64) -> Self {
        const HOUR: i64 = 3600;
        const DAY: i64 = 24 * HOUR;
        let (key, unit) = match seconds {
            ..=7200 => ("admin.behind.minutes", 60),
            7201..=172_800 => ("admin.behind.hours", HOUR),
            _ => ("admin.behind.days", DAY),
        };
        let n = seconds.max(1).saturating_add(unit - 1) / unit;
        Self { key, n }
    }
}

/// How a source does. The serialised form is the key of its name in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Health {
    /// It works.
    #[serde(rename = "admin.health.well")]
    Well,
    /// It is read for the first time and has not reached the present.
    #[serde(rename = "admin.health.catching_up")]
    CatchingUp,
    /// It fails and is tried again by itself.
    #[serde(rename = "admin.health.failing")]
    Failing,
    /// It is not read before somebody puts something right.
    #[serde(rename = "admin.health.stopped")]
    Stopped,
    /// Its budget does not cover the next call.
    #[serde(rename = "admin.health.budget")]
    BudgetReached,
    /// Somebody paused it.
    #[serde(rename = "admin.health.paused")]
    Paused,
}

impl Context for AdminSourcesPage {
    const NAME: &'static str = "pages/admin-sources";

    fn language(&self) -> Language {
        self.page.language
    }
}

#[cfg(test)]
mod tests {
    use super::Behind;

    #[test]
    fn a_stretch_of_time_is_said_in_the_unit_that_people_would_use() {
        let said = |seconds| {
            let behind = Behind::of(seconds);
            (behind.key.rsplit('.').next().unwrap(), behind.n)
        };
        assert_eq!(said(0), ("minutes", 1));
        assert_eq!(said(61), ("minutes", 2));
        assert_eq!(said(7201), ("hours", 3));
        assert_eq!(said(172_801), ("days", 3));
    }
}
