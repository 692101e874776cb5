//! The feed of a person, a team, a site or the organisation.
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Context, Page, sample};

/// A page of a feed, newest first.
#[derive(Clone, Debug, Serialize)]
pub struct FeedPage {
    /// The frame.
    pub page: Page,
    /// Whose feed.
    pub scope: FeedScope,
    /// Name of the person, team, site or organisation; empty for one's own.
    pub name: String,
    /// Thank-yous of this week, for the headline.
    pub this_week: u64,
    /// The newest, on a card; only on the first page.
    pub newest: Option<FeedItem>,
    /// The rest of this page.
    pub items: Vec<FeedItem>,
    /// Praise at the reader's site of which nobody knows whom it means; only in one's own feed.
    pub maybe: Vec<Maybe>,
    /// What stands on the next page.
    pub earlier: Option<Earlier>,
    /// Back to the first page, on every other.
    pub first_url: Option<String>,
    /// Server-sent events (`recognition`) that say something new came in.
    pub live_url: Option<String>,
    /// This page, to load it anew.
    pub here_url: String,
}

/// Whose feed. The serialised form is the group of texts in the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FeedScope {
    /// The reader's own.
    Own,
    /// Another person's.
    Person,
    /// A team's.
    Team,
    /// A site's, with the sites below.
    Site,
    /// Everybody's.
    Organisation,
}

/// What follows on the next page.
#[derive(Clone, Debug, Serialize)]
pub struct Earlier {
    /// How many, if that is known without counting everything.
    pub count: Option<u64>,
    /// Address with the cursor.
    pub url: String,
}

/// A staff member as shown.
#[derive(Clone, Debug, Serialize)]
pub struct Person {
    /// The full name.
    pub name: String,
    /// What they do.
    pub job_title: Option<String>,
    /// Their feed, where the reader may see it.
    pub url: Option<String>,
}

/// A public post (X, Mastodon): shown word for word, nothing marked inside, author and link beside it.
#[derive(Clone, Debug, Serialize)]
pub struct Post {
    /// The author's display name.
    pub author: String,
    /// The author's handle, with @.
    pub handle: String,
    /// "X", "Mastodon".
    pub network: String,
    /// The post itself. Anything but a web address is not linked: it comes from outside.
    #[serde(serialize_with = "super::frame::web_address")]
    pub url: String,
}

/// Why words are somebody's.
#[derive(Clone, Debug, Serialize)]
pub struct Why {
    /// Of whom, where several people stand together.
    pub name: Option<String>,
    /// Codes, whose texts stand in the catalogue below `reason.`; the strongest first.
    pub reasons: Vec<&'static str>,
}

/// One recognition, or several of one comment.
#[derive(Clone, Debug, Serialize)]
pub struct FeedItem {
    /// Unique on the page; letters, digits and hyphens.
    pub id: String,
    /// Who earned it. Empty: praise of the site.
    pub people: Vec<Person>,
    /// When it was.
    pub at: Moment,
    /// The way it came in.
    pub source: String,
    /// Where it was.
    pub site: Option<String>,
    /// The customer's name as they gave it.
    pub author: Option<String>,
    /// The words, evidence marked; none where they were erased.
    pub words: Option<Words>,
    /// For a public post.
    pub post: Option<Post>,
    /// Why it is theirs.
    pub why: Vec<Why>,
    /// Who passed it on, and when.
    pub passed_on: Option<PassedOn>,
    /// What the reader can do with it; only in one's own feed.
    pub mine: Option<Mine>,
}

/// What a person can do with praise of themselves.
#[derive(Clone, Debug, Serialize)]
pub struct Mine {
    /// Where the answer posts (field `answer`); none if the customer has no receipt to read it on.
    pub answer_url: Option<String>,
    /// The answer that was given.
    pub answered: Option<Words>,
    /// Where taking it back posts.
    pub take_back_url: String,
    /// How the answer is signed.
    pub signed: String,
    /// Where hiding from colleagues, or showing again, posts.
    pub hide_url: String,
    /// Whether it is hidden.
    pub hidden: bool,
    /// Where "That was not me" posts (field `who`).
    pub not_me_url: String,
}

/// Praise that may be the reader's.
#[derive(Clone, Debug, Serialize)]
pub struct Maybe {
    /// Unique on the page.
    pub id: String,
    /// The words, nothing marked.
    pub words: Words,
    /// When it was.
    pub at: Moment,
    /// The way it came in.
    pub source: String,
    /// Where it was.
    pub site: Option<String>,
    /// For a public post, which is never shown without its author.
    pub post: Option<Post>,
    /// Where "I think this was me" posts.
    pub claim_url: String,
}

/// A manager passed it on.
#[derive(Clone, Debug, Serialize)]
pub struct PassedOn {
    /// The manager's name.
    pub by: String,
    /// When.
    pub at: Moment,
    /// The line they added.
    pub note: Option<Words>,
}

impl Post {
    pub(super) fn sample() -> Self {
        Self {
            author: "Holly <b>paints</b>".to_owned(),
            handle: "@hollypaints".to_owned(),
            network: "X".to_owned(),
            url: "https://x.com/hollypaints/status/1".to_owned(),
        }
    }
}

impl FeedPage {
    /// An empty first page.
    pub fn empty(page: Page, scope: FeedScope, name: &str, here_url: &str) -> Self {
        Self {
            page,
            scope,
            name: name.to_owned(),
            this_week: 0,
            newest: None,
            items: Vec::new(),
            maybe: Vec::new(),
            earlier: None,
            first_url: None,
            live_url: None,
            here_url: here_url.to_owned(),
        }
    }
}

impl Context for FeedPage {
    const NAME: &'static str = "pages/feed";

    fn language(&self) -> Language {
        self.page.language
    }

    fn samples(language: Language) -> Vec<(&'static str, Self)> {
        let earlier = |count| {
            Some(Earlier {
                count,
                url: "?after=0190".to_owned(),
            })
        };
        let own = Self {
            this_week: 3,
            newest: Some(FeedItem {
                mine: Some(mine(None)),
                ..item("r1", language)
            }),
            items: vec![
                FeedItem {
                    mine: Some(mine(Some("Glad they sleep."))),
                    ..post(language)
                },
                FeedItem {
                    mine: Some(Mine {
                        answer_url: None,
                        hidden: true,
                        ..mine(None)
                    }),
                    ..drills(language)
                },
                erased(language),
            ],
            maybe: vec![maybe(language)],
            earlier: earlier(Some(38)),
            live_url: Some("/feed/events".to_owned()),
            ..Self::empty(sample::staff(language, "feed"), FeedScope::Own, "", "/feed")
        };
        let of = |scope, name: &str| Self {
            page: sample::manager(language, "team"),
            scope,
            name: name.to_owned(),
            newest: Some(item("r1", language)),
            items: vec![post(language), several(language), site_praise(language)],
            maybe: Vec::new(),
            ..own.clone()
        };
        let later = Self {
            newest: None,
            first_url: Some("/feed".to_owned()),
            earlier: earlier(None),
            ..of(FeedScope::Team, "Castle Street")
        };
        vec![
            ("person", of(FeedScope::Person, "Amina Yusuf")),
            (
                "team",
                Self {
                    this_week: 1,
                    ..of(FeedScope::Team, "Jonas Keller")
                },
            ),
            ("site", of(FeedScope::Site, "Castle Street")),
            (
                "organisation",
                Self {
                    this_week: 0,
                    ..of(FeedScope::Organisation, "Tarn & Holloway")
                },
            ),
            ("later", later),
            ("own", own),
            (
                "empty",
                Self::empty(sample::staff(language, "feed"), FeedScope::Own, "", "/feed"),
            ),
        ]
    }
}

fn item(id: &str, language: Language) -> FeedItem {
    let note = Words::plain("Half the shop now wants to see this hinge.", Some("en"));
    let at = sample::near("2026-11-21T17:35:00Z", language);
    FeedItem {
        id: id.to_owned(),
        people: vec![sample::amina()],
        at: sample::near("2026-11-21T14:20:00Z", language),
        source: "Thank-you form".to_owned(),
        site: Some("Castle Street".to_owned()),
        author: Some("Holly".to_owned()),
        words: Some(sample::hinge()),
        post: None,
        why: vec![sample::why(None)],
        passed_on: Some(PassedOn {
            by: "Jonas Keller".to_owned(),
            at,
            note: Some(note),
        }),
        mine: None,
    }
}

fn post(language: Language) -> FeedItem {
    FeedItem {
        at: sample::near("2026-11-19T19:41:00Z", language),
        source: "X".to_owned(),
        author: None,
        words: Some(Words::plain(
            "Shout-out to Amina Y. at @tarnholloway who stayed ten minutes past closing so I could get the right fuse. \
             Lights back on, kids asleep.",
            Some("en"),
        )),
        post: Some(Post::sample()),
        passed_on: None,
        ..item("r2", language)
    }
}

fn drills(language: Language) -> FeedItem {
    FeedItem {
        at: sample::near("2026-11-17T11:02:00Z", language),
        source: "Survey, 10 of 10".to_owned(),
        words: Some(sample::drills()),
        why: Vec::new(),
        passed_on: None,
        ..item("r3", language)
    }
}

fn several(language: Language) -> FeedItem {
    let linked = |name: &str| Person {
        url: Some("/feed/amina".to_owned()),
        ..sample::person(name, "Paint counter")
    };
    FeedItem {
        people: vec![linked("Amina Yusuf"), linked("<i>Grace</i> Okafor")],
        words: Some(sample::hostile()),
        ..item("r4", language)
    }
}

fn site_praise(language: Language) -> FeedItem {
    FeedItem {
        people: Vec::new(),
        words: Some(sample::saw()),
        author: None,
        ..item("r5", language)
    }
}

fn erased(language: Language) -> FeedItem {
    FeedItem {
        words: None,
        author: None,
        why: Vec::new(),
        passed_on: None,
        ..item("r6", language)
    }
}

fn mine(answered: Option<&str>) -> Mine {
    Mine {
        answer_url: Some("/feed/r1/answer".to_owned()),
        answered: answered.map(|text| Words::plain(text, Some("en"))),
        take_back_url: "/feed/r1/answer/take-back".to_owned(),
        signed: "Amina".to_owned(),
        hide_url: "/feed/r1/hide".to_owned(),
        hidden: false,
        not_me_url: "/feed/r1/not-me".to_owned(),
    }
}

fn maybe(language: Language) -> Maybe {
    let words = "The lady at the paint counter matched the blue of my mother’s kitchen from a chip the size of a fingernail.";
    Maybe {
        id: "m1".to_owned(),
        words: Words::plain(words, Some("en")),
        at: sample::near("2026-11-18T12:00:00Z", language),
        source: "Paper card".to_owned(),
        site: Some("Castle Street".to_owned()),
        post: Some(Post::sample()),
        claim_url: "/feed/m1/claim".to_owned(),
    }
}
