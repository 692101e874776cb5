//! What a customer said aloud: the page on which it is written down, and how it is named where it is shown.
use serde::Serialize;

use super::super::Language;
use super::{Choice, Context, Field, FormProblem, FormProblemKind, Page};

/// The way in which something came in, for the helper `source_name`.
#[derive(Clone, Debug, Serialize)]
#[serde(untagged)]
pub enum SourceName {
    /// The name of its source.
    Named(String),
    /// Somebody on the staff wrote it down.
    Logged {
        /// `phone` or `counter`.
        way: String,
        /// The name of whoever did.
        logged_by: String,
    },
}

impl From<String> for SourceName {
    fn from(name: String) -> SourceName {
        SourceName::Named(name)
    }
}

/// The page on which staff write down what a customer said.
#[derive(Clone, Debug, Serialize)]
pub struct SpokenPage {
    /// The frame.
    pub page: Page,
    /// Where the form is posted.
    pub action: String,
    /// A second post with the same token makes no second message.
    pub token: String,
    /// Name of the place.
    pub place: Option<String>,
    /// Its id, as it is posted.
    pub site: String,
    /// Other places for which the reader may write something down.
    pub places: Vec<SpokenPlace>,
    /// Whom it may praise.
    pub people: Vec<Choice>,
    /// `words`.
    pub words: Field,
    /// `who`: whom it praises.
    pub who: Field,
    /// `customer`: who said it.
    pub customer: Field,
    /// `way`: whether it was said on the phone.
    pub by_phone: bool,
    /// What is wrong; nothing has been kept then.
    pub problems: Vec<FormProblem>,
    /// What becomes of the one that was saved just now.
    pub saved: Option<SpokenSaved>,
}

/// A place to choose.
#[derive(Clone, Debug, Serialize)]
pub struct SpokenPlace {
    /// Its name.
    pub name: String,
    /// Its page.
    pub url: String,
}

/// What becomes of words that were saved.
#[derive(Clone, Debug, Serialize)]
pub struct SpokenSaved {
    /// Key of the sentence.
    pub key: &'static str,
    /// Whom they are said to praise; empty where nobody was chosen.
    pub name: String,
}

impl SpokenPage {
    /// Notes what is wrong with a field, and beside it.
    pub fn complain(&mut self, name: &'static str, problem: FormProblemKind) {
        let field = match name {
            "who" => Some(&mut self.who),
            "customer" => Some(&mut self.customer),
            "words" => Some(&mut self.words),
            _ => None,
        };
        if let Some(field) = field {
            field.problem = Some(problem);
        }
        self.problems.push(FormProblem { field: name, problem });
    }
}

impl Context for SpokenPage {
    const NAME: &'static str = "pages/spoken";

    fn language(&self) -> Language {
        self.page.language
    }
}
