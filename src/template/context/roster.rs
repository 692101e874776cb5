//! Roster import: what a file would change, before it changes anything.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Words};
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
    /// People on the roster now.
    pub people: u64,
    /// What the file would do; none before one was sent.
    pub change: Option<RosterChange>,
    /// How many changes were just applied.
    pub applied: Option<u64>,
    /// Why the file as a whole cannot be used.
    pub refused: Option<String>,
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
    /// Lines that cannot be used.
    pub bad: Vec<BadLine>,
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
    /// What forbids applying.
    pub forbidden: Option<String>,
}

/// A line that cannot be used.
#[derive(Clone, Debug, Serialize)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong, and what would be right.
    pub reason: String,
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
    /// The field's name.
    pub name: String,
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
