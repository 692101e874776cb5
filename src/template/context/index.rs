//! A page of links, each with a sentence: the demo's first page, the preview's table of contents.
use serde::Serialize;

use super::super::Language;
use super::{Context, Page};

/// The page.
#[derive(Clone, Debug, Serialize)]
pub struct IndexPage {
    /// The frame; all other texts come from the caller, in this language.
    pub page: Page,
    /// The headline.
    pub title: String,
    /// What this is, a sentence or two.
    pub lead: String,
    /// Links in groups.
    pub groups: Vec<IndexGroup>,
}

/// Links that belong together.
#[derive(Clone, Debug, Serialize)]
pub struct IndexGroup {
    /// The group's name.
    pub name: String,
    /// Unique on the page; letters, digits and hyphens.
    pub id: String,
    /// The links.
    pub links: Vec<IndexLink>,
}

/// A link with a sentence.
#[derive(Clone, Debug, Serialize)]
pub struct IndexLink {
    /// Its name.
    pub name: String,
    /// Where it goes.
    pub url: String,
    /// What is to be seen there; may be empty.
    pub sentence: String,
}

impl Context for IndexPage {
    const NAME: &'static str = "pages/index";

    fn language(&self) -> Language {
        self.page.language
    }
}
