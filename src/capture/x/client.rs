//! The four questions we ask X.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Deserialize;

use super::{
    Checked, Credentials, Page, Snowflake,
    answer::{Problem, Refusal},
    page::Envelope,
    post::User,
    transport::{Query, Transport},
};
use crate::capture::remote::{BaseUrl, CallLimits, RateLimit, ReadError};

/// Longest search rule of a self-serve plan, in characters.
const QUERY_CHARS: usize = 512;

/// Posts in one lookup.
const LOOKUP_IDS: usize = 100;

/// No place is asked for, so that there is none to forget when X scrubs it.
const POST_FIELDS: &str =
    "created_at,lang,conversation_id,referenced_tweets,edit_history_tweet_ids,note_tweet,withheld,author_id";
const POST_FIELDS_SINCE_2_167: &str =
    "created_at,lang,conversation_id,referenced_posts,edit_history_post_ids,note_post,withheld";

/// Where and as whom to read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// `https://api.x.com`, or a test's own server.
    pub base: BaseUrl,
    /// Who we are.
    pub credentials: Credentials,
    /// The application belongs to the account it reads, whose mentions then have a lower price.
    pub owns_application: bool,
    /// How long we wait.
    pub limits: CallLimits,
}

/// Reads from X. Every call is one request; only the first whose field names X refuses is made once more
/// with the other names, which are then kept.
#[derive(Clone, Debug)]
pub struct Client {
    transport: Transport,
    owns_application: bool,
    new_names: Arc<AtomicBool>,
}

/// An account at X.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Stays when the handle changes.
    pub id: Snowflake,
    /// Without `@`.
    pub handle: String,
    /// "Acme Support"
    pub name: String,
}

/// Which posts to read: those after an id, or from a time on. X takes one or the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// Everything X still has: seven days of search, 800 mentions.
    All,
    /// Later than this post.
    After(Snowflake),
    /// From this time on.
    From(DateTime<Utc>),
}

#[derive(Deserialize)]
struct One {
    data: Option<User>,
}

impl Client {
    /// A client; nothing is sent yet.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            transport: Transport::new(settings.base, settings.credentials, settings.limits),
            owns_application: settings.owns_application,
            new_names: Arc::default(),
        }
    }

    /// Whether it reads as the application itself, which has to ask for the account by name.
    #[must_use]
    pub fn is_application(&self) -> bool {
        matches!(self.transport.credentials(), Credentials::App { .. })
    }

    /// The account the secrets belong to. An application's own token belongs to none and asks for `handle`
    /// instead, which costs the price of an account.
    ///
    /// # Errors
    /// As every call: see [`ReadError::remedy`].
    pub async fn verify(&self, handle: &str) -> Result<Account, ReadError> {
        let path = match self.transport.credentials() {
            Credentials::Account { .. } => "/2/users/me".to_owned(),
            Credentials::App { .. } => format!("/2/users/by/username/{}", checked_handle(handle)?),
        };
        let query = vec![("user.fields", "name,username".to_owned())];
        let answer = self.transport.get(&path, query).await?;
        let one: One = answer.success().map_err(|refused| refused.0)?;
        one.data.and_then(account).ok_or_else(|| ReadError::NotFound {
            said: format!("no account @{handle}"),
        })
    }

    /// A page of the posts that mention an account.
    ///
    /// # Errors
    /// As every call: see [`ReadError::remedy`].
    pub async fn mentions(
        &self,
        account: Snowflake,
        range: Range,
        next_token: Option<&str>,
    ) -> Result<Page, ReadError> {
        let mut query = paging(range, "pagination_token", next_token);
        query.push(("max_results", "100".to_owned()));
        let mut page = self.page(&format!("/2/users/{account}/mentions"), query).await?;
        if self.owns_application {
            page.reads.owned_posts = page.reads.posts;
        }
        Ok(page)
    }

    /// A page of the posts of the last seven days that a search rule finds.
    ///
    /// # Errors
    /// As every call: see [`ReadError::remedy`].
    pub async fn search(
        &self,
        rule: &str,
        range: Range,
        next_token: Option<&str>,
    ) -> Result<Page, ReadError> {
        if rule.trim().is_empty() || rule.chars().count() > QUERY_CHARS {
            return Err(ReadError::BadQuestion {
                said: format!("a search rule has 1 to {QUERY_CHARS} characters"),
            });
        }
        let mut query = paging(range, "next_token", next_token);
        query.push(("max_results", "100".to_owned()));
        query.push(("query", rule.trim().to_owned()));
        self.page("/2/tweets/search/recent", query).await
    }

    /// Looks up to 100 posts again: which stand, which are gone.
    ///
    /// # Errors
    /// As every call: see [`ReadError::remedy`].
    pub async fn check(&self, ids: &[Snowflake]) -> Result<Checked, ReadError> {
        if ids.is_empty() || ids.len() > LOOKUP_IDS {
            return Err(ReadError::BadQuestion {
                said: format!("a lookup takes 1 to {LOOKUP_IDS} posts"),
            });
        }
        let list = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let (envelope, rate) = self.posts("/2/tweets", vec![("ids", list)]).await?;
        Ok(envelope.checked(ids, rate))
    }

    async fn page(&self, path: &str, query: Query) -> Result<Page, ReadError> {
        let (envelope, rate) = self.posts(path, query).await?;
        envelope.page(rate)
    }

    /// Asks with the field names that X took last, and with the others if it is these that it refuses.
    async fn posts(&self, path: &str, query: Query) -> Result<(Envelope, RateLimit), ReadError> {
        let new_names = self.new_names.load(Ordering::Relaxed);
        match self.posts_named(path, &query, new_names).await {
            Err(refused) if refused.1.names_parameter(fields_of(new_names).0) => {
                self.new_names.store(!new_names, Ordering::Relaxed);
                self.posts_named(path, &query, !new_names)
                    .await
                    .map_err(|refused| refused.0)
            }
            answered => answered.map_err(|refused| refused.0),
        }
    }

    async fn posts_named(
        &self,
        path: &str,
        query: &Query,
        new_names: bool,
    ) -> Result<(Envelope, RateLimit), Box<Refusal>> {
        let (name, fields) = fields_of(new_names);
        let mut query = query.clone();
        query.push((name, fields.to_owned()));
        query.push(("expansions", "author_id".to_owned()));
        query.push(("user.fields", "name,username".to_owned()));
        let answer = self
            .transport
            .get(path, query)
            .await
            .map_err(|e| Box::new((e, Problem::default())))?;
        let rate = answer.rate;
        answer.success().map(|envelope| (envelope, rate))
    }
}

fn fields_of(new_names: bool) -> (&'static str, &'static str) {
    if new_names {
        ("post.fields", POST_FIELDS_SINCE_2_167)
    } else {
        ("tweet.fields", POST_FIELDS)
    }
}

fn paging(range: Range, token_name: &'static str, next_token: Option<&str>) -> Query {
    let start = match range {
        Range::All => None,
        Range::After(id) => Some(("since_id", id.to_string())),
        Range::From(time) => Some(("start_time", time.to_rfc3339_opts(SecondsFormat::Secs, true))),
    };
    start
        .into_iter()
        .chain(next_token.map(|token| (token_name, token.to_owned())))
        .collect()
}

/// A handle goes into the path: letters, digits and `_`, at most 15, says X.
fn checked_handle(handle: &str) -> Result<&str, ReadError> {
    let bare = handle.trim().trim_start_matches('@');
    let is_handle = (1..=15).contains(&bare.len())
        && bare
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let said = || "a handle has 1 to 15 letters, digits or _".to_owned();
    is_handle
        .then_some(bare)
        .ok_or_else(|| ReadError::BadQuestion { said: said() })
}

fn account(user: User) -> Option<Account> {
    let handle = user.username?;
    Some(Account {
        id: user.id.parse().ok()?,
        name: user.name.unwrap_or_else(|| handle.clone()),
        handle,
    })
}
