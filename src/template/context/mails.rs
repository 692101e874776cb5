//! Mails that are sent at once.
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{BecauseKind, Context, MailFrame, Person, Post, Why, sample};

/// Somebody was praised. One mail for one comment, though it may praise several people.
#[derive(Clone, Debug, Serialize)]
pub struct PraiseMail {
    /// The frame.
    pub mail: MailFrame,
    /// The people the words praise; empty for praise of a site.
    pub people: Vec<Person>,
    /// Their given names as a list in the reader's language: "Amina and Daniel".
    pub names: String,
    /// Whether the reader is the person who is praised.
    pub oneself: bool,
    /// The words, evidence marked. None for a post of X: `post` then says where they are.
    pub words: Option<Words>,
    /// The author and address of a public post.
    pub post: Option<Post>,
    /// The customer's name as they gave it.
    pub author: Option<String>,
    /// The way it came in.
    pub source: String,
    /// Where it was.
    pub site: Option<String>,
    /// When it was.
    pub at: Moment,
    /// Why it is theirs.
    pub why: Vec<Why>,
    /// The page of just this praise (a capability).
    pub praise_url: String,
}

/// Somebody must say whom words mean.
#[derive(Clone, Debug, Serialize)]
pub struct TriageMail {
    /// The frame.
    pub mail: MailFrame,
    /// The words, evidence marked; none for a post of X.
    pub words: Option<Words>,
    /// The author and address of a public post.
    pub post: Option<Post>,
    /// The way it came in.
    pub source: String,
    /// Where it was.
    pub site: Option<String>,
    /// When it was.
    pub at: Moment,
    /// Who may be meant, best first; perhaps nobody.
    pub candidates: Vec<Candidate>,
    /// Who is credited already by the same words.
    pub credited: Vec<String>,
    /// Where to decide.
    pub decide_url: String,
}

/// Somebody who may be meant.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    /// The name.
    pub name: String,
    /// What they do, and where.
    pub job_title: Option<String>,
    /// How sure the engine is, 1 to 99; none where a person named them.
    pub in_hundred: Option<u8>,
    /// Why.
    pub why: Option<Why>,
}

/// Something went wrong for a customer.
#[derive(Clone, Debug, Serialize)]
pub struct ComplaintMail {
    /// The frame.
    pub mail: MailFrame,
    /// The words, never marked; none for a post of X.
    pub words: Option<Words>,
    /// The author and address of a public post.
    pub post: Option<Post>,
    /// The way it came in.
    pub source: String,
    /// Where it was.
    pub site: Option<String>,
    /// When it was.
    pub at: Moment,
    /// The score as given: "3 of 10".
    pub score: Option<String>,
    /// Whether the same comment also thanks somebody.
    pub also_thanks: bool,
    /// The comment on the desk.
    pub desk_url: Option<String>,
}

/// A link that signs in.
#[derive(Clone, Debug, Serialize)]
pub struct SignInMail {
    /// The frame; `unsubscribe_url` is none.
    pub mail: MailFrame,
    /// The one-time link.
    pub url: String,
    /// Minutes it works.
    pub minutes: u64,
}

impl Context for PraiseMail {
    const NAME: &'static str = "email/praise";

    fn language(&self) -> Language {
        self.mail.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let one = Self {
            mail: sample::mail(language, BecauseKind::Manager, "Amina Yusuf"),
            people: vec![sample::amina()],
            names: "Amina".to_owned(),
            oneself: false,
            words: Some(sample::hinge()),
            post: None,
            author: Some("Holly".to_owned()),
            source: "Thank-you form".to_owned(),
            site: Some("Castle Street".to_owned()),
            at: sample::full("2026-11-21T14:20:00Z", language),
            why: vec![sample::why(Some("Amina"))],
            praise_url: "https://plaudit.example/p/Q8wz".to_owned(),
        };
        let several = Self {
            mail: sample::mail(
                language,
                BecauseKind::ManagerAbove,
                "Amina Yusuf\r\nBcc: x@example.com",
            ),
            people: vec![
                sample::amina(),
                sample::person("<i>Daniel</i> Hughes", "Order desk"),
            ],
            names: "Amina\r\nBcc: x@example.com".to_owned(),
            words: Some(sample::hostile()),
            ..one.clone()
        };
        let post = Self {
            words: None,
            post: Some(Post::sample()),
            author: None,
            ..one.clone()
        };
        let oneself = Self {
            mail: sample::mail(language, BecauseKind::Oneself, ""),
            oneself: true,
            ..one.clone()
        };
        let site = Self {
            mail: sample::mail(language, BecauseKind::SiteLead, "Castle Street"),
            people: Vec::new(),
            names: String::new(),
            why: Vec::new(),
            author: None,
            ..one.clone()
        };
        vec![
            ("one", one),
            ("several", several),
            ("post", post),
            ("oneself", oneself),
            ("site", site),
        ]
    }
}

impl Context for TriageMail {
    const NAME: &'static str = "email/triage";

    fn language(&self) -> Language {
        self.mail.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let candidate = |name: &str, in_hundred| Candidate {
            name: name.to_owned(),
            job_title: Some("Timber, Castle Street".to_owned()),
            in_hundred: Some(in_hundred),
            why: Some(sample::why(None)),
        };
        let two = Self {
            mail: sample::mail(language, BecauseKind::SiteLead, "Castle Street"),
            words: Some(sample::saw()),
            post: None,
            source: "Paper card".to_owned(),
            site: Some("Castle Street".to_owned()),
            at: sample::full("2026-11-20T16:48:00Z", language),
            candidates: vec![candidate("Mathis Brandt", 81), candidate("Matthew Doyle", 14)],
            credited: vec!["Grace Okafor".to_owned()],
            decide_url: "https://plaudit.example/d/Zz81".to_owned(),
        };
        let nobody = Self {
            words: None,
            post: Some(Post::sample()),
            candidates: Vec::new(),
            credited: Vec::new(),
            mail: sample::mail(language, BecauseKind::Administrator, "Tarn & Holloway"),
            ..two.clone()
        };
        vec![("two", two), ("nobody", nobody)]
    }
}

impl Context for ComplaintMail {
    const NAME: &'static str = "email/complaint";

    fn language(&self) -> Language {
        self.mail.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let lift = "The lift was out again and nobody at the desk could say when it would be mended.";
        let mixed = Self {
            mail: sample::mail(language, BecauseKind::SiteLead, "Castle Street"),
            words: Some(Words::plain(lift, Some("en"))),
            post: None,
            source: "Survey".to_owned(),
            site: Some("Castle Street".to_owned()),
            at: sample::full("2026-11-21T09:15:00Z", language),
            score: Some("3 of 10".to_owned()),
            also_thanks: true,
            desk_url: Some("https://plaudit.example/desk#c1".to_owned()),
        };
        let post = Self {
            words: None,
            post: Some(Post::sample()),
            score: None,
            also_thanks: false,
            desk_url: None,
            ..mixed.clone()
        };
        let plain = Self {
            words: Some(sample::hostile()),
            site: None,
            also_thanks: false,
            ..mixed.clone()
        };
        vec![("mixed", mixed), ("post", post), ("hostile", plain)]
    }
}

impl Context for SignInMail {
    const NAME: &'static str = "email/sign-in";

    fn language(&self) -> Language {
        self.mail.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let mail = MailFrame {
            unsubscribe_url: None,
            ..sample::mail(language, BecauseKind::SignIn, "a.yusuf@tarnholloway.example")
        };
        let url = "https://plaudit.example/sign-in/4XhPq2".to_owned();
        vec![(
            "link",
            Self {
                mail,
                url,
                minutes: 15,
            },
        )]
    }
}
