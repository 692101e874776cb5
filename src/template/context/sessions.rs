//! One's own settings: mails, boards, and where one is signed in.
use serde::Serialize;

use super::super::{Language, Moment};
use super::{Choice, Context, Page, UnsubscribePage, sample};

/// The page behind one's own name.
#[derive(Clone, Debug, Serialize)]
pub struct SessionsPage {
    /// The frame.
    pub page: Page,
    /// The reader's name.
    pub name: String,
    /// Says that the settings were saved.
    pub saved: bool,
    /// Where the settings post: `frequency`, `own_praise` and `on_boards` (`yes` or absent).
    pub settings_url: String,
    /// How often mails come; empty for somebody without an address.
    pub frequencies: Vec<Choice>,
    /// Whether the reader can be thanked, and has an address to be told of it.
    pub can_be_mailed: bool,
    /// Whether they want that.
    pub own_praise: bool,
    /// Whether the reader can choose to stand on boards: a staff member, and there are boards.
    pub has_boards: bool,
    /// Whether they do.
    pub on_boards: bool,
    /// Where the reader is signed in, this one first.
    pub sessions: Vec<SessionRow>,
    /// Where signing out here posts.
    pub sign_out_url: String,
    /// Where signing out everywhere posts.
    pub sign_out_all_url: String,
}

/// A session.
#[derive(Clone, Debug, Serialize)]
pub struct SessionRow {
    /// Browser and system, as far as known.
    pub device: String,
    /// Since when.
    pub since: Moment,
    /// When it was used last.
    pub used: Moment,
    /// Whether it is this one.
    pub here: bool,
    /// Where ending it posts.
    pub end_url: String,
}

impl Context for SessionsPage {
    const NAME: &'static str = "pages/sessions";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let near = |at| sample::near(at, language);
        let session = |device: &str, here| SessionRow {
            device: device.to_owned(),
            since: near("2026-11-02T08:00:00Z"),
            used: near("2026-11-21T18:00:00Z"),
            here,
            end_url: "/me/sessions/1/end".to_owned(),
        };
        let staff = Self {
            page: sample::staff(language, ""),
            name: "Amina Yusuf".to_owned(),
            saved: true,
            settings_url: "/me".to_owned(),
            frequencies: UnsubscribePage::frequencies(&["at_once", "weekly", "never"], "never"),
            can_be_mailed: true,
            own_praise: true,
            has_boards: true,
            on_boards: true,
            sessions: vec![
                session("Firefox, Android", true),
                session("Chrome <b>, Windows", false),
            ],
            sign_out_url: "/me/sign-out".to_owned(),
            sign_out_all_url: "/me/sign-out-everywhere".to_owned(),
        };
        let bare = Self {
            saved: false,
            frequencies: Vec::new(),
            can_be_mailed: false,
            own_praise: false,
            has_boards: false,
            on_boards: false,
            sessions: vec![session("Safari, iOS", true)],
            ..staff.clone()
        };
        vec![("staff", staff), ("bare", bare)]
    }
}
