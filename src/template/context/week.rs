//! The digest: a reader's week, as a mail and as a page.
use serde::Serialize;

use super::super::{Language, Words};
use super::leaderboard::Standing;
use super::{Band, BecauseKind, Context, MailFrame, Page, sample};

/// What a digest tells, the same in mail and page. Never empty: if nothing happened no digest is made.
#[derive(Clone, Debug, Serialize)]
pub struct Week {
    /// Team or site, as the headline's second line names it.
    pub about: String,
    /// The period in words: "Monday 16 to Sunday 22 November".
    pub period: String,
    /// Thank-yous of the period.
    pub thanks: u64,
    /// People they are for.
    pub thanked: u64,
    /// Praise by person, most words first; the words of each newest first.
    pub people: Vec<PersonPraise>,
    /// Praise of the site, nobody named.
    pub site: Vec<Quoted>,
    /// What waits for a decision; oldest first.
    pub waiting: Vec<Waiting>,
    /// How many wait beyond those.
    pub waiting_more: u64,
    /// Complaints that wait to be put right.
    pub complaints: u64,
    /// Decided now, said in an earlier week.
    pub late: Vec<PersonPraise>,
    /// Told in an earlier digest and since withdrawn.
    pub withdrawn: Vec<Changed>,
    /// The team's board for the period.
    pub bands: Vec<Band>,
    /// The period's name on the board: "November 2026".
    pub board_period: String,
    /// The whole board.
    pub board_url: Option<String>,
    /// Where to decide and pass on.
    pub desk_url: Option<String>,
}

/// A person and what was said of them.
#[derive(Clone, Debug, Serialize)]
pub struct PersonPraise {
    /// The name.
    pub name: String,
    /// What they do.
    pub job_title: Option<String>,
    /// The words, newest first, perhaps only the first of many.
    pub quotes: Vec<Quoted>,
    /// How many more there are.
    pub more: u64,
}

/// Words with where they came from.
#[derive(Clone, Debug, Serialize)]
pub struct Quoted {
    /// The words; none where they may not be shown here (a post of X, erased): `instead` then says what there is.
    pub words: Option<Words>,
    /// Our sentence in place of the words.
    pub instead: Option<String>,
    /// The way it came in.
    pub source: String,
    /// The day, for instance "Thursday".
    pub day: String,
    /// The page of just this praise, or the post.
    pub url: Option<String>,
}

/// Something that waits for a decision.
#[derive(Clone, Debug, Serialize)]
pub struct Waiting {
    /// The words, shortened.
    pub words: Words,
    /// Since when, for instance "Thursday".
    pub since: String,
    /// Who is thought of, best first, three at most.
    pub candidates: Vec<String>,
    /// Where to decide.
    pub url: Option<String>,
}

/// A praise that was told and is no longer so.
#[derive(Clone, Debug, Serialize)]
pub struct Changed {
    /// Whose it was.
    pub name: String,
    /// The day of the words, for instance "12 November".
    pub day: String,
    /// Key of the reason: `digest.withdrawn.words_changed`, `.decided` or `.taken_back`.
    pub key: &'static str,
}

/// The digest as a mail.
#[derive(Clone, Debug, Serialize)]
pub struct DigestMail {
    /// The frame.
    pub mail: MailFrame,
    /// What it tells.
    pub week: Week,
    /// The digest as a page.
    pub page_url: Option<String>,
}

/// The digest as a page.
#[derive(Clone, Debug, Serialize)]
pub struct DigestPage {
    /// The frame.
    pub page: Page,
    /// What it tells.
    pub week: Week,
    /// The digest before, if there is one.
    pub earlier_url: Option<String>,
    /// The digest after.
    pub later_url: Option<String>,
}

impl Context for DigestMail {
    const NAME: &'static str = "email/digest";

    fn language(&self) -> Language {
        self.mail.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let mail = || sample::mail(language, BecauseKind::DigestTeam, "Castle Street");
        let page_url = Some("https://plaudit.example/digest/1".to_owned());
        weeks()
            .into_iter()
            .map(|(name, week)| {
                (
                    name,
                    Self {
                        mail: mail(),
                        week,
                        page_url: page_url.clone(),
                    },
                )
            })
            .collect()
    }
}

impl Context for DigestPage {
    const NAME: &'static str = "pages/digest";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let of = |week| Self {
            page: sample::manager(language, "digest"),
            week,
            earlier_url: Some("/digest/2026-W46".to_owned()),
            later_url: None,
        };
        weeks().into_iter().map(|(name, week)| (name, of(week))).collect()
    }
}

fn weeks() -> Vec<(&'static str, Week)> {
    let full = full_week();
    let quiet = Week {
        thanks: 0,
        thanked: 0,
        people: Vec::new(),
        site: Vec::new(),
        late: Vec::new(),
        bands: Vec::new(),
        board_url: None,
        complaints: 0,
        waiting_more: 0,
        ..full.clone()
    };
    let one = Week {
        thanks: 1,
        thanked: 1,
        people: full.people.iter().skip(1).take(1).cloned().collect(),
        waiting: Vec::new(),
        withdrawn: Vec::new(),
        complaints: 1,
        ..quiet.clone()
    };
    vec![("full", full), ("one", one), ("waiting", quiet)]
}

fn full_week() -> Week {
    let waiting = |words: Words, candidates: &[&str]| Waiting {
        words: words.shortened(160),
        since: "Thursday".to_owned(),
        candidates: candidates.iter().map(|name| (*name).to_owned()).collect(),
        url: Some("https://plaudit.example/desk#1".to_owned()),
    };
    let changed = |name: &str, key| Changed {
        name: name.to_owned(),
        day: "12 November".to_owned(),
        key,
    };
    Week {
        about: "Castle Street".to_owned(),
        period: "Monday 16 to Sunday 22 November".to_owned(),
        thanks: 12,
        thanked: 3,
        people: people(),
        site: vec![quoted(
            "Everybody at the till was patient with my father.",
            "Survey",
            "Monday",
        )],
        waiting: vec![
            waiting(sample::saw(), &["Mathis Brandt", "Matthew Doyle"]),
            waiting(sample::hostile(), &[]),
        ],
        waiting_more: 3,
        complaints: 2,
        late: vec![praise(
            "Lucy Park",
            vec![quoted("Carried it to the car in the rain.", "Form", "5 November")],
            0,
        )],
        withdrawn: vec![
            changed("Peter Lund", "digest.withdrawn.words_changed"),
            changed("Grace Okafor", "digest.withdrawn.decided"),
            changed("Sofia Marques", "digest.withdrawn.taken_back"),
        ],
        bands: board(),
        board_period: "November 2026".to_owned(),
        board_url: Some("https://plaudit.example/board".to_owned()),
        desk_url: Some("https://plaudit.example/desk".to_owned()),
    }
}

fn people() -> Vec<PersonPraise> {
    let own = |words| Quoted {
        words: Some(words),
        ..quoted("", "Thank-you form", "Thursday")
    };
    let post = Quoted {
        words: None,
        instead: Some("@hollypaints thanked Amina on X.".to_owned()),
        url: Some("https://x.com/hollypaints/status/1".to_owned()),
        ..quoted("", "X", "Friday")
    };
    vec![
        praise("Amina Yusuf", vec![own(sample::hinge()), post], 2),
        praise("Daniel Hughes", vec![own(sample::delivery())], 0),
        praise(
            "Annemarie Schwarzenberger-Hohenlohe",
            vec![own(sample::drills())],
            5,
        ),
    ]
}

fn praise(name: &str, quotes: Vec<Quoted>, more: u64) -> PersonPraise {
    PersonPraise {
        name: name.to_owned(),
        job_title: Some("Order desk".to_owned()),
        quotes,
        more,
    }
}

fn quoted(words: &str, source: &str, day: &str) -> Quoted {
    Quoted {
        words: Some(Words::plain(words, Some("en"))),
        instead: None,
        source: source.to_owned(),
        day: day.to_owned(),
        url: Some("https://plaudit.example/p/1".to_owned()),
    }
}

fn board() -> Vec<Band> {
    let row = |name: &str| Standing {
        name: name.to_owned(),
        site: None,
        url: None,
        me: false,
    };
    Band::of(vec![
        (6, row("Amina Yusuf")),
        (5, row("Annemarie Schwarzenberger-Hohenlohe")),
        (1, row("Daniel Hughes")),
        (1, row("Lucy Park")),
    ])
}
