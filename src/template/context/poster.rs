//! A poster that leads to a form.
use serde::Serialize;

use super::super::Language;
use super::{Context, Page, Qr};

/// A poster of a place, to be printed.
#[derive(Clone, Debug, Serialize)]
pub struct PosterPage {
    /// The frame.
    pub page: Page,
    /// The site; none on the poster of the organisation.
    pub site: Option<String>,
    /// The address of the form as a QR code.
    pub qr: Option<Qr>,
    /// The same to be typed.
    pub address: String,
    /// Posters of the sites, on that of the organisation.
    pub others: Vec<PosterLink>,
}

/// A site's poster.
#[derive(Clone, Debug, Serialize)]
pub struct PosterLink {
    /// The site.
    pub name: String,
    /// Where its poster is.
    pub url: String,
}

impl Context for PosterPage {
    const NAME: &'static str = "pages/poster";

    fn language(&self) -> Language {
        self.page.language
    }
}
