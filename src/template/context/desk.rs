//! The manager's desk: what waits, oldest first.
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Because, BecauseKind, Candidate, Context, Page, Post, Why, sample};

/// The desk.
#[derive(Clone, Debug, Serialize)]
pub struct DeskPage {
    /// The frame.
    pub page: Page,
    /// Whether the reader may change nothing here: an auditor.
    pub reads_only: bool,
    /// How many things wait.
    pub waiting: u64,
    /// Since when the oldest waits: "Thursday".
    pub oldest: Option<String>,
    /// How long it takes until words are heard.
    pub pace: Option<Pace>,
    /// To be passed on.
    pub pass_on: Vec<PassOn>,
    /// What was just done, to be undone.
    pub done: Option<Done>,
    /// To be decided.
    pub decide: Vec<Decide>,
    /// To be put right.
    pub complaints: Vec<Complaint>,
    /// What follows on the next page.
    pub next_url: Option<String>,
    /// What looks like junk, if there is any and the reader may see it.
    pub held: Option<Held>,
}

/// Comments that are held back.
#[derive(Clone, Debug, Serialize)]
pub struct Held {
    /// How many, as far as they were counted.
    pub n: u64,
    /// Whether counting stopped there: "99+".
    pub is_more: bool,
    /// Where they are.
    pub url: String,
}

/// Half of the thanks of the last four weeks were heard within so many hours.
#[derive(Clone, Debug, Serialize)]
pub struct Pace {
    /// Hours, rounded up.
    pub hours: u64,
    /// Of how many.
    pub n: u64,
}

/// Where and since when.
#[derive(Clone, Debug, Serialize)]
pub struct Whence {
    /// When it was said.
    pub at: Moment,
    /// The way it came in.
    pub source: String,
    /// Where it was.
    pub site: Option<String>,
    /// For a public post.
    pub post: Option<Post>,
    /// Whole days it waits, from the second on.
    pub days: u64,
}

/// Words for somebody.
#[derive(Clone, Debug, Serialize)]
pub struct PassOn {
    /// Unique on the page; letters, digits and hyphens.
    pub id: String,
    /// Where from.
    pub whence: Whence,
    /// Full name of the person.
    pub name: String,
    /// What they are called when spoken of: "Amina".
    pub given_name: String,
    /// Job and until when they are in, as far as known.
    pub where_now: Option<String>,
    /// The words, evidence marked (posts: nothing marked).
    pub words: Words,
    /// Why it is theirs.
    pub why: Vec<Why>,
    /// Why it lies on this desk.
    pub because: Because,
    /// Where the form posts: `how` is `told` or `sent`, `note` a line to the customer. None for who may only read.
    pub action: Option<String>,
    /// Whether it can be mailed to the person instead of being read aloud.
    pub can_send: bool,
    /// Whether the customer has a receipt on which a line would stand.
    pub can_note: bool,
    /// Where `That is not …` posts: the words go back to be decided. None for who may only read.
    pub not_them_url: Option<String>,
}

/// What was just done.
#[derive(Clone, Debug, Serialize)]
pub struct Done {
    /// Key: `desk.done.passed_on`, `.sent`, `.credited`, `.nobody`, `.not_staff`, `.not_praise`, `.not_them`,
    /// `.handled`.
    pub key: &'static str,
    /// The names in the sentence.
    pub names: Vec<String>,
    /// Where undoing posts; none once it cannot be undone.
    pub undo_url: Option<String>,
}

/// Words of which nobody knows yet whom they mean.
#[derive(Clone, Debug, Serialize)]
pub struct Decide {
    /// Unique on the page.
    pub id: String,
    /// Where from.
    pub whence: Whence,
    /// The words, evidence marked (posts: nothing marked).
    pub words: Words,
    /// What one of the staff said about it.
    pub says: Option<Says>,
    /// Who may be meant, best first, three at most.
    pub candidates: Vec<DeskCandidate>,
    /// Where the form posts: `staff` (an id), `decision` (`all`, `nobody`, `not_staff`, `not_praise`), or `who` typed.
    /// None for who may only read.
    pub action: Option<String>,
    /// Whether the words changed after somebody had decided.
    pub words_changed: bool,
    /// What was typed as `who` and found nobody or several.
    pub not_found: Option<String>,
}

/// One of the staff says that it was they, or that it was not.
#[derive(Clone, Debug, Serialize)]
pub struct Says {
    /// Key of the sentence: `desk.says.claim`, `desk.says.not_me`.
    pub key: &'static str,
    /// Who.
    pub name: String,
}

/// Whether somebody was at work then.
#[derive(Clone, Debug, Serialize)]
pub struct ShiftThen {
    /// Key of the sentence: `desk.shift.on`, `desk.shift.off`.
    pub key: &'static str,
    /// "09:00–17:00"; empty where they were not.
    pub hours: String,
}

/// A candidate with its key on the keyboard.
#[derive(Clone, Debug, Serialize)]
pub struct DeskCandidate {
    /// 1 to 3.
    pub number: u8,
    /// Posted as `staff`.
    pub value: String,
    /// The person, with reasons.
    pub candidate: Candidate,
    /// Whether they were at work when it happened, where the roster has shifts.
    pub shift: Option<ShiftThen>,
}

/// Something to put right.
#[derive(Clone, Debug, Serialize)]
pub struct Complaint {
    /// Unique on the page.
    pub id: String,
    /// Where from.
    pub whence: Whence,
    /// The words, never marked.
    pub words: Words,
    /// Whom the same comment also thanks: names.
    pub also_thanks: Vec<String>,
    /// Where `dealt with` posts; none for who may only read.
    pub action: Option<String>,
}

impl Context for DeskPage {
    const NAME: &'static str = "pages/desk";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let empty = Self {
            page: sample::manager(language, "desk"),
            reads_only: false,
            waiting: 0,
            oldest: None,
            pace: Some(Pace { hours: 5, n: 38 }),
            pass_on: Vec::new(),
            done: None,
            decide: Vec::new(),
            complaints: Vec::new(),
            next_url: None,
            held: None,
        };
        let undone = Done {
            key: "desk.done.nobody",
            names: Vec::new(),
            undo_url: None,
        };
        let one = Self {
            waiting: 1,
            pass_on: vec![amina(language)],
            done: Some(undone),
            pace: None,
            held: held(99, true),
            ..empty.clone()
        };
        let full = full(&empty, language);
        let auditor = full.clone().read_only();
        vec![
            ("full", full),
            ("auditor", auditor),
            ("one", one),
            ("empty", empty),
        ]
    }
}

impl DeskPage {
    /// The same for an auditor.
    fn read_only(mut self) -> Self {
        self.reads_only = true;
        self.done = None;
        for item in &mut self.pass_on {
            (item.action, item.not_them_url) = (None, None);
        }
        for item in &mut self.decide {
            item.action = None;
        }
        for item in &mut self.complaints {
            item.action = None;
        }
        self
    }
}

fn full(empty: &DeskPage, language: Language) -> DeskPage {
    let done = Done {
        key: "desk.done.passed_on",
        names: vec!["Sofia Marques".to_owned(), "Amina <b>".to_owned()],
        undo_url: Some("/desk/undo/1".to_owned()),
    };
    DeskPage {
        waiting: 5,
        oldest: Some("Thursday".to_owned()),
        pass_on: vec![daniel(language), amina(language)],
        done: Some(done),
        decide: vec![saw(language), post(language)],
        complaints: vec![lift(language)],
        next_url: Some("?after=1".to_owned()),
        held: held(2, false),
        ..empty.clone()
    }
}

fn held(n: u64, is_more: bool) -> Option<Held> {
    let url = "/held".to_owned();
    Some(Held { n, is_more, url })
}

fn whence(at: &str, source: &str, days: u64, language: Language) -> Whence {
    let site = Some("Castle Street".to_owned());
    Whence {
        at: sample::near(at, language),
        source: source.to_owned(),
        site,
        post: None,
        days,
    }
}

fn amina(language: Language) -> PassOn {
    PassOn {
        id: "p2".to_owned(),
        whence: whence("2026-11-21T14:20:00Z", "Thank-you form", 0, language),
        name: "Amina Yusuf".to_owned(),
        given_name: "Amina".to_owned(),
        where_now: Some("Ironmongery, until 20:00 today".to_owned()),
        words: sample::hinge(),
        why: vec![sample::why(None)],
        because: Because {
            key: BecauseKind::Manager,
            what: "Amina Yusuf".to_owned(),
        },
        action: Some("/desk/p2".to_owned()),
        can_send: true,
        can_note: true,
        not_them_url: Some("/desk/p2/not".to_owned()),
    }
}

fn daniel(language: Language) -> PassOn {
    PassOn {
        id: "p1".to_owned(),
        whence: whence("2026-11-19T18:12:00Z", "Telephone survey", 2, language),
        name: "Daniel Hughes".to_owned(),
        given_name: "Daniel".to_owned(),
        where_now: None,
        words: sample::delivery(),
        why: Vec::new(),
        can_send: false,
        can_note: false,
        ..amina(language)
    }
}

fn saw(language: Language) -> Decide {
    let candidate = |number: u8, name: &str, in_hundred, key, hours: &str| DeskCandidate {
        number,
        value: number.to_string(),
        candidate: Candidate {
            name: name.to_owned(),
            job_title: Some("Timber".to_owned()),
            in_hundred: Some(in_hundred),
            why: Some(sample::why(None)),
        },
        shift: Some(ShiftThen {
            key,
            hours: hours.to_owned(),
        }),
    };
    Decide {
        id: "d1".to_owned(),
        whence: whence("2026-11-20T16:48:00Z", "Paper card", 0, language),
        words: sample::saw(),
        says: None,
        candidates: vec![
            candidate(1, "Mathis Brandt", 81, "desk.shift.on", "08:00–16:00"),
            candidate(2, "Matthew Doyle", 14, "desk.shift.off", ""),
        ],
        action: Some("/desk/d1".to_owned()),
        words_changed: true,
        not_found: None,
    }
}

fn post(language: Language) -> Decide {
    let whence = Whence {
        post: Some(Post::sample()),
        ..whence("2026-11-21T10:31:00Z", "X", 0, language)
    };
    Decide {
        id: "d2".to_owned(),
        whence,
        words: Words::plain(&sample::hostile().text(), Some("en")),
        says: Some(Says {
            key: "desk.says.claim",
            name: "Lucy <b>Park".to_owned(),
        }),
        candidates: Vec::new(),
        words_changed: false,
        not_found: Some("Mattew <b>".to_owned()),
        ..saw(language)
    }
}

fn lift(language: Language) -> Complaint {
    let words = "The lift was out again and nobody at the desk could say when it would be mended.";
    Complaint {
        id: "c1".to_owned(),
        whence: whence("2026-11-21T09:15:00Z", "Survey, 3 of 10", 3, language),
        words: Words::plain(words, Some("en")),
        also_thanks: vec!["Lucy Park".to_owned()],
        action: Some("/desk/c1".to_owned()),
    }
}
