//! Rules: who hears of thank-yous besides those who hear of them anyway.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Moment};
use super::{Choice, Context, Field, FormProblemKind, Page};

/// The rules, and the form for another one.
#[derive(Clone, Debug, Serialize)]
pub struct RulesPage {
    /// The frame.
    pub page: Page,
    /// Says that something was saved.
    pub saved: bool,
    /// Where the reader confirms who they are before they change something.
    pub confirm_url: Option<String>,
    /// The rules beyond the first, oldest first.
    pub rules: Vec<RuleRow>,
    /// Where a rule is tried (`do` is `try`) or added (`add`); none for whoever may only read.
    pub action: Option<String>,
    /// `name`.
    pub called: Field,
    /// `who`; labels are keys.
    pub whom: Vec<Choice>,
    /// What is wrong with `who`.
    pub whom_problem: Option<FormProblemKind>,
    /// `person`: a number or a full name.
    pub person: Field,
    /// `room`: rooms and endpoints.
    pub rooms: Vec<Choice>,
    /// What is wrong with `room`.
    pub room_problem: Option<FormProblemKind>,
    /// `when`; labels are keys.
    pub whens: Vec<Choice>,
    /// What is wrong with `when`.
    pub when_problem: Option<FormProblemKind>,
    /// `source`; empty for any.
    pub sources: Vec<Choice>,
    /// `score`.
    pub score: Field,
    /// `language`.
    pub written_in: Field,
    /// `nth`.
    pub nth: Field,
    /// What would have come of the last week, where it was tried.
    pub trial: Option<RuleTrial>,
}

/// A rule.
#[derive(Clone, Debug, Serialize)]
pub struct RuleRow {
    /// What it is called.
    pub name: String,
    /// Who hears: a key below `rules.whom.`.
    pub who: &'static str,
    /// The name of the person or room.
    pub whom: Option<String>,
    /// Whether they hear at once.
    pub at_once: bool,
    /// Only of praise by this source.
    pub source: Option<String>,
    /// Only with such a score, of ten.
    pub score: Option<i32>,
    /// Only in this language: a code.
    pub written_in: Option<String>,
    /// Only the nth thank-you of somebody.
    pub nth: Option<i32>,
    /// Since when.
    pub since: Moment,
    /// Where it is ended; none for whoever may only read.
    pub end_url: Option<String>,
}

/// Who would have heard of last week's praise.
#[derive(Clone, Debug, Serialize)]
pub struct RuleTrial {
    /// Thank-yous that were looked at.
    pub thanks: u64,
    /// Of how many the new rule would have told somebody.
    pub told: u64,
    /// How often a rule names somebody who may not see it.
    pub refused: u64,
    /// The newest of them.
    pub rows: Vec<TrialRow>,
}

/// A thank-you of last week.
#[derive(Clone, Debug, Serialize)]
pub struct TrialRow {
    /// Whose.
    pub name: String,
    /// When it was said.
    pub day: NaiveDate,
    /// Who would have heard.
    pub heard: Vec<TrialReader>,
}

/// Somebody who would have heard.
#[derive(Clone, Debug, Serialize)]
pub struct TrialReader {
    /// The reader's or room's name.
    pub who: String,
    /// The rule's name; none for the first one.
    pub rule: Option<String>,
}

impl Context for RulesPage {
    const NAME: &'static str = "pages/admin-rules";

    fn language(&self) -> Language {
        self.page.language
    }
}
