//! The digest: a reader's day, week or month, as a mail and as a page.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Words};
use super::{Band, Context, MailFrame, Pace, Page, Post, SourceName};

/// What a digest tells, the same in mail and page. Never empty: if nothing happened no digest is made.
#[derive(Clone, Debug, Serialize)]
pub struct Week {
    /// Team or site, as the headline's second line names it.
    pub about: String,
    /// The first day that it tells.
    pub first: NaiveDate,
    /// The last.
    pub last: NaiveDate,
    /// How often digests leave: "day", "week" or "month".
    pub every: &'static str,
    /// Thank-yous of the period.
    pub thanks: u64,
    /// People they are for.
    pub thanked: u64,
    /// Praise by person, most words first; the words of each newest first.
    pub people: Vec<PersonPraise>,
    /// How many people more were praised.
    pub people_more: u64,
    /// Praise of the site, nobody named.
    pub site: Vec<Quoted>,
    /// How much more of it there is.
    pub site_more: u64,
    /// What waits for a decision; oldest first.
    pub waiting: Vec<Waiting>,
    /// How many wait beyond those.
    pub waiting_more: u64,
    /// Complaints that wait to be put right.
    pub complaints: u64,
    /// Decided now, said before the period.
    pub late: Vec<PersonPraise>,
    /// How many people more.
    pub late_more: u64,
    /// Told in an earlier digest and since withdrawn.
    pub withdrawn: Vec<Changed>,
    /// How many more.
    pub withdrawn_more: u64,
    /// The team's board for the period.
    pub bands: Vec<Band>,
    /// The whole board.
    pub board_url: Option<String>,
    /// How long it takes until words are heard.
    pub pace: Option<Pace>,
    /// Where to decide and pass on.
    pub desk_url: Option<String>,
}

/// A person and what was said of them.
#[derive(Clone, Debug, Serialize)]
pub struct PersonPraise {
    /// The name.
    pub name: String,
    /// What they do.
    pub job_title: Option<String>,
    /// The words, newest first, perhaps only the first of many.
    pub quotes: Vec<Quoted>,
    /// How many more there are.
    pub more: u64,
}

/// Words with where they came from.
#[derive(Clone, Debug, Serialize)]
pub struct Quoted {
    /// The words; none where they may not be shown here (a post of X, erased): `post` then says where they are.
    pub words: Option<Words>,
    /// The public post.
    pub post: Option<Post>,
    /// The way it came in.
    pub source: SourceName,
    /// The day.
    pub day: NaiveDate,
    /// Whether the day is named in full: it lies before the period.
    pub is_late: bool,
    /// The page of just this praise, or the post.
    pub url: Option<String>,
}

/// Something that waits for a decision.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// The words, shortened.
    pub words: Words,
    /// Since when.
    pub since: NaiveDate,
    /// Who is thought of, best first, three at most.
    pub candidates: Vec<String>,
    /// Where to decide.
    pub url: Option<String>,
}

/// A praise that was told and is no longer so.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// Whose it was.
    pub name: String,
    /// The day of the words.
    pub day: NaiveDate,
    /// Key of the reason: `digest.withdrawn.words_changed`, `.decided` or `.taken_back`.
    pub key: &'static str,
}

/// The digest as a mail.
#[derive(Clone, Debug, Serialize)]
pub struct DigestMail {
    /// The frame.
    pub mail: MailFrame,
    /// What it tells.
    pub week: Week,
    /// The digest as a page.
    pub page_url: Option<String>,
}

/// The digest as a page.
#[derive(Clone, Debug, Serialize)]
pub struct DigestPage {
    /// The frame.
    pub page: Page,
    /// What it tells.
    pub week: Week,
    /// The digest before, if there is one.
    pub earlier_url: Option<String>,
    /// The digest after.
    pub later_url: Option<String>,
}

impl Context for DigestMail {
    const NAME: &'static str = "email/digest";

    fn language(&self) -> Language {
        self.mail.language
    }
}

impl Context for DigestPage {
    const NAME: &'static str = "pages/digest";

    fn language(&self) -> Language {
        self.page.language
    }
}
