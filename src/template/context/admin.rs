//! The administrator's lists: jobs given up, held items, the audit log.
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Context, Page, sample};

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
    /// Where trying all again posts; none for whoever may only read.
    pub retry_all_url: Option<String>,
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
    /// Where trying again posts; none for whoever may only read.
    pub retry_url: Option<String>,
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
    /// Why it was held: keys of sentences.
    pub why: Vec<&'static str>,
    /// Where `decision` posts: `release` or `junk`; none for who may only read.
    pub action: Option<String>,
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
            retry_url: Some("/jobs/1/retry".to_owned()),
        };
        let page = |given_up, jobs, next_url| Self {
            page: sample::admin(language, "jobs"),
            waiting: 3,
            given_up,
            jobs,
            retry_all_url: Some("/jobs/retry".to_owned()),
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
            why: vec!["held.why.too_fast", "held.why.trap"],
            action: Some("/held/1".to_owned()),
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
