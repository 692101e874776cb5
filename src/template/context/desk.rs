//! The manager's desk: what waits, oldest first.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Because, Candidate, Context, Page, Post, SourceName, Why};

/// The desk.
#[derive(Clone, Debug, Serialize)]
pub struct DeskPage {
    /// The frame.
    pub page: Page,
    /// Whether the reader may change nothing here: an auditor.
    pub reads_only: bool,
    /// Where people are added, while nobody is on the roster and the reader may.
    pub roster_url: Option<String>,
    /// How many things wait.
    pub waiting: u64,
    /// Since when the oldest waits.
    pub oldest: Option<Moment>,
    /// How long it takes until words are heard.
    pub pace: Option<Pace>,
    /// To be passed on.
    pub pass_on: Vec<PassOn>,
    /// What was just done, to be undone.
    pub done: Option<Done>,
    /// To be decided.
    pub decide: Vec<Decide>,
    /// To be put right.
    pub complaints: Vec<Complaint>,
    /// What follows on the next page.
    pub next_url: Option<String>,
    /// What looks like junk, if there is any and the reader may see it.
    pub held: Option<Held>,
}

/// Comments that are held back.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// How many, as far as they were counted.
    pub n: u64,
    /// Whether counting stopped there: "99+".
    pub is_more: bool,
    /// Where they are.
    pub url: String,
}

/// Half and nine in ten of the thank-yous of the last four weeks were passed on within these times.
#[derive(Clone, Debug, Serialize)]
pub struct Pace {
    /// Half of them.
    pub half: Within,
    /// Nine in ten.
    pub most: Within,
}

/// A time that something took at most.
#[derive(Clone, Debug, Serialize)]
pub struct Within {
    /// `hours` or `days`, as in the catalogue below `desk.pace` and `desk.pace_most`.
    pub unit: &'static str,
    /// How many.
    pub n: u64,
}

impl Within {
    /// Hours, or days where it takes two or more of them; always rounded up.
    #[must_use]
    pub fn of(minutes: i64) -> Self {
        let hours = u64::try_from(minutes).unwrap_or_default().div_ceil(60).max(1);
        if hours < 48 {
            return Self {
                unit: "hours",
                n: hours,
            };
        }
        Self {
            unit: "days",
            n: hours.div_ceil(24),
        }
    }
}

/// Where and since when.
#[derive(Clone, Debug, Serialize)]
pub struct Whence {
    /// When it was said.
    pub at: Moment,
    /// The way it came in.
    pub source: SourceName,
    /// Where it was.
    pub site: Option<String>,
    /// For a public post.
    pub post: Option<Post>,
    /// Whole days it waits, from the second on.
    pub days: u64,
}

/// Words for somebody.
#[derive(Clone, Debug, Serialize)]
pub struct PassOn {
    /// Unique on the page; letters, digits and hyphens.
    pub id: String,
    /// Where from.
    pub whence: Whence,
    /// Full name of the person.
    pub name: String,
    /// What they are called when spoken of: "Amina".
    pub given_name: String,
    /// Job and until when they are in, as far as known.
    pub where_now: Option<String>,
    /// The words, evidence marked (posts: nothing marked).
    pub words: Words,
    /// Why it is theirs.
    pub why: Vec<Why>,
    /// By which day the person is to hear; none where nothing says.
    pub by: Option<NaiveDate>,
    /// Whether nobody who was asked has told them.
    pub is_unheard: bool,
    /// Why it lies on this desk.
    pub because: Because,
    /// Where the form posts: `how` is `told` or `sent`, `note` a line to the customer. None for who may only read.
    pub action: Option<String>,
    /// Whether it can be mailed to the person instead of being read aloud.
    pub can_send: bool,
    /// Whether the customer has a receipt on which a line would stand.
    pub can_note: bool,
    /// Where `That is not …` posts: the words go back to be decided. None for who may only read.
    pub not_them_url: Option<String>,
}

/// What was just done.
#[derive(Clone, Debug, Serialize)]
pub struct Done {
    /// Key: `desk.done.passed_on`, `.sent`, `.credited`, `.nobody`, `.not_staff`, `.not_praise`, `.not_them`,
    /// `.handled`.
    pub key: &'static str,
    /// The names in the sentence.
    pub names: Vec<String>,
    /// Where undoing posts; none once it cannot be undone.
    pub undo_url: Option<String>,
}

/// Words of which nobody knows yet whom they mean.
#[derive(Clone, Debug, Serialize)]
pub struct Decide {
    /// Unique on the page.
    pub id: String,
    /// Where from.
    pub whence: Whence,
    /// The words, evidence marked (posts: nothing marked).
    pub words: Words,
    /// What one of the staff said about it.
    pub says: Option<Says>,
    /// Who may be meant, best first, three at most.
    pub candidates: Vec<DeskCandidate>,
    /// Where the form posts: `staff` (an id), `decision` (`all`, `nobody`, `not_staff`, `not_praise`), or `who` typed.
    /// None for who may only read.
    pub action: Option<String>,
    /// Whether the words changed after somebody had decided.
    pub words_changed: bool,
    /// What was typed as `who` and found nobody or several.
    pub not_found: Option<String>,
    /// Whether "all of them" is offered: there are several, and none of them is the reader.
    pub can_credit_all: bool,
    /// Says that the reader chose themselves, which others decide.
    pub oneself: bool,
    /// Says that it is asked to see how often automatic credits are right.
    pub is_check: bool,
}

/// One of the staff says that it was they, or that it was not.
#[derive(Clone, Debug, Serialize)]
pub struct Says {
    /// Key of the sentence: `desk.says.claim`, `desk.says.not_me`.
    pub key: &'static str,
    /// Who.
    pub name: String,
}

/// Whether somebody was at work then.
#[derive(Clone, Debug, Serialize)]
pub struct ShiftThen {
    /// Key of the sentence: `desk.shift.on`, `desk.shift.off`.
    pub key: &'static str,
    /// "09:00–17:00"; empty where they were not.
    pub hours: String,
}

/// A candidate with its key on the keyboard.
#[derive(Clone, Debug, Serialize)]
pub struct DeskCandidate {
    /// 1 to 3.
    pub number: u8,
    /// Posted as `staff`.
    pub value: String,
    /// Whether it is the reader, of whom others decide.
    pub is_oneself: bool,
    /// The person, with reasons.
    pub candidate: Candidate,
    /// Whether they were at work when it happened, where the roster has shifts.
    pub shift: Option<ShiftThen>,
}

/// Something to put right.
#[derive(Clone, Debug, Serialize)]
pub struct Complaint {
    /// Unique on the page.
    pub id: String,
    /// Where from.
    pub whence: Whence,
    /// The words, never marked.
    pub words: Words,
    /// Whom the same comment also thanks: names.
    pub also_thanks: Vec<String>,
    /// Where `dealt with` posts; none for who may only read.
    pub action: Option<String>,
}

impl Context for DeskPage {
    const NAME: &'static str = "pages/desk";

    fn language(&self) -> Language {
        self.page.language
    }
}
