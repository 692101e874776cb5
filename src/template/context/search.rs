//! Messages by their words.
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Choice, Context, Page, Person, Post, SourceName};

/// The page.
#[derive(Clone, Debug, Serialize)]
pub struct SearchPage {
    /// The frame.
    pub page: Page,
    /// Where the search goes (GET).
    pub action: String,
    /// What was typed.
    pub typed: SearchTyped,
    /// Places to choose from (`place`).
    pub places: Vec<Choice>,
    /// Sources (`source`).
    pub sources: Vec<Choice>,
    /// What became of it (`state`); labels are keys of texts.
    pub states: Vec<Choice>,
    /// Whether one of the rarer fields was filled in, so that they stand open.
    pub is_wide: bool,
    /// Why nothing was looked for: a key below `search.problem.`.
    pub problem: Option<&'static str>,
    /// How many were found, on the first page.
    pub count: Option<SearchCount>,
    /// Those of this page, newest first.
    pub found: Vec<FoundRow>,
    /// The next page.
    pub next_url: Option<String>,
    /// Where what was found is saved as a file; none where there is nothing.
    pub save_url: Option<String>,
}

/// What was typed into the fields of a search.
#[derive(Clone, Debug, Default, Serialize)]
pub struct SearchTyped {
    /// `q`: words.
    pub words: String,
    /// `who`: a name or number.
    pub who: String,
    /// `from`: a day.
    pub from: String,
    /// `to`: a day.
    pub to: String,
    /// `score_from`: the least score.
    pub score_from: String,
    /// `score_to`: the highest score.
    pub score_to: String,
    /// `place`: an id.
    pub place: String,
    /// `source`: an id.
    pub source: String,
    /// `state`.
    pub state: String,
}

/// How many messages were found.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct SearchCount {
    /// How many, or up to how many they were counted.
    pub n: u64,
    /// Whether there are more.
    pub is_more: bool,
}

/// A message that was found.
#[derive(Clone, Debug, Serialize)]
pub struct FoundRow {
    /// Unique on the page.
    pub id: String,
    /// When it was said.
    pub at: Moment,
    /// The way it came in.
    pub source: SourceName,
    /// Where it was.
    pub site: Option<String>,
    /// The words; what was looked for is marked.
    pub words: Option<Words>,
    /// For a public post.
    pub post: Option<Post>,
    /// Whom it thanks.
    pub people: Vec<Person>,
    /// What became of it: `thanks`, `open`, `nobody`, `to_put_right` or `put_right`.
    pub state: &'static str,
    /// Where the reader does something about it.
    pub desk_url: Option<String>,
}

impl Context for SearchPage {
    const NAME: &'static str = "pages/search";

    fn language(&self) -> Language {
        self.page.language
    }
}
