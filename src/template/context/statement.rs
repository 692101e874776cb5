//! What is done with people's data, to read and to print.
use serde::Serialize;

use super::super::{Language, Moment};
use super::{Context, Page};

/// What is done with people's data.
#[derive(Clone, Debug, Serialize)]
pub struct StatementPage {
    /// The frame.
    pub page: Page,
    /// When it was so.
    pub at: Moment,
    /// What the organisation and the installation chose.
    pub settings: Vec<StatementSetting>,
    /// How long things are kept.
    pub kept: Vec<StatementKept>,
    /// What is stored.
    pub data: Vec<StatementHeld>,
    /// Keys below `statement.role`.
    pub roles: Vec<&'static str>,
    /// What matters most, in words.
    pub sights: Vec<StatementRow>,
    /// Everything that can be done, by who may.
    pub groups: Vec<StatementGroup>,
    /// What the program decides.
    pub automatic: StatementAutomatic,
    /// What leaves the machine.
    pub leaves: Vec<StatementLeaving>,
    /// Where a signed copy is saved; none on paper.
    pub file_action: Option<String>,
    /// Where a signed copy is compared; none on paper.
    pub compare_action: Option<String>,
    /// What came of comparing one.
    pub compared: Option<StatementCompared>,
}

/// A choice.
#[derive(Clone, Debug, Serialize)]
pub struct StatementSetting {
    /// Key below `statement.setting`.
    pub name: String,
    /// Key below `statement.value`, where it is a word.
    pub word: Option<String>,
    /// Else as it stands.
    pub value: String,
}

/// How long something is kept.
#[derive(Clone, Debug, Serialize)]
pub struct StatementKept {
    /// Key below `statement.kept`.
    pub name: String,
    /// In days; 0 is for good.
    pub days: i64,
}

/// Columns that hold one kind of thing, and end alike.
#[derive(Clone, Debug, Serialize)]
pub struct StatementHeld {
    /// Key below `statement.holds`.
    pub holds: String,
    /// Keys below `statement.ends`.
    pub ends: Vec<String>,
    /// `table.column`.
    pub columns: Vec<String>,
}

/// Who may do one thing.
#[derive(Clone, Debug, Serialize)]
pub struct StatementRow {
    /// Key below `statement.sight`.
    pub name: String,
    /// For each role `all`, `some` or `none`.
    pub cells: Vec<&'static str>,
}

/// Things that the same people may do.
#[derive(Clone, Debug, Serialize)]
pub struct StatementGroup {
    /// Those who may, in the order of the roles.
    pub who: Vec<StatementWho>,
    /// Names of actions.
    pub actions: Vec<String>,
}

/// Somebody who may.
#[derive(Clone, Debug, Serialize)]
pub struct StatementWho {
    /// Key below `statement.role`.
    pub role: &'static str,
    /// `all` or `some`.
    pub extent: &'static str,
}

/// What the program decides, and how often it is wrong.
#[derive(Clone, Debug, Serialize)]
pub struct StatementAutomatic {
    /// Confidence from which a credit is automatic, in hundredths.
    pub threshold: String,
    /// Answers of a year.
    pub answered: u64,
    /// Of them wrong.
    pub wrong: u64,
    /// Between these, in hundredths; none while answers are few.
    pub low: Option<String>,
    /// The other end.
    pub high: Option<String>,
    /// Credits that people took back.
    pub taken_back: u64,
    /// People who wish that a person looks first.
    pub objections: u64,
}

/// A way by which data leave.
#[derive(Clone, Debug, Serialize)]
pub struct StatementLeaving {
    /// Key below `statement.leaving`.
    pub way: String,
    /// Its name.
    pub name: String,
    /// Kind, host, or what it may.
    pub detail: String,
}

/// What came of comparing a signed copy.
#[derive(Clone, Debug, Serialize)]
pub struct StatementCompared {
    /// `same`, `differs`, `changed`, `elsewhere` or `no_statement`: key below `statement.compared`.
    pub state: &'static str,
    /// When it was signed.
    pub since: Option<Moment>,
    /// What is otherwise now.
    pub changes: Vec<StatementChange>,
}

/// Something that is otherwise now.
#[derive(Clone, Debug, Serialize)]
pub struct StatementChange {
    /// Key below `statement.section`.
    pub section: String,
    /// Of what, by its name.
    pub name: String,
    /// Before.
    pub before: Option<String>,
    /// Now.
    pub now: Option<String>,
}

impl Context for StatementPage {
    const NAME: &'static str = "pages/statement";

    fn language(&self) -> Language {
        self.page.language
    }
}
