//! What a new organisation does first.
use serde::Serialize;

use super::super::Language;
use super::{Context, Page};

/// The page.
#[derive(Clone, Debug, Serialize)]
pub struct FirstStepsPage {
    /// The frame.
    pub page: Page,
    /// How many steps are done.
    pub done: u64,
    /// Of how many.
    pub of: u64,
    /// Whether a first thank-you was heard: the desk is the first page from then on.
    pub is_heard: bool,
    /// The steps, in the order in which they are done.
    pub steps: Vec<FirstStep>,
    /// The desk.
    pub desk_url: String,
}

/// A step.
#[derive(Clone, Debug, Serialize)]
pub struct FirstStep {
    /// Its name: texts below `first_steps.title.` and `first_steps.what.`.
    pub name: &'static str,
    /// How it stands.
    pub state: StepStanding,
    /// Where it is done.
    pub links: Vec<StepLink>,
}

/// How a step stands: texts below `first_steps.state.`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepStanding {
    /// It is done.
    Done,
    /// It is the next one.
    Next,
    /// It can wait.
    Waiting,
}

/// Where a step is done.
#[derive(Clone, Debug, Serialize)]
pub struct StepLink {
    /// A text below `first_steps.link.`.
    pub name: &'static str,
    /// Where.
    pub url: String,
}

impl Context for FirstStepsPage {
    const NAME: &'static str = "pages/first-steps";

    fn language(&self) -> Language {
        self.page.language
    }
}
