//! How answers are fetched from a tool: the key, what is to be read, and what it held before it pushed.
use serde::Serialize;

use super::{super::Moment, Steps};

/// The section of a source's page.
#[derive(Clone, Debug, Serialize)]
pub struct FetchSection {
    /// As its maker calls the tool.
    pub tool: String,
    /// It has a list of what was said before it pushed.
    pub has_list: bool,
    /// What it pushes may only name an answer.
    pub has_thin: bool,
    /// Whether a key was entered.
    pub has_key: bool,
    /// What went wrong with the last call, in English.
    pub problem: Option<String>,
    /// The newest backfill.
    pub backfill: Option<BackfillShown>,
    /// What an administrator may do.
    pub forms: Option<FetchForms>,
}

/// The forms: the key with what is to be read, and a backfill.
#[derive(Clone, Debug, Serialize)]
pub struct FetchForms {
    /// Where the key is posted: `reading_key`, `server`, `words` and a field for each of `named`.
    pub key_url: String,
    /// What the key is called there.
    pub called: String,
    /// Where it is found there.
    pub key_at: Steps,
    /// `server`
    pub server: String,
    /// What is read: the form, the survey.
    pub named: Vec<NamedField>,
    /// Whether `words` is asked for: where the words stand in an answer.
    pub asks_words: bool,
    /// `words`
    pub words: String,
    /// What is wrong with it, in English.
    pub problem: Option<String>,
    /// Where a backfill is begun (`do=begin`, `since`), stopped, resumed and undone (`do`); none where there is no list.
    pub backfill_url: Option<String>,
    /// `since`
    pub since: String,
    /// What is wrong with that, in English.
    pub since_problem: Option<String>,
}

/// Something that is read.
#[derive(Clone, Debug, Serialize)]
pub struct NamedField {
    /// Its name: `named-form`.
    pub id: String,
    /// Key of what it is called.
    pub label: String,
    /// What was entered.
    pub value: String,
}

/// How a backfill does.
#[derive(Clone, Debug, Serialize)]
pub struct BackfillShown {
    /// From when on.
    pub since: Moment,
    /// Key of how it does.
    pub state: &'static str,
    /// Answers that were read.
    pub answers: u64,
    /// Messages that are new.
    pub added: u64,
    /// Messages that have other words now.
    pub revised: u64,
    /// Answers without words, or that cannot be used.
    pub left_out: u64,
    /// Why the last call brought nothing, in English.
    pub problem: Option<String>,
    /// When the next page is asked for, where that is not now.
    pub next: Option<Moment>,
    /// It can be stopped.
    pub may_stop: bool,
    /// It can go on.
    pub may_resume: bool,
    /// It can be taken back.
    pub may_undo: bool,
}
