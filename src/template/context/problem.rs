//! An error as a page: whose fault it is, what is safe, what to do.
use serde::Serialize;

use super::super::Language;
use super::{Context, Page};

/// The page that answers instead of the one that was asked for.
#[derive(Clone, Debug, Serialize)]
pub struct ProblemPage {
    /// The frame.
    pub page: Page,
    /// What went wrong.
    pub kind: ProblemKind,
    /// Whether words were posted that the browser still holds: the page then says so.
    pub words_kept: bool,
    /// The request's id, for those that are our fault.
    pub request_id: Option<String>,
    /// The one thing to do, and its address.
    pub action_url: Option<String>,
}

/// What can go wrong with a page. The serialised form is the group of texts in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// 400: the browser sent something no page of ours sends.
    BadRequest,
    /// 403: signed in, but not for this. Also for posts from another site.
    Forbidden,
    /// 404.
    NotFound,
    /// 410: a link that was used, revoked or is too old.
    Gone,
    /// 413: more than the form takes.
    TooLarge,
    /// 429.
    TooMany,
    /// 500.
    OurFault,
    /// 503: the database is away or the service is starting.
    Unavailable,
}

impl ProblemKind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::BadRequest,
        Self::Forbidden,
        Self::NotFound,
        Self::Gone,
        Self::TooLarge,
        Self::TooMany,
        Self::OurFault,
        Self::Unavailable,
    ];

    /// The page for an HTTP status; every other error of the client is a bad request, of the server our fault.
    pub fn of_status(status: u16) -> Self {
        match status {
            401 | 403 => Self::Forbidden,
            404 | 405 => Self::NotFound,
            410 => Self::Gone,
            413 => Self::TooLarge,
            429 => Self::TooMany,
            503 => Self::Unavailable,
            400..=499 => Self::BadRequest,
            _ => Self::OurFault,
        }
    }
}

impl Context for ProblemPage {
    const NAME: &'static str = "pages/problem";

    fn language(&self) -> Language {
        self.page.language
    }
}
