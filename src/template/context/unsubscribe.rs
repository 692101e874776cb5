//! How often a reader gets mail. Opening the page changes nothing (mail scanners open links); a button does.
use serde::Serialize;

use super::super::Language;
use super::{Choice, Context, Page};

/// The page behind the last link of a mail.
#[derive(Clone, Debug, Serialize)]
pub struct UnsubscribePage {
    /// The frame.
    pub page: Page,
    /// Asked or done.
    pub state: UnsubscribeState,
    /// Where the form is posted (field `frequency`).
    pub action: String,
    /// What the mails are about: a team, a site, the organisation.
    pub about: String,
    /// The address they go to, partly hidden by the caller: "j…@tarnholloway.example".
    pub address: String,
    /// `at_once`, `hourly`, `digest`, `never`, with the present one chosen; labels come from the catalogue by value.
    pub frequencies: Vec<Choice>,
    /// Where everything else is chosen, behind the sign-in.
    pub settings_url: String,
}

/// Whether something was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UnsubscribeState {
    /// The button stands there.
    Asked,
    /// Changed; can be changed again.
    Changed,
    /// No mail any more; can be changed again.
    Ended,
}

impl Context for UnsubscribePage {
    const NAME: &'static str = "pages/unsubscribe";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl UnsubscribePage {
    /// Choices from the values the caller supports.
    pub fn frequencies(values: &[&str], present: &str) -> Vec<Choice> {
        let choice = |value: &&str| Choice {
            value: (*value).to_owned(),
            label: format!("unsubscribe.frequency.{value}"),
            chosen: *value == present,
        };
        values.iter().map(choice).collect()
    }
}
