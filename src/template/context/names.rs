//! Praised names that nobody bears, and what was said of others.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Context, Page, SourceName};

/// The page.
#[derive(Clone, Debug, Serialize)]
pub struct NamesPage {
    /// The frame.
    pub page: Page,
    /// How many names wait.
    pub waiting: u64,
    /// The names, the most praised first.
    pub names: Vec<NameRow>,
    /// What was said of others, newest first.
    pub answered: Vec<AnsweredName>,
}

/// A name that waits.
#[derive(Clone, Debug, Serialize)]
pub struct NameRow {
    /// Unique on the page.
    pub id: String,
    /// As customers write it.
    pub name: String,
    /// Where.
    pub site: String,
    /// In how many messages.
    pub messages: i64,
    /// Whom people decided it to mean, if they did so twice.
    pub chosen: Option<ChosenName>,
    /// Those whose it may be.
    pub people: Vec<NamedPerson>,
    /// The newest of the messages.
    pub samples: Vec<NameSample>,
    /// Where an answer posts; none for who may only read.
    pub action: Option<String>,
    /// What was typed as somebody else, and fitted nobody or several.
    pub not_found: Option<String>,
    /// Who else is called so: why an answer was refused.
    pub bearer: Option<String>,
    /// Says that the days cannot be.
    pub wrong_days: bool,
    /// Says that nobody credits themselves.
    pub oneself: bool,
}

/// Whom people decided a name to mean.
#[derive(Clone, Debug, Serialize)]
pub struct ChosenName {
    /// Who.
    pub name: String,
    /// How often.
    pub times: i64,
}

/// Somebody whose name it may be.
#[derive(Clone, Debug, Serialize)]
pub struct NamedPerson {
    /// What the button sends.
    pub value: String,
    /// Their name.
    pub name: String,
}

/// A message with a name that waits.
#[derive(Clone, Debug, Serialize)]
pub struct NameSample {
    /// When it was said.
    pub at: Moment,
    /// The way it came in.
    pub source: SourceName,
    /// The words, with the name marked.
    pub words: Words,
}

/// What was said of a name.
#[derive(Clone, Debug, Serialize)]
pub struct AnsweredName {
    /// Unique on the page.
    pub id: String,
    /// The name; none once all messages with it are erased.
    pub name: Option<String>,
    /// Whose it is; none: nobody's of ours.
    pub person: Option<String>,
    /// Where.
    pub site: String,
    /// When it was said, or undone.
    pub at: Moment,
    /// Who said it, or undid it.
    pub by: String,
    /// Whether it was undone.
    pub is_undone: bool,
    /// The first day on which it is theirs, if there is one.
    pub from: Option<NaiveDate>,
    /// The last.
    pub until: Option<NaiveDate>,
    /// How far messages are read again; none where there was nothing to read.
    pub progress: Option<NameProgress>,
    /// Where undoing posts; none where it is undone, and for who may only read.
    pub undo_url: Option<String>,
}

/// How far messages are read again.
#[derive(Clone, Debug, Serialize)]
pub struct NameProgress {
    /// Whether all were read.
    pub is_done: bool,
    /// How many there are.
    pub to_read: i64,
    /// How many were read.
    pub read: i64,
    /// How many thank-yous came of it, or were taken back.
    pub credited: i64,
}

impl Context for NamesPage {
    const NAME: &'static str = "pages/names";

    fn language(&self) -> Language {
        self.page.language
    }
}
