//! What an answer about posts holds: a page of them, or what became of those asked for.

use std::collections::HashSet;

use serde::Deserialize;
use serde_json::Value;

use super::{Post, Reads, Snowflake, answer::Problem, post::User};
use crate::capture::remote::{RateLimit, ReadError};

/// One page, the latest post first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The posts, retweets and the company's own included.
    pub posts: Vec<Post>,
    /// The greatest id; of the first page of a round it is where the next round starts.
    pub newest_id: Option<Snowflake>,
    /// Asks for the next, older page; with the same range.
    pub next_token: Option<String>,
    /// Posts that lacked an id, words or a time. They are counted and paid, not kept.
    pub unreadable: usize,
    /// What was read, for the bill.
    pub reads: Reads,
    /// Calls left.
    pub rate: RateLimit,
}

/// What became of posts we keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Those that stand, as they read now.
    pub standing: Vec<Post>,
    /// Those whose words must go.
    pub gone: Vec<Gone>,
    /// Those X said nothing about; ask again.
    pub unanswered: Vec<Snowflake>,
    /// What was read, for the bill.
    pub reads: Reads,
    /// Calls left.
    pub rate: RateLimit,
}

/// A post we may no longer keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone {
    /// As asked for.
    pub id: Snowflake,
    /// Why.
    pub reason: GoneReason,
}

/// Why a post may no longer be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoneReason {
    /// Its author deleted it, or the account is no more.
    Deleted,
    /// Its author is protected or suspended.
    NotVisible,
    /// X withholds it in some country.
    Withheld,
}

#[derive(Deserialize)]
pub(super) struct Envelope {
    #[serde(default)]
    data: Vec<Value>,
    #[serde(default)]
    includes: Includes,
    #[serde(default)]
    errors: Vec<Problem>,
    #[serde(default)]
    meta: Meta,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Includes {
    users: Vec<User>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Meta {
    newest_id: Option<String>,
    next_token: Option<String>,
}

impl Envelope {
    /// A page of mentions or of a search.
    pub(super) fn page(&self, rate: RateLimit) -> Result<Page, ReadError> {
        if let Some(refusal) = self.refusal_of_all() {
            return Err(refusal);
        }
        let posts: Vec<Post> = self.posts().collect();
        let newest_told = self.meta.newest_id.as_deref().and_then(|id| id.parse().ok());
        Ok(Page {
            newest_id: posts.iter().map(|post| post.id).chain(newest_told).max(),
            unreadable: self.data.len() - posts.len(),
            next_token: self.meta.next_token.clone().filter(|token| !token.is_empty()),
            reads: self.reads(),
            rate,
            posts,
        })
    }

    /// What a lookup of these posts says about each.
    pub(super) fn checked(&self, ids: &[Snowflake], rate: RateLimit) -> Checked {
        let (withheld, standing): (Vec<Post>, Vec<Post>) = self.posts().partition(|post| post.withheld);
        let withheld = withheld.iter().map(|post| Gone {
            id: post.id,
            reason: GoneReason::Withheld,
        });
        let gone: Vec<Gone> = self
            .errors
            .iter()
            .filter_map(|error| gone(error, ids))
            .chain(withheld)
            .collect();
        let answered: HashSet<Snowflake> = standing
            .iter()
            .map(|post| post.id)
            .chain(gone.iter().map(|gone| gone.id))
            .collect();
        let unanswered = ids.iter().copied().filter(|id| !answered.contains(id)).collect();
        Checked {
            standing,
            gone,
            unanswered,
            reads: self.reads(),
            rate,
        }
    }

    /// X answers a question about an account that is gone or protected with status 200 and only errors.
    fn refusal_of_all(&self) -> Option<ReadError> {
        let error = self.errors.first().filter(|_| self.data.is_empty())?;
        match error.slug() {
            "resource-not-found" => Some(ReadError::NotFound { said: error.said() }),
            "not-authorized-for-resource" => Some(ReadError::Forbidden { said: error.said() }),
            _ => None,
        }
    }

    fn posts(&self) -> impl Iterator<Item = Post> {
        self.data
            .iter()
            .filter_map(|object| Post::read(object, &self.includes.users))
    }

    fn reads(&self) -> Reads {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let (posts, authors) = (count(self.data.len()), count(self.includes.users.len()));
        Reads {
            posts,
            authors,
            ..Reads::default()
        }
    }
}

/// Only X's explicit word that one of the posts asked for is gone erases it; an entry about an author or
/// about something that we did not ask for does not.
fn gone(error: &Problem, ids: &[Snowflake]) -> Option<Gone> {
    let id = error.subject()?.parse().ok()?;
    let reason = match error.slug() {
        "resource-not-found" => GoneReason::Deleted,
        "not-authorized-for-resource" => GoneReason::NotVisible,
        "resource-unavailable" | "disallowed-resource" => GoneReason::Withheld,
        _ => return None,
    };
    ids.contains(&id).then_some(Gone { id, reason })
}
