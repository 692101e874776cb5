//! The administrator's lists: sources, jobs given up, held items, keys, the audit log, settings.
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Choice, Context, Field, FormProblemKind, Page, sample};

/// The ways in, and how they do.
#[derive(Clone, Debug, Serialize)]
pub struct AdminSourcesPage {
    /// The frame.
    pub page: Page,
    /// The sources, those that need help first.
    pub sources: Vec<SourceRow>,
}

/// A source.
#[derive(Clone, Debug, Serialize)]
pub struct SourceRow {
    /// Its name.
    pub name: String,
    /// Its kind: "api", "form", "import", "x".
    pub kind: String,
    /// How it does.
    pub health: Health,
    /// What is wrong, or what it did, in a sentence.
    pub detail: Option<String>,
    /// When the last comment came in.
    pub last: Option<Moment>,
    /// Comments of the last 30 days.
    pub comments: u64,
    /// Where pausing or resuming posts; none if it cannot be paused.
    pub switch_url: Option<String>,
}

/// How a source does. The serialised form is the key of its name in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Health {
    /// It works.
    #[serde(rename = "admin.health.well")]
    Well,
    /// Nothing came in for unusually long.
    #[serde(rename = "admin.health.quiet")]
    Quiet,
    /// It fails.
    #[serde(rename = "admin.health.failing")]
    Failing,
    /// Somebody paused it.
    #[serde(rename = "admin.health.paused")]
    Paused,
}

/// Jobs that were given up.
#[derive(Clone, Debug, Serialize)]
pub struct AdminJobsPage {
    /// The frame.
    pub page: Page,
    /// Jobs due or under way.
    pub waiting: u64,
    /// Jobs given up.
    pub given_up: u64,
    /// Those of this page, newest first.
    pub jobs: Vec<JobRow>,
    /// Where trying all again posts.
    pub retry_all_url: String,
    /// The next page.
    pub next_url: Option<String>,
}

/// A job that was given up.
#[derive(Clone, Debug, Serialize)]
pub struct JobRow {
    /// Its kind: "deliver".
    pub kind: String,
    /// What it is about, without names or words.
    pub about: String,
    /// How often it was tried.
    pub attempts: u64,
    /// Why the last attempt failed.
    pub error: String,
    /// When it was given up.
    pub at: Moment,
    /// Where trying again posts.
    pub retry_url: String,
}

/// Comments that look like junk. None is ever dropped by itself.
#[derive(Clone, Debug, Serialize)]
pub struct AdminHeldPage {
    /// The frame.
    pub page: Page,
    /// How many there are.
    pub held: u64,
    /// Those of this page, oldest first.
    pub items: Vec<HeldRow>,
    /// The next page.
    pub next_url: Option<String>,
}

/// A held comment.
#[derive(Clone, Debug, Serialize)]
pub struct HeldRow {
    /// Unique on the page.
    pub id: String,
    /// When it came in.
    pub at: Moment,
    /// The way it came in.
    pub source: String,
    /// Where it was.
    pub site: Option<String>,
    /// The words.
    pub words: Words,
    /// Why it was held, a sentence each.
    pub why: Vec<String>,
    /// Where `decision` posts: `release` or `junk`.
    pub action: String,
}

/// API keys.
#[derive(Clone, Debug, Serialize)]
pub struct AdminKeysPage {
    /// The frame.
    pub page: Page,
    /// A key just made: shown this once.
    pub made: Option<String>,
    /// The keys, newest first.
    pub keys: Vec<KeyRow>,
    /// Where a new one is posted (fields `name`, `scope` repeated).
    pub action: String,
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

/// Who did what, and when.
#[derive(Clone, Debug, Serialize)]
pub struct AdminAuditPage {
    /// The frame.
    pub page: Page,
    /// What was searched for (`q`).
    pub query: String,
    /// Where the search goes (GET).
    pub action: String,
    /// What was found, newest first.
    pub entries: Vec<AuditRow>,
    /// The next page.
    pub next_url: Option<String>,
}

/// An entry of the audit log.
#[derive(Clone, Debug, Serialize)]
pub struct AuditRow {
    /// When.
    pub at: Moment,
    /// Who: a name, a key's name, or "Plaudit".
    pub actor: String,
    /// What: "triage.decide".
    pub action: String,
    /// On what.
    pub target: String,
    /// More, without words of customers.
    pub detail: Option<String>,
}

/// Settings of the organisation.
#[derive(Clone, Debug, Serialize)]
pub struct AdminSettingsPage {
    /// The frame.
    pub page: Page,
    /// Where everything is posted; the logo (field `logo`) with it.
    pub action: String,
    /// Says that it was saved.
    pub saved: bool,
    /// `board`: `off`, `team`, `full`; labels are keys `admin.board.…`.
    pub boards: Vec<Choice>,
    /// `credit_from`: from how many in 100 on the engine credits by itself.
    pub credit_from: Field,
    /// `ask_from`: from how many in 100 on a person is asked.
    pub ask_from: Field,
    /// `colour`: the organisation's colour.
    pub colour: Field,
    /// `privacy_url`.
    pub privacy: Field,
    /// The two colours buttons really get, light and dark, for information.
    pub shown_colours: [String; 2],
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

impl Context for AdminSourcesPage {
    const NAME: &'static str = "pages/admin-sources";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let row = |name: &str, kind: &str, health, detail: Option<&str>| SourceRow {
            name: name.to_owned(),
            kind: kind.to_owned(),
            health,
            detail: detail.map(str::to_owned),
            last: (health != Health::Paused).then(|| sample::near("2026-11-21T17:50:00Z", language)),
            comments: 1234,
            switch_url: (kind != "api").then(|| "/sources/1/switch".to_owned()),
        };
        let sources = vec![
            row(
                "X",
                "x",
                Health::Failing,
                Some("X answered 401 since Thursday. Renew the token, then resume."),
            ),
            row(
                "Survey",
                "typeform",
                Health::Quiet,
                Some("Nothing for 9 days; 40 a week are usual."),
            ),
            row("Form", "form", Health::Well, None),
            row("api", "api", Health::Well, None),
            row("Old import", "import", Health::Paused, None),
        ];
        let page = || sample::admin(language, "sources");
        vec![
            (
                "some",
                Self {
                    page: page(),
                    sources,
                },
            ),
            (
                "none",
                Self {
                    page: page(),
                    sources: Vec::new(),
                },
            ),
        ]
    }
}

impl Context for AdminJobsPage {
    const NAME: &'static str = "pages/admin-jobs";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let row = JobRow {
            kind: "deliver".to_owned(),
            about: "notice 0190f3a2".to_owned(),
            attempts: 12,
            error: "550 5.1.1 <x@example.com>: recipient unknown".to_owned(),
            at: sample::near("2026-11-21T03:12:00Z", language),
            retry_url: "/jobs/1/retry".to_owned(),
        };
        let page = |given_up, jobs, next_url| Self {
            page: sample::admin(language, "jobs"),
            waiting: 3,
            given_up,
            jobs,
            retry_all_url: "/jobs/retry".to_owned(),
            next_url,
        };
        vec![
            (
                "some",
                page(2, vec![row.clone(), row], Some("?after=1".to_owned())),
            ),
            ("none", page(0, Vec::new(), None)),
        ]
    }
}

impl Context for AdminHeldPage {
    const NAME: &'static str = "pages/admin-held";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let row = HeldRow {
            id: "h1".to_owned(),
            at: sample::near("2026-11-21T03:12:00Z", language),
            source: "Form".to_owned(),
            site: Some("Castle Street".to_owned()),
            words: sample::hostile(),
            why: vec!["Sent 0.4 seconds after the form was opened.".to_owned()],
            action: "/held/1".to_owned(),
        };
        let page = |held, items, next_url| Self {
            page: sample::admin(language, "held"),
            held,
            items,
            next_url,
        };
        vec![
            ("some", page(21, vec![row], Some("?after=1".to_owned()))),
            ("none", page(0, Vec::new(), None)),
        ]
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
            action: "/keys".to_owned(),
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
        let made = Some("plaudit_7Qx2SampleSampleSampleSampleSampleSampleSample".to_owned());
        vec![
            ("made", Self { made, ..list.clone() }),
            ("wrong", wrong),
            ("list", list),
        ]
    }
}

impl Context for AdminAuditPage {
    const NAME: &'static str = "pages/admin-audit";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let row = |actor: &str, action: &str, detail: Option<&str>| AuditRow {
            at: sample::near("2026-11-21T17:35:00Z", language),
            actor: actor.to_owned(),
            action: action.to_owned(),
            target: "comment 0190f3a2".to_owned(),
            detail: detail.map(str::to_owned),
        };
        let entries = vec![
            row("Jonas Keller", "triage.decide", Some("credited: Mathis Brandt")),
            row("Plaudit", "comment.erase", None),
        ];
        let found = Self {
            page: sample::admin(language, "audit"),
            query: "\"><script>".to_owned(),
            action: "/audit".to_owned(),
            entries,
            next_url: Some("?after=1".to_owned()),
        };
        vec![
            (
                "none",
                Self {
                    entries: Vec::new(),
                    next_url: None,
                    ..found.clone()
                },
            ),
            ("found", found),
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
            action: "/settings".to_owned(),
            saved: false,
            boards: Self::board_choices("team"),
            credit_from: field("85"),
            ask_from: field("30"),
            colour: field("#17486b"),
            privacy: field(""),
            shown_colours: ["#17486b".to_owned(), "#3a76a3".to_owned()],
        };
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
            ..ask.clone()
        };
        vec![
            (
                "saved",
                Self {
                    saved: true,
                    ..ask.clone()
                },
            ),
            ("wrong", wrong),
            ("ask", ask),
        ]
    }
}
