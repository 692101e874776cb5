//! What is kept of customers.
use serde::Serialize;

use super::super::Language;
use super::{Context, Page};

/// What an organisation keeps of its customers, and for how long.
#[derive(Clone, Debug, Serialize)]
pub struct PrivacyPage {
    /// The frame.
    pub page: Page,
    /// How many days a receipt works.
    pub receipt_days: i64,
}

impl Context for PrivacyPage {
    const NAME: &'static str = "pages/privacy";

    fn language(&self) -> Language {
        self.page.language
    }
}
