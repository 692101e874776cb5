//! The feed of a person, a team, a site or the organisation.
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::{Context, Page, SourceName};

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
    /// Where and when the customer was served, where the rota says who was there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub served: Option<Served>,
}

/// At which post a customer was served, and when.
#[derive(Clone, Debug, Serialize)]
pub struct Served {
    /// Till, desk or the like.
    pub post: String,
    /// By the clock there: `10:05`.
    pub time: String,
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
    pub source: SourceName,
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
    pub source: SourceName,
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
}
