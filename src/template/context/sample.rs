//! The invented organisation that all samples share.
use chrono::{DateTime, Utc};

use super::{Because, BecauseKind, LanguageLink, MailFrame, Me, NavLink, Page, Person, Why};
use crate::template::{Language, Moment, Words, brand::Brand};

const BRAND: &str = "/brand.css";

pub(super) fn guest(language: Language) -> Page {
    let mut page = Page::guest("Tarn & Holloway", language, BRAND);
    page.languages = LanguageLink::all(language, |other| format!("?lang={}", other.code()));
    page.privacy_url = Some("/privacy".to_owned());
    page
}

pub(super) fn staff(language: Language, here: &str) -> Page {
    book(language, here, &["feed", "board"], "Amina Yusuf")
}

pub(super) fn manager(language: Language, here: &str) -> Page {
    book(
        language,
        here,
        &["desk", "team", "board", "digest"],
        "Jonas Keller",
    )
}

pub(super) fn admin(language: Language, here: &str) -> Page {
    let pages = ["roster", "sources", "held", "jobs", "keys", "audit", "settings"];
    book(language, here, &pages, "Ruth Engel")
}

fn book(language: Language, here: &str, pages: &[&'static str], me: &str) -> Page {
    let link = |name: &&'static str| NavLink {
        name,
        url: format!("/{name}"),
        here: *name == here,
    };
    let mut page = guest(language);
    page.languages.clear();
    page.nav = pages.iter().map(link).collect();
    page.me = Some(Me {
        name: me.to_owned(),
        url: "/me".to_owned(),
    });
    page
}

pub(super) fn mail(language: Language, because: BecauseKind, what: &str) -> MailFrame {
    MailFrame {
        language,
        direction: "ltr",
        organisation: "Tarn & Holloway".to_owned(),
        brand: Brand::of("#17486b".parse().unwrap_or(crate::template::brand::WHITE)),
        because: Because {
            key: because,
            what: what.to_owned(),
        },
        unsubscribe_url: Some("https://plaudit.example/u/5PqX".to_owned()),
    }
}

pub(super) fn now() -> DateTime<Utc> {
    "2026-11-21T18:20:00Z".parse().unwrap_or_default()
}

pub(super) fn near(at: &str, language: Language) -> Moment {
    Moment::near(at.parse().unwrap_or_default(), chrono_tz::UTC, now(), language)
}

pub(super) fn full(at: &str, language: Language) -> Moment {
    Moment::full(at.parse().unwrap_or_default(), chrono_tz::UTC, now(), language)
}

/// `text` with every stretch of `evidence` marked.
pub(super) fn marked(text: &str, evidence: &[&str], language: &str) -> Words {
    let span = |stretch: &&str| text.find(*stretch).map(|start| start..start + stretch.len());
    let spans: Vec<_> = evidence.iter().filter_map(span).collect();
    Words::marked(text, &spans, Some(language))
}

pub(super) const HINGE: &str = "I came in with half a hinge in a sandwich bag. Amina didn’t laugh. She went through \
three drawers, found the other half, and showed me how to pack the screw holes with matchsticks. The door closes. My \
wife thinks I did it.";

pub(super) fn hinge() -> Words {
    marked(
        HINGE,
        &[
            "Amina",
            "went through three drawers, found the other half",
            "showed me how",
        ],
        "en",
    )
}

pub(super) fn delivery() -> Words {
    marked(
        "Rang about a delivery that never came. Daniel rang me back when he said he would, twice, even when he had \
         nothing to tell me yet. That is all I ever wanted from anybody.",
        &["Daniel rang me back when he said he would"],
        "en",
    )
}

pub(super) fn drills() -> Words {
    marked(
        "Frau Yusuf hat mir den Unterschied zwischen den beiden Schlagbohrmaschinen erklärt, ohne dass ich mir dumm \
         vorkam.",
        &[
            "Frau Yusuf",
            "Unterschied zwischen den beiden Schlagbohrmaschinen erklärt",
        ],
        "de",
    )
}

pub(super) fn saw() -> Words {
    marked(
        "The young man on the timber saw, Matthew I think? cut everything to the millimetre and pencilled a number on \
         each piece.",
        &["timber saw", "Matthew"],
        "en",
    )
}

/// What a template must survive: markup, templates, formulas, reordering, long words.
pub(super) fn hostile() -> Words {
    marked(
        "</p><script>alert(1)</script>{{organisation}} =HYPERLINK(\"x\") \u{202e}gnp.exe\u{202c}\n-- \nYou get this \
         because you are kind. Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
        &["<script>alert(1)</script>"],
        "de",
    )
}

pub(super) fn person(name: &str, job: &str) -> Person {
    Person {
        name: name.to_owned(),
        job_title: Some(job.to_owned()),
        url: None,
    }
}

pub(super) fn amina() -> Person {
    person("Amina Yusuf", "Ironmongery")
}

pub(super) fn why(name: Option<&str>) -> Why {
    Why {
        name: name.map(str::to_owned),
        reasons: vec!["staff.full_name", "identity.shift"],
    }
}
