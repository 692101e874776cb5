//! What somebody was thanked for, and whether a file that says so is genuine.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Words};
use super::{Context, Page, Post, SourceName};

/// "My record".
#[derive(Clone, Debug, Serialize)]
pub struct RecordPage {
    /// The frame.
    pub page: Page,
    /// The person.
    pub name: String,
    /// How many thank-yous.
    pub count: u64,
    /// The day of the first.
    pub first: Option<NaiveDate>,
    /// The day of the latest.
    pub latest: Option<NaiveDate>,
    /// Those that have a line of their own, newest first; only on the first page.
    pub milestones: Vec<RecordItem>,
    /// Every year with thank-yous, the latest first.
    pub years: Vec<RecordYear>,
    /// The year that is shown.
    pub year: String,
    /// Its thank-yous, newest first.
    pub items: Vec<RecordItem>,
    /// Older ones of the year.
    pub earlier_url: Option<String>,
    /// Where saving the file posts; none where the installation has no key that lasts.
    pub file_action: Option<String>,
    /// Where anybody can have a file checked, in full.
    pub verify_url: String,
}

/// A year.
#[derive(Clone, Debug, Serialize)]
pub struct RecordYear {
    /// In digits.
    pub year: String,
    /// How many thank-yous.
    pub count: u64,
    /// Its page.
    pub url: String,
    /// Whether it is shown.
    pub here: bool,
}

/// A thank-you.
#[derive(Clone, Debug, Serialize)]
pub struct RecordItem {
    /// Unique on the page.
    pub id: String,
    /// Which it is, counted from the first, where it has a line of its own.
    pub number: Option<u64>,
    /// Whether it is the first of all.
    pub is_first: bool,
    /// Its day.
    pub on: NaiveDate,
    /// The way it came in.
    pub source: SourceName,
    /// Where it was.
    pub site: Option<String>,
    /// The words; none where they were erased.
    pub words: Option<Words>,
    /// For a public post.
    pub post: Option<Post>,
    /// Whether the words are neither printed nor in the file.
    pub stays: bool,
}

impl Context for RecordPage {
    const NAME: &'static str = "pages/record";

    fn language(&self) -> Language {
        self.page.language
    }
}

/// "Is this record genuine?"
#[derive(Clone, Debug, Serialize)]
pub struct VerifyPage {
    /// The frame.
    pub page: Page,
    /// Where the form posts: `file` or `text`.
    pub action: String,
    /// What was found; none before something was sent.
    pub state: Option<VerifyState>,
    /// What a genuine record says.
    pub record: Option<VerifiedRecord>,
    /// The installation's key, in base64; none while nothing was signed.
    pub public_key: Option<String>,
}

/// What a file is. The serialised form is the key of its sentence below `verify.state.`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum VerifyState {
    /// Issued here, unchanged.
    Genuine,
    /// Changed.
    Changed,
    /// Not issued here.
    Elsewhere,
    /// No record.
    NoRecord,
    /// Nothing was sent.
    Nothing,
}

/// A genuine record.
#[derive(Clone, Debug, Serialize)]
pub struct VerifiedRecord {
    /// Whose.
    pub person: String,
    /// Of which organisation.
    pub organisation: String,
    /// When it was issued.
    pub issued_on: NaiveDate,
    /// How many thank-yous.
    pub count: u64,
    /// The day of the first.
    pub first: Option<NaiveDate>,
    /// The day of the latest.
    pub latest: Option<NaiveDate>,
    /// The words that it holds, newest first.
    pub quotes: Vec<VerifiedQuote>,
    /// Thank-yous of which it holds no words.
    pub without_words: u64,
}

/// Words in a record.
#[derive(Clone, Debug, Serialize)]
pub struct VerifiedQuote {
    /// The day.
    pub on: NaiveDate,
    /// Where.
    pub site: Option<String>,
    /// The words.
    pub words: Words,
}

impl Context for VerifyPage {
    const NAME: &'static str = "pages/verify";

    fn language(&self) -> Language {
        self.page.language
    }
}
