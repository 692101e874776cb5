//! The customer's receipt: what has happened to their words, each step only when it is true.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::heard::{Heard, Step};
use super::{Context, Field, Page};

/// The page behind a receipt link.
#[derive(Clone, Debug, Serialize)]
pub struct ReceiptPage {
    /// The frame.
    pub page: Page,
    /// Key of the headline.
    pub headline: &'static str,
    /// Who the headline names: the person who answered or was told, if the customer may know the name.
    pub name: Option<String>,
    /// The site, or the organisation where there is none.
    pub place: String,
    /// The customer's words; none once they are taken back or erased.
    pub words: Option<Words>,
    /// Key of the sentence that stands in their place.
    pub gone: &'static str,
    /// `words` of the correction form: the words, or what was typed with what is wrong with it.
    pub again: Field,
    /// When they came in.
    pub received: Moment,
    /// When the customer last corrected them.
    pub corrected: Option<Moment>,
    /// What has happened, and what may come.
    pub steps: Vec<Step>,
    /// Says that what the customer just did has worked.
    pub notice: Option<ReceiptNotice>,
    /// The page itself.
    pub here_url: String,
    /// Where the correction form is posted (field `words`); none if nothing can be corrected any more.
    pub correct_url: Option<String>,
    /// Where taking back is posted.
    pub withdraw_url: Option<String>,
    /// The form, for another thank-you.
    pub thank_url: String,
    /// Until when the page works, for instance "20 February 2027".
    pub kept_until: NaiveDate,
}

/// What the customer just did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum ReceiptNotice {
    /// The words were corrected.
    #[serde(rename = "receipt.notice.corrected")]
    Corrected,
    /// The form came in a second time; the words are kept once.
    #[serde(rename = "receipt.notice.again")]
    SentAgain,
}

impl ReceiptPage {
    /// A receipt that can still be corrected and taken back at `url` with `/correct` and `/withdraw` behind it.
    pub fn of(
        page: Page,
        heard: &Heard,
        words: Words,
        url: &str,
        thank_url: &str,
        kept_until: NaiveDate,
    ) -> Self {
        Self {
            page,
            headline: heard.headline(),
            name: heard.name(),
            place: heard.place.clone(),
            again: Field {
                value: words.text(),
                problem: None,
            },
            words: Some(words),
            gone: "",
            received: heard.received.clone(),
            corrected: None,
            steps: heard.steps(),
            notice: None,
            here_url: url.to_owned(),
            correct_url: Some(format!("{url}/correct")),
            withdraw_url: Some(format!("{url}/withdraw")),
            thank_url: thank_url.to_owned(),
            kept_until,
        }
    }

    /// A receipt for words that were taken back: nothing of them is shown.
    pub fn withdrawn(
        page: Page,
        place: &str,
        received: Moment,
        thank_url: &str,
        kept_until: NaiveDate,
    ) -> Self {
        let erased = Self::erased(page, place, received, thank_url, kept_until);
        Self {
            headline: "receipt.headline.withdrawn",
            gone: "receipt.gone.withdrawn",
            ..erased
        }
    }

    /// A receipt for words that the organisation has erased.
    pub fn erased(page: Page, place: &str, received: Moment, thank_url: &str, kept_until: NaiveDate) -> Self {
        Self {
            page,
            headline: "receipt.headline.erased",
            name: None,
            place: place.to_owned(),
            words: None,
            gone: "receipt.gone.erased",
            again: Field::default(),
            received,
            corrected: None,
            steps: Vec::new(),
            notice: None,
            here_url: String::new(),
            correct_url: None,
            withdraw_url: None,
            thank_url: thank_url.to_owned(),
            kept_until,
        }
    }
}

impl Context for ReceiptPage {
    const NAME: &'static str = "pages/receipt";

    fn language(&self) -> Language {
        self.page.language
    }
}
