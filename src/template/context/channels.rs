//! Rooms and endpoints that are told of praise.
use serde::Serialize;

use super::super::{Language, Moment};
use super::{Context, Field, FormProblemKind, Page, Steps};

/// The channels beside mail.
#[derive(Clone, Debug, Serialize)]
pub struct AdminChannelsPage {
    /// The frame.
    pub page: Page,
    /// The channels, newest first.
    pub channels: Vec<ChannelRow>,
    /// Where somebody confirms who they are before they add one.
    pub confirm_url: Option<String>,
    /// Where a new one is posted (fields `kind`, `name`, `address`, `words`); none for whoever may only read.
    pub action: Option<String>,
    /// The kinds to choose from.
    pub kinds: Vec<KindChoice>,
    /// What is wrong with the choice.
    pub kind_problem: Option<FormProblemKind>,
    /// What was typed as its name.
    pub name: Field,
    /// What was typed as its address.
    pub address: Field,
    /// Whether a room is shown what customers wrote.
    pub words: bool,
}

/// A kind of rooms or endpoints.
#[derive(Clone, Debug, Serialize)]
pub struct KindChoice {
    /// What is posted.
    pub value: String,
    /// As its maker calls it.
    pub label: String,
    /// Whether it was chosen.
    pub chosen: bool,
    /// What to click there until one has its address; none for endpoints.
    pub steps: Option<Steps>,
}

/// A room or endpoint.
#[derive(Clone, Debug, Serialize)]
pub struct ChannelRow {
    /// Its name.
    pub name: String,
    /// As its maker calls the kind.
    pub kind: String,
    /// Where its page is.
    pub url: String,
    /// Whether it is shown nothing of what customers wrote.
    pub without_words: bool,
    /// When it ended.
    pub ended: Option<Moment>,
    /// What it was told in the last thirty days.
    pub told: u64,
    /// When it was told something last.
    pub last: Option<Moment>,
    /// What waits for it.
    pub waiting: u64,
    /// What was given up in that time.
    pub given_up: u64,
}

/// A room or endpoint, and what left by it.
#[derive(Clone, Debug, Serialize)]
pub struct AdminChannelPage {
    /// The frame.
    pub page: Page,
    /// Where all are listed.
    pub back_url: String,
    /// Its name.
    pub name: String,
    /// As its maker calls the kind.
    pub kind: String,
    /// Whether it was added just now.
    pub is_new: bool,
    /// The secret that was made just now: shown this once.
    pub secret: Option<String>,
    /// What came of a test.
    pub tested: Option<Tested>,
    /// Whether it is shown nothing of what customers wrote.
    pub without_words: bool,
    /// When it was added.
    pub added: Moment,
    /// When it ended.
    pub ended: Option<Moment>,
    /// Whether it ended because the other side said that it is no more.
    pub is_gone: bool,
    /// Where somebody confirms who they are before they give it another secret.
    pub confirm_url: Option<String>,
    /// Where a test posts.
    pub test_url: Option<String>,
    /// Where removing posts.
    pub remove_url: Option<String>,
    /// Where another secret is asked for; none for rooms.
    pub secret_url: Option<String>,
    /// Whether something that is listed can be tried again.
    pub has_given_up: bool,
    /// Where trying again posts (field `notice`; none means all).
    pub replay_url: Option<String>,
    /// The latest deliveries, newest first.
    pub deliveries: Vec<DeliveryRow>,
}

/// What came of a test.
#[derive(Clone, Debug, Serialize)]
pub struct Tested {
    /// Key of the sentence.
    pub says: &'static str,
    /// What went wrong, in English; empty where it was accepted.
    pub why: String,
}

/// A delivery.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryRow {
    /// When it was tried last, else made.
    pub at: Moment,
    /// Key of how it stands.
    pub state: &'static str,
    /// Whether it was given up.
    pub is_late: bool,
    /// How often it was tried.
    pub attempts: u64,
    /// What the other side answered last, where it answered with a number.
    pub code: Option<i32>,
    /// Why it was given up, in English.
    pub why: Option<String>,
    /// What is posted to try it again.
    pub notice: Option<String>,
}

impl Context for AdminChannelsPage {
    const NAME: &'static str = "pages/admin-channels";

    fn language(&self) -> Language {
        self.page.language
    }
}

impl Context for AdminChannelPage {
    const NAME: &'static str = "pages/admin-channel";

    fn language(&self) -> Language {
        self.page.language
    }
}
