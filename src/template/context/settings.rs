//! What the administrator sets: keys for programs, and how the organisation appears and decides.
use serde::Serialize;

use super::super::{Language, Moment};
use super::{Choice, Context, Field, FormProblemKind, MoreLinks, Page};

/// API keys.
#[derive(Clone, Debug, Serialize)]
pub struct AdminKeysPage {
    /// The frame.
    pub page: Page,
    /// A key just made: shown this once.
    pub made: Option<String>,
    /// The keys, newest first.
    pub keys: Vec<KeyRow>,
    /// Where the reader confirms who they are before they make one.
    pub confirm_url: Option<String>,
    /// Where a new one is posted (fields `name`, `scope` repeated); none for whoever may only read.
    pub action: Option<String>,
    /// What was typed as its name.
    pub name: Field,
    /// The scopes to choose from; labels are keys `admin.scope.…`.
    pub scopes: Vec<Choice>,
}

/// A key.
#[derive(Clone, Debug, Serialize)]
pub struct KeyRow {
    /// Its name.
    pub name: String,
    /// Its beginning, by which it is recognised.
    pub prefix: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// Who made it.
    pub made_by: String,
    /// When it was made.
    pub made: Moment,
    /// When it was used last.
    pub used: Option<Moment>,
    /// When it was revoked.
    pub revoked: Option<Moment>,
    /// Where revoking posts.
    pub revoke_url: Option<String>,
}

/// Settings of the organisation.
#[derive(Clone, Debug, Serialize)]
pub struct AdminSettingsPage {
    /// The frame.
    pub page: Page,
    /// Where everything is posted; none for whoever may only read.
    pub action: Option<String>,
    /// Pages that are needed less often, in groups.
    pub more: Vec<MoreLinks>,
    /// Says that it was saved.
    pub saved: bool,
    /// `name`: what customers know the organisation by.
    pub name: Field,
    /// `time_zone`: an IANA name.
    pub time_zone: Field,
    /// `language`: in which it speaks to whoever has not chosen one.
    pub languages: Vec<Choice>,
    /// `board`: `off`, `team`, `full`; labels are keys `admin.board.…`.
    pub boards: Vec<Choice>,
    /// `heard_within`: within how many working days somebody is to hear of praise.
    pub heard_within: Field,
    /// `holidays`: the code of a country or region; empty for none.
    pub holidays: Field,
    /// `credit_from`: from how many in 100 on the engine credits by itself.
    pub credit_from: Field,
    /// From how many in 100 on it does so where nothing is set.
    pub default_credit_from: String,
    /// `colour`: the organisation's colour.
    pub colour: Field,
    /// `privacy_url`.
    pub privacy: Field,
    /// The two colours buttons really get, light and dark, for information.
    pub shown_colours: [String; 2],
    /// Where a new logo is posted (file field `logo`); none for whoever may only read.
    pub logo_action: Option<String>,
    /// Where taking the logo away posts; none where there is none, or for whoever may only read.
    pub logo_remove_url: Option<String>,
    /// What is wrong with the picture that was sent.
    pub logo_problem: Option<FormProblemKind>,
}

impl AdminSettingsPage {
    /// Choices of the board mode.
    pub fn board_choices(present: &str) -> Vec<Choice> {
        let choice = |value: &str| Choice {
            value: value.to_owned(),
            label: format!("admin.board.{value}"),
            chosen: value == present,
        };
        ["off", "team", "full"].into_iter().map(choice).collect()
    }
}

impl Context for AdminKeysPage {
    const NAME: &'static str = "pages/admin-keys";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for AdminSettingsPage {
    const NAME: &'static str = "pages/admin-settings";

    fn language(&self) -> Language {
        self.page.language
    }
}
