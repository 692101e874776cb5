//! A post as we keep it, read from either of the two vocabularies X uses.

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;

use super::Snowflake;

/// A post, with the words in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Post {
    /// Changes with every edit.
    pub id: Snowflake,
    /// The first id of the edit history: the same for all versions of a post.
    pub first_id: Snowflake,
    /// The last id of the edit history: differs from `id` when there is a later version to look up.
    pub latest_id: Snowflake,
    /// The words in full: of a long post the long text.
    pub text: String,
    /// Who wrote it.
    pub author: Author,
    /// When this version was written.
    pub created_at: DateTime<Utc>,
    /// The first post of the conversation this one stands in.
    pub conversation_id: Option<Snowflake>,
    /// How it relates to other posts.
    pub kind: PostKind,
    /// X's guess of the language (BCP 47).
    pub language: Option<String>,
    /// Somewhere it may not be shown.
    pub withheld: bool,
}

/// The author, as far as X told with the post. Not kept beyond the post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// Stays when the handle changes.
    pub id: Option<Snowflake>,
    /// "Ana P."
    pub name: Option<String>,
    /// Without `@`.
    pub handle: Option<String>,
}

/// How a post relates to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostKind {
    /// Stands alone.
    Original,
    /// Answers another post (and may quote one).
    Reply,
    /// Shows another post beneath own words.
    Quote,
    /// Only repeats another post: somebody else's words.
    Retweet,
}

impl Post {
    /// Whether this is a later version of a post.
    #[must_use]
    pub fn edited(&self) -> bool {
        self.id != self.first_id
    }

    /// Where the post is shown. X finds it by id under any name.
    #[must_use]
    pub fn link(&self) -> String {
        let handle = self.author.handle.as_deref();
        let handle = handle.filter(|handle| is_handle(handle));
        format!("https://x.com/{}/status/{}", handle.unwrap_or("i"), self.id)
    }
}

/// Whether it is a handle as X gives them, and can be part of an address.
fn is_handle(handle: &str) -> bool {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    !handle.is_empty() && handle.chars().all(is_part)
}

/// The post and user objects, with the names of X's API description before 2.167 and since.
#[derive(Deserialize)]
struct PostFields {
    id: String,
    text: String,
    author_id: Option<String>,
    created_at: Option<DateTime<Utc>>,
    conversation_id: Option<String>,
    lang: Option<String>,
    #[serde(default, alias = "edit_history_post_ids")]
    edit_history_tweet_ids: Vec<String>,
    #[serde(default, alias = "referenced_posts")]
    referenced_tweets: Vec<Reference>,
    #[serde(alias = "note_post")]
    note_tweet: Option<LongText>,
    withheld: Option<Value>,
}

#[derive(Deserialize)]
struct Reference {
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize)]
struct LongText {
    text: String,
}

#[derive(Deserialize)]
pub(super) struct User {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) username: Option<String>,
}

impl Post {
    /// Reads a post object; `None` if it lacks what makes a post (id, words, time).
    pub(super) fn read(object: &Value, users: &[User]) -> Option<Self> {
        let fields = PostFields::deserialize(object).ok()?;
        let id: Snowflake = fields.id.parse().ok()?;
        let history = fields.edit_history_tweet_ids;
        let version = |named: Option<&String>| named.map_or(Ok(id), |named| named.parse()).ok();
        Some(Self {
            id,
            first_id: version(history.first())?,
            latest_id: version(history.last())?,
            author: author(fields.author_id.as_deref(), users),
            created_at: fields.created_at.or_else(|| id.made_at())?,
            conversation_id: fields.conversation_id.and_then(|id| id.parse().ok()),
            kind: kind(&fields.referenced_tweets),
            language: fields.lang,
            withheld: fields.withheld.is_some_and(|value| !value.is_null()),
            text: unescaped(fields.note_tweet.map_or(fields.text, |long| long.text)),
        })
    }
}

fn author(id: Option<&str>, users: &[User]) -> Author {
    let user = users.iter().find(|user| Some(user.id.as_str()) == id);
    Author {
        id: id.and_then(|id| id.parse().ok()),
        name: user.and_then(|user| user.name.clone()),
        handle: user.and_then(|user| user.username.clone()),
    }
}

fn kind(references: &[Reference]) -> PostKind {
    let has = |names: &[&str]| {
        references
            .iter()
            .any(|reference| names.contains(&reference.kind.as_str()))
    };
    if has(&["retweeted", "reposted"]) {
        PostKind::Retweet
    } else if has(&["replied_to"]) {
        PostKind::Reply
    } else if has(&["quoted"]) {
        PostKind::Quote
    } else {
        PostKind::Original
    }
}

/// X sends `&`, `<` and `>` of a text as entities, and nothing else.
fn unescaped(text: String) -> String {
    if text.contains('&') {
        text.replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(object: &Value) -> Option<Post> {
        Post::read(object, &[])
    }

    #[test]
    fn both_vocabularies_read_alike() {
        let old = json!({"id": "12", "text": "cut…", "note_tweet": {"text": "in full"}, "created_at": "2026-11-01T10:00:00.000Z",
            "edit_history_tweet_ids": ["11", "12"], "referenced_tweets": [{"type": "replied_to", "id": "5"}]});
        let new = json!({"id": "12", "text": "cut…", "note_post": {"text": "in full"}, "created_at": "2026-11-01T10:00:00.000Z",
            "edit_history_post_ids": ["11", "12"], "referenced_posts": [{"type": "replied_to", "id": "5"}]});
        let post = read(&old).unwrap();
        assert_eq!(Some(&post), read(&new).as_ref());
        assert_eq!(
            (post.text.as_str(), post.kind, post.edited()),
            ("in full", PostKind::Reply, true)
        );
    }

    #[test]
    fn a_post_without_its_time_has_that_of_its_id() {
        let post = read(&json!({"id": "2123929381893046272", "text": "thanks"})).unwrap();
        assert_eq!(post.created_at.to_rfc3339(), "2026-11-21T00:00:00+00:00");
        assert_eq!(post.link(), "https://x.com/i/status/2123929381893046272");
    }

    #[test]
    fn a_handle_cannot_leave_its_place_in_a_link() {
        let mut post = read(&json!({"id": "12", "text": "thanks"})).unwrap();
        for (handle, in_link) in [("Ana_1", "Ana_1"), ("../evil", "i"), ("a?b", "i"), ("", "i")] {
            post.author.handle = Some(handle.to_owned());
            assert_eq!(post.link(), format!("https://x.com/{in_link}/status/12"));
        }
    }

    #[test]
    fn a_retweet_of_a_reply_is_a_retweet() {
        for name in ["retweeted", "reposted"] {
            let references = json!([{"type": "replied_to", "id": "5"}, {"type": name, "id": "6"}]);
            let post = read(&json!({"id": "12", "text": "RT", "referenced_tweets": references})).unwrap();
            assert_eq!(post.kind, PostKind::Retweet);
        }
    }

    #[test]
    fn entities_become_the_letters_the_customer_typed() {
        let post = read(&json!({"id": "12", "text": "Tom &amp; Ana &lt;3 &amp;lt; is literal"})).unwrap();
        assert_eq!(post.text, "Tom & Ana <3 &lt; is literal");
    }

    #[test]
    fn what_is_no_post_is_not_read() {
        for object in [
            json!({"text": "x"}),
            json!({"id": "1"}),
            json!({"id": "abc", "text": "x"}),
            json!(7),
        ] {
            assert_eq!(read(&object), None, "{object}");
        }
    }
}
