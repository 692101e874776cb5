//! Roster import: what a file would change, before it changes anything.
use serde::Serialize;

use super::super::{Language, Words};
use super::{Context, Page, sample};

/// Upload, difference, result.
#[derive(Clone, Debug, Serialize)]
pub struct AdminRosterPage {
    /// The frame.
    pub page: Page,
    /// Where the file is posted (fields `file`, `create_sites`, `complete`); none for whoever may only read.
    pub upload_url: Option<String>,
    /// People on the roster now.
    pub people: u64,
    /// What the file would do; none before one was sent.
    pub change: Option<RosterChange>,
    /// How many changes were just applied.
    pub applied: Option<u64>,
    /// Why the file as a whole cannot be used.
    pub refused: Option<String>,
}

/// What a file would do.
#[derive(Clone, Debug, Serialize)]
pub struct RosterChange {
    /// Name of the file.
    pub file: String,
    /// Lines in it.
    pub lines: u64,
    /// Lines that change nothing.
    pub unchanged: u64,
    /// Lines that cannot be used.
    pub bad: Vec<BadLine>,
    /// People whose data change.
    pub changed: Vec<ChangedPerson>,
    /// Paths of sites to be made.
    pub new_sites: Vec<String>,
    /// New people.
    pub added: Vec<RosterPerson>,
    /// People who leave.
    pub leaving: Vec<RosterPerson>,
    /// Sum of the changes that would be applied.
    pub changes: u64,
    /// Where applying posts; none while something forbids it.
    pub apply_url: Option<String>,
    /// Digest of this difference (field `digest`): what is applied must be what was shown.
    pub digest: String,
    /// The file (field `file`), in base 64: nothing of it is kept between the two pages.
    pub content: String,
    /// Sites that are not there were to be made.
    pub create_sites: bool,
    /// Who is not in the file was to leave.
    pub complete: bool,
    /// What forbids applying.
    pub forbidden: Option<String>,
}

/// A line that cannot be used.
#[derive(Clone, Debug, Serialize)]
pub struct BadLine {
    /// Its number, from 1.
    pub line: u64,
    /// What is wrong, and what would be right.
    pub reason: String,
    /// The line, the bad field marked.
    pub text: Words,
}

/// Somebody whose data change.
#[derive(Clone, Debug, Serialize)]
pub struct ChangedPerson {
    /// The name.
    pub name: String,
    /// From when: "1 December".
    pub from: String,
    /// What changes.
    pub fields: Vec<ChangedField>,
}

/// A field before and after.
#[derive(Clone, Debug, Serialize)]
pub struct ChangedField {
    /// The field's name.
    pub name: String,
    /// Before; none if it was empty.
    pub before: Option<String>,
    /// After; none if it becomes empty.
    pub after: Option<String>,
}

/// Somebody who comes or leaves.
#[derive(Clone, Debug, Serialize)]
pub struct RosterPerson {
    /// The name.
    pub name: String,
    /// First or last day, in words.
    pub day: String,
    /// Site and job, or thank-yous so far.
    pub about: String,
    /// What should be looked at: somebody of nearly the same name.
    pub warning: Option<String>,
}

impl Context for AdminRosterPage {
    const NAME: &'static str = "pages/admin-roster";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let start = Self {
            page: sample::admin(language, "roster"),
            upload_url: Some("/roster".to_owned()),
            people: 204,
            change: None,
            applied: None,
            refused: None,
        };
        let with = |change| Self {
            change: Some(change),
            ..start.clone()
        };
        let forbidden = RosterChange {
            apply_url: None,
            forbidden: Some(
                "20 of 204 people would leave, more than 5 %. Say so with --allow-leavers 20.".to_owned(),
            ),
            ..change()
        };
        let nothing = RosterChange {
            bad: Vec::new(),
            changed: Vec::new(),
            new_sites: Vec::new(),
            added: Vec::new(),
            leaving: Vec::new(),
            changes: 0,
            apply_url: None,
            ..change()
        };
        let refused = Some("The file has no column employee_id.".to_owned());
        vec![
            ("start", start.clone()),
            ("change", with(change())),
            ("forbidden", with(forbidden)),
            ("nothing", with(nothing)),
            (
                "applied",
                Self {
                    applied: Some(9),
                    ..start.clone()
                },
            ),
            ("refused", Self { refused, ..start }),
        ]
    }
}

fn change() -> RosterChange {
    let person = |name: &str, day: &str, about: &str| RosterPerson {
        name: name.to_owned(),
        day: day.to_owned(),
        about: about.to_owned(),
        warning: None,
    };
    let like = "Very like Daniel Hughes, there since 2023.".to_owned();
    RosterChange {
        file: "roster-november.csv".to_owned(),
        lines: 207,
        unchanged: 197,
        bad: vec![bad()],
        changed: vec![changed()],
        new_sites: vec!["Castle Street / <i>Yard".to_owned()],
        added: vec![
            person(
                "Nora <b>Whitfield",
                "from 1 December",
                "Castle Street, returns desk",
            ),
            RosterPerson {
                warning: Some(like),
                ..person("Daniel Hughs", "from 1 December", "Castle Street")
            },
        ],
        leaving: vec![person("Edith Carver", "last day 30 November", "112")],
        changes: 9,
        apply_url: Some("/roster/apply".to_owned()),
        digest: "5f0c".to_owned(),
        content: "ZW1wbG95ZWVfaWQK".to_owned(),
        create_sites: true,
        complete: false,
        forbidden: None,
    }
}

fn bad() -> BadLine {
    let text = "TH-0802;Omar;Haddad;Castel Street;timber;2026-12-01";
    let reason = "No site is called “Castel Street”. Did you mean Castle Street?".to_owned();
    BadLine {
        line: 112,
        reason,
        text: sample::marked(text, &["Castel Street"], "en"),
    }
}

fn changed() -> ChangedPerson {
    let field = |name: &str, before: Option<&str>, after: Option<&str>| ChangedField {
        name: name.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    };
    ChangedPerson {
        name: "Peter Lund".to_owned(),
        from: "1 December".to_owned(),
        fields: vec![
            field("site", Some("Castle Street"), Some("Millgate")),
            field("aliases", None, Some("Pete")),
            field("phone", Some("2214"), None),
        ],
    }
}
