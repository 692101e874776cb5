//! Wallboards, and the links to them.
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Context, Field, Page};

/// A wallboard.
#[derive(Clone, Debug, Serialize)]
pub struct WallPage {
    /// The frame.
    pub page: Page,
    /// The site, or whose team.
    pub name: String,
    /// Whether it is that of a team.
    pub is_team: bool,
    /// What says that it has changed.
    pub live_url: String,
    /// The same as an Atom feed.
    pub feed_url: String,
    /// The newest thank-you, large.
    pub newest: Option<WallItem>,
    /// Those before it.
    pub earlier: Vec<WallItem>,
}

/// A thank-you on a wallboard.
#[derive(Clone, Debug, Serialize)]
pub struct WallItem {
    /// Given names, where they may stand there.
    pub people: Vec<String>,
    /// Whether it is somebody's; else it is for everybody at the site.
    pub of_person: bool,
    /// Where.
    pub site: Option<String>,
    /// What the customer wrote, without complaints.
    pub words: Words,
    /// When.
    pub at: Moment,
}

/// Places and teams whose wallboards are the reader's to make.
#[derive(Clone, Debug, Serialize)]
pub struct WallsPage {
    /// The frame.
    pub page: Page,
    /// The places, then the teams.
    pub places: Vec<WallPlace>,
}

/// A place or team.
#[derive(Clone, Debug, Serialize)]
pub struct WallPlace {
    /// Its name; of a team, its manager's.
    pub name: String,
    /// Whether it is a team.
    pub is_team: bool,
    /// The page of its links.
    pub url: String,
}

/// The links of a place or team.
#[derive(Clone, Debug, Serialize)]
pub struct WallLinksPage {
    /// The frame.
    pub page: Page,
    /// Its name; of a team, its manager's.
    pub name: String,
    /// Whether it is a team.
    pub is_team: bool,
    /// The link that was made just now; shown this once.
    pub made: Option<MadeWall>,
    /// The links, newest first.
    pub links: Vec<WallLinkRow>,
    /// Where a new one is posted.
    pub action: String,
    /// Its name.
    pub called: Field,
    /// How many days it is to work.
    pub days: Vec<WallDays>,
    /// All places and teams.
    pub all_url: String,
}

/// For how long a link may work.
#[derive(Clone, Debug, Serialize)]
pub struct WallDays {
    /// Days.
    pub days: i64,
    /// Whether it was chosen.
    pub chosen: bool,
}

/// The addresses of a new link.
#[derive(Clone, Debug, Serialize)]
pub struct MadeWall {
    /// Of the wallboard.
    pub wall: String,
    /// Of the feed.
    pub feed: String,
}

/// A link.
#[derive(Clone, Debug, Serialize)]
pub struct WallLinkRow {
    /// Its name.
    pub name: String,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made: Moment,
    /// Until when it works, or worked.
    pub until: Moment,
    /// Whether that is past.
    pub is_over: bool,
    /// When it was used last.
    pub used: Option<Moment>,
    /// When it was taken back.
    pub revoked: Option<Moment>,
    /// Where taking it back posts.
    pub revoke_url: Option<String>,
}

impl Context for WallPage {
    const NAME: &'static str = "pages/wall";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for WallsPage {
    const NAME: &'static str = "pages/walls";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for WallLinksPage {
    const NAME: &'static str = "pages/wall-links";

    fn language(&self) -> Language {
        self.page.language
    }
}
