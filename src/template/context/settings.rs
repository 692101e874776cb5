//! What the administrator sets: keys for programs, and how the organisation appears and decides.
use serde::Serialize;

use super::super::{Language, Moment};
use super::{Choice, Context, Field, FormProblemKind, Page, sample};

/// API keys.
#[derive(Clone, Debug, Serialize)]
pub struct AdminKeysPage {
    /// The frame.
    pub page: Page,
    /// A key just made: shown this once.
    pub made: Option<String>,
    /// The keys, newest first.
    pub keys: Vec<KeyRow>,
    /// Where a new one is posted (fields `name`, `scope` repeated); none for whoever may only read.
    pub action: Option<String>,
    /// What was typed as its name.
    pub name: Field,
    /// The scopes to choose from.
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
    /// Says that it was saved.
    pub saved: bool,
    /// `name`: what customers know the organisation by.
    pub name: Field,
    /// `time_zone`: an IANA name.
    pub time_zone: Field,
    /// `board`: `off`, `team`, `full`; labels are keys `admin.board.…`.
    pub boards: Vec<Choice>,
    /// `credit_from`: from how many in 100 on the engine credits by itself.
    pub credit_from: Field,
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

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let near = |at| sample::near(at, language);
        let key = KeyRow {
            name: "Till software".to_owned(),
            prefix: "plaudit_7Qx2".to_owned(),
            scopes: vec!["comments:write".to_owned()],
            made: near("2026-03-02T10:00:00Z"),
            used: Some(near("2026-11-21T17:00:00Z")),
            revoked: None,
            revoke_url: Some("/keys/1/revoke".to_owned()),
        };
        let old = KeyRow {
            name: "Old <script>".to_owned(),
            used: None,
            revoked: Some(near("2026-05-01T10:00:00Z")),
            revoke_url: None,
            ..key.clone()
        };
        let scope = |value: &&str| Choice {
            value: (*value).to_owned(),
            label: (*value).to_owned(),
            chosen: false,
        };
        let list = Self {
            page: sample::admin(language, "keys"),
            made: None,
            keys: vec![key, old],
            action: Some("/keys".to_owned()),
            name: Field::default(),
            scopes: ["comments:write", "comments:read", "roster:write"]
                .iter()
                .map(scope)
                .collect(),
        };
        let name = Field {
            value: String::new(),
            problem: Some(FormProblemKind::Needed),
        };
        let wrong = Self {
            name,
            keys: Vec::new(),
            ..list.clone()
        };
        let read_only = Self {
            action: None,
            ..list.clone()
        };
        let made = Some("plaudit_7Qx2SampleSampleSampleSampleSampleSampleSample".to_owned());
        vec![
            ("made", Self { made, ..list.clone() }),
            ("wrong", wrong),
            ("auditor", read_only),
            ("list", list),
        ]
    }
}

impl Context for AdminSettingsPage {
    const NAME: &'static str = "pages/admin-settings";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let field = |value: &str| Field {
            value: value.to_owned(),
            problem: None,
        };
        let ask = Self {
            page: sample::admin(language, "settings"),
            action: Some("/settings".to_owned()),
            saved: false,
            name: field("Tarn & Holloway"),
            time_zone: field("Europe/London"),
            boards: Self::board_choices("team"),
            credit_from: field("85"),
            colour: field("#17486b"),
            privacy: field(""),
            shown_colours: ["#17486b".to_owned(), "#3a76a3".to_owned()],
            logo_action: Some("/settings/logo".to_owned()),
            logo_remove_url: None,
            logo_problem: None,
        };
        let mut with_logo = ask.clone();
        with_logo.page.logo_url = Some("/brand/tarn.png".to_owned());
        with_logo.logo_remove_url = Some("/settings/logo/remove".to_owned());
        let colour = Field {
            value: "blue".to_owned(),
            problem: Some(FormProblemKind::Colour),
        };
        let credit_from = Field {
            value: "x".to_owned(),
            problem: Some(FormProblemKind::Number),
        };
        let wrong = Self {
            colour,
            credit_from,
            logo_problem: Some(FormProblemKind::LogoKind),
            ..with_logo.clone()
        };
        vec![
            (
                "saved",
                Self {
                    saved: true,
                    ..with_logo
                },
            ),
            ("wrong", wrong),
            (
                "auditor",
                Self {
                    action: None,
                    logo_action: None,
                    ..ask.clone()
                },
            ),
            ("ask", ask),
        ]
    }
}
