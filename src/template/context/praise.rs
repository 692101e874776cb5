//! One praise, read-only, behind the link of a mail.
use chrono::NaiveDate;
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Because, Context, Page, Person, Post, SourceName, Why};

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
    pub source: SourceName,
    /// Site, or sites, as a path.
    pub site: Option<String>,
    /// The customer's name as they gave it.
    pub author: Option<String>,
    /// For a public post: whose, where.
    pub post: Option<Post>,
    /// Why it is theirs.
    pub why: Vec<Why>,
    /// Why the reader was told; none for what a room shows.
    pub because: Option<Because>,
    /// Where a manager says that it was read out; none for mails to the praised themselves and for praise of a site.
    pub desk_url: Option<String>,
    /// Until when the link works.
    pub until: NaiveDate,
}

impl Context for PraisePage {
    const NAME: &'static str = "pages/praise";

    fn language(&self) -> Language {
        self.page.language
    }
}
