//! Roster import: what a file would change, before it changes anything.
use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Context, Page};

/// Upload, difference, result.
#[derive(Clone, Debug, Serialize)]
pub struct AdminRosterPage {
    /// The frame.
    pub page: Page,
    /// Where the file is posted (fields `file`, `create_sites`, `complete`); none for whoever may only read.
    pub upload_url: Option<String>,
    /// Columns that a file may have, those that are needed first; what they are is said below `roster.column.`.
    pub columns: Vec<&'static str>,
    /// A file that is right.
    pub example: &'static str,
    /// Where it is had.
    pub example_url: String,
    /// People on the roster now.
    pub people: u64,
    /// What the file would do; none before one was sent.
    pub change: Option<RosterChange>,
    /// How many changes were just applied.
    pub applied: Option<u64>,
    /// Why the file as a whole cannot be used: a key below `roster.refusal.`.
    pub refused: Option<String>,
    /// How things stand with the company's directory.
    pub directory: Directory,
}

/// The company's directory, which brings people in by SCIM.
#[derive(Clone, Debug, Serialize)]
pub struct Directory {
    /// What it calls.
    pub address: String,
    /// Whom it keeps.
    pub people: u64,
    /// Those of them whose manager it has not brought yet.
    pub waiting: u64,
    /// When it changed something last; none where it never did.
    pub changed: Option<Moment>,
    /// Since when it ends nobody, because it would have ended too many.
    pub stopped: Option<Moment>,
    /// Until when it ends as many as it likes.
    pub allowed: Option<Moment>,
    /// Lets it go on; none where it is not stopped, or for whoever may only read.
    pub go_on_url: Option<String>,
}

/// What a file would do.
#[derive(Clone, Debug, Serialize)]
pub struct RosterChange {
    /// Name of the file.
    pub file: String,
    /// Lines in it.
    pub lines: u64,
    /// Lines that change nothing.
    pub unchanged: u64,
    /// How many lines cannot be used.
    pub bad_lines: u64,
    /// What is wrong with them, each cause once.
    pub bad: Vec<BadLine>,
    /// The file's columns; whoever sees them may say what they stand for.
    pub columns: Vec<RosterColumn>,
    /// What a column may stand for; said below `roster.choice.`.
    pub choices: Vec<&'static str>,
    /// Where what is said of the columns is posted; none for whoever may only read.
    pub again_url: Option<String>,
    /// The order of days that was said: `dmy`, `mdy` or nothing.
    pub days: &'static str,
    /// People whose data change.
    pub changed: Vec<ChangedPerson>,
    /// Paths of sites to be made.
    pub new_sites: Vec<String>,
    /// New people.
    pub added: Vec<RosterPerson>,
    /// People who leave.
    pub leaving: Vec<RosterPerson>,
    /// Sum of the changes that would be applied.
    pub changes: u64,
    /// Where applying posts; none while something forbids it.
    pub apply_url: Option<String>,
    /// Digest of this difference (field `digest`): what is applied must be what was shown.
    pub digest: String,
    /// The file (field `file`), in base 64: nothing of it is kept between the two pages.
    pub content: String,
    /// Sites that are not there were to be made.
    pub create_sites: bool,
    /// Who is not in the file was to leave.
    pub complete: bool,
    /// Up to so many may leave though it is more than one in twenty.
    pub allow_leavers: Option<u64>,
    /// What is odd, or to be looked at.
    pub warnings: Vec<Sentence>,
    /// What forbids applying though every line is right.
    pub refusals: Vec<Sentence>,
    /// How many places are not there and could be made.
    pub missing_sites: u64,
    /// How many would leave, where somebody has to say that this is right.
    pub many_leave: Option<u64>,
}

/// A sentence of the catalogue with what stands in it.
#[derive(Clone, Debug, Serialize)]
pub struct Sentence {
    /// Its key.
    pub key: String,
    /// Values by name.
    pub values: BTreeMap<&'static str, String>,
}

/// A column of a file.
#[derive(Clone, Debug, Serialize)]
pub struct RosterColumn {
    /// Its heading.
    pub heading: String,
    /// Some of what stands below it.
    pub samples: String,
    /// What it stands for, one of the choices.
    pub column: &'static str,
    /// Whether somebody said so.
    pub is_said: bool,
}

/// What is wrong with one or more lines.
#[derive(Clone, Debug, Serialize)]
pub struct BadLine {
    /// The first of their numbers.
    pub line: u64,
    /// The first few, where there are several.
    pub lines: Option<String>,
    /// How many more there are.
    pub more: u64,
    /// The column it is about: a key below `roster.choice.`.
    pub column: Option<String>,
    /// What stands there.
    pub values: Vec<String>,
    /// What is wrong, and what would be right.
    pub reason: Sentence,
    /// Columns that are missing: keys below `roster.choice.`.
    pub missing: Vec<String>,
    /// The line, the bad field marked.
    pub text: Words,
}

/// Somebody whose data change.
#[derive(Clone, Debug, Serialize)]
pub struct ChangedPerson {
    /// The name.
    pub name: String,
    /// From when: "1 December".
    pub from: String,
    /// What changes.
    pub fields: Vec<ChangedField>,
}

/// A field before and after.
#[derive(Clone, Debug, Serialize)]
pub struct ChangedField {
    /// The field: a key below `roster.choice.`.
    pub name: &'static str,
    /// Before; none if it was empty.
    pub before: Option<String>,
    /// After; none if it becomes empty.
    pub after: Option<String>,
}

/// Somebody who comes or leaves.
#[derive(Clone, Debug, Serialize)]
pub struct RosterPerson {
    /// The name.
    pub name: String,
    /// The organisation's own id of them.
    pub employee_id: String,
    /// Their last day, where they leave.
    pub last_day: Option<NaiveDate>,
    /// What should be looked at: somebody of nearly the same name.
    pub warning: Option<String>,
}

impl Context for AdminRosterPage {
    const NAME: &'static str = "pages/admin-roster";

    fn language(&self) -> Language {
        self.page.language
    }
}
