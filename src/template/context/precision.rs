//! How often automatic credits are right.
use serde::Serialize;

use super::super::Language;
use super::{Context, Page};

/// The page.
#[derive(Clone, Debug, Serialize)]
pub struct PrecisionPage {
    /// The frame.
    pub page: Page,
    /// Of all answers.
    pub all: PrecisionRow,
    /// By source.
    pub by_source: Vec<PrecisionRow>,
    /// By language.
    pub by_language: Vec<PrecisionRow>,
    /// Automatic credits that people took back in a year, asked or not.
    pub corrected: u64,
    /// Questions that wait.
    pub waiting: u64,
    /// From how many in a hundred credits are automatic now.
    pub threshold: String,
    /// What the organisation wants, in a hundred.
    pub target: String,
    /// The threshold that reaches it.
    pub proposal: Option<ProposedThreshold>,
    /// One of how many is asked about; empty: as usual; 0: none.
    pub every: String,
    /// Whether the threshold changes by itself.
    pub adjusts: bool,
    /// Where settings post; none for who may only read.
    pub action: Option<String>,
    /// Says that they are saved.
    pub saved: bool,
    /// Says that a number is none, or too large or small.
    pub wrong: bool,
}

/// Answers about a kind of messages.
#[derive(Clone, Debug, Serialize)]
pub struct PrecisionRow {
    /// Its name; none for messages in a language that is not read.
    pub name: Option<String>,
    /// How many answers.
    pub n: u64,
    /// How many of them confirmed the credit.
    pub right: u64,
    /// The share that was right, in a hundred; none where there are too few answers.
    pub share: Option<String>,
    /// Where it lies nearly certainly: from …
    pub low: Option<String>,
    /// … to.
    pub high: Option<String>,
}

/// A threshold that reaches the target.
#[derive(Clone, Debug, Serialize)]
pub struct ProposedThreshold {
    /// In a hundred.
    pub threshold: String,
    /// The answers from there on.
    pub n: u64,
    /// How many of them confirmed the credit.
    pub right: u64,
    /// Whether it is the one that holds.
    pub is_present: bool,
    /// Of a hundred credits that are automatic now, how many would be.
    pub kept: String,
    /// Where taking it on posts; none for who may only read.
    pub action: Option<String>,
}

impl Context for PrecisionPage {
    const NAME: &'static str = "pages/precision";

    fn language(&self) -> Language {
        self.page.language
    }
}
