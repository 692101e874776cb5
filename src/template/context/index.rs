//! A page of links, each with a sentence: the demo's first page, the preview's table of contents.
use serde::Serialize;

use super::super::Language;
use super::{Context, Page, sample};

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

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let link = |name: &str, sentence: &str| IndexLink {
            name: name.to_owned(),
            url: "/thank/tarn".to_owned(),
            sentence: sentence.to_owned(),
        };
        let page = Self {
            page: sample::guest(language),
            title: "Tarn & Holloway, an invented company".to_owned(),
            lead: "Everything here is invented: 3 sites, 60 people, 400 comments.".to_owned(),
            groups: vec![IndexGroup {
                name: "Try it".to_owned(),
                id: "try".to_owned(),
                links: vec![
                    link("Thank somebody", "Write a name; watch the feed."),
                    link("The feed", ""),
                ],
            }],
        };
        vec![("demo", page)]
    }
}
