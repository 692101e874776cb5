//! One praise, read-only, behind the link of a mail.
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Context, Page, Person, Post, Why, sample};

/// The page that an unguessable link of a mail opens.
#[derive(Clone, Debug, Serialize)]
pub struct PraisePage {
    /// The frame (public: nobody needs to be signed in).
    pub page: Page,
    /// Whom the words praise, at least one; empty for praise of a site.
    pub people: Vec<Person>,
    /// Given names for the headline.
    pub names: Vec<String>,
    /// The words, evidence marked (posts of X: nothing marked).
    pub words: Words,
    /// When it was.
    pub at: Moment,
    /// The way it came in.
    pub source: String,
    /// Site, or sites, as a path.
    pub site: Option<String>,
    /// The customer's name as they gave it.
    pub author: Option<String>,
    /// For a public post: whose, where.
    pub post: Option<Post>,
    /// Why it is theirs.
    pub why: Vec<Why>,
    /// Until when the link works, for instance "21 December 2026".
    pub until: String,
}

impl Context for PraisePage {
    const NAME: &'static str = "pages/praise";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let hinge = Self {
            page: sample::guest(language),
            people: vec![sample::amina()],
            names: vec!["Amina".to_owned()],
            words: sample::hinge(),
            at: sample::full("2026-11-21T14:20:00Z", language),
            source: "Thank-you form".to_owned(),
            site: Some("Castle Street".to_owned()),
            author: Some("Holly".to_owned()),
            post: None,
            why: vec![sample::why(Some("Amina"))],
            until: "21 December 2026".to_owned(),
        };
        let post = Self {
            words: sample::hostile(),
            author: None,
            post: Some(Post::sample()),
            people: vec![sample::amina(), sample::person("Daniel Hughes", "Order desk")],
            names: vec!["Amina".to_owned(), "Daniel".to_owned()],
            ..hinge.clone()
        };
        let place = Self {
            people: Vec::new(),
            names: Vec::new(),
            why: Vec::new(),
            ..hinge.clone()
        };
        vec![("one", hinge), ("post", post), ("site", place)]
    }
}
