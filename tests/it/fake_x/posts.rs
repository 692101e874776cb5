//! The posts of the fake, and how X writes them down in its two vocabularies.

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::{Map, Value, json};

/// Characters of a post that are shown without asking for the long text.
const SHOWN_CHARS: usize = 280;

/// Which names the server speaks: those before X's API description 2.167, or those since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Vocabulary {
    Tweet,
    Post,
}

impl Vocabulary {
    pub(crate) fn fields_parameter(self) -> &'static str {
        if self == Self::Tweet {
            "tweet.fields"
        } else {
            "post.fields"
        }
    }

    pub(crate) fn refused_parameter(self) -> &'static str {
        if self == Self::Tweet {
            "post.fields"
        } else {
            "tweet.fields"
        }
    }

    pub(crate) fn known_fields(self) -> &'static [&'static str] {
        match self {
            Self::Tweet => &[
                "author_id",
                "conversation_id",
                "created_at",
                "edit_history_tweet_ids",
                "lang",
                "note_tweet",
                "referenced_tweets",
                "withheld",
            ],
            // `author_id` is no field there, only an expansion.
            Self::Post => &[
                "conversation_id",
                "created_at",
                "edit_history_post_ids",
                "lang",
                "note_post",
                "referenced_posts",
                "withheld",
            ],
        }
    }

    fn name(self, tweet: &'static str, post: &'static str) -> &'static str {
        if self == Self::Tweet { tweet } else { post }
    }
}

/// Whether a post can still be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Present,
    Deleted,
    Protected,
    Withheld,
}

/// How a post refers to another: `replied_to`, `quoted`, `retweeted`.
pub(crate) type Reference = (&'static str, u64);

#[derive(Clone, Debug)]
pub(crate) struct FakePost {
    /// One a version, the first first.
    pub(crate) ids: Vec<u64>,
    pub(crate) author: u64,
    pub(crate) text: String,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) reference: Option<Reference>,
    pub(crate) standing: Standing,
    /// X finds a post some time after it was written.
    pub(crate) indexed: bool,
}

impl FakePost {
    pub(crate) fn id(&self) -> u64 {
        *self.ids.last().unwrap()
    }

    pub(crate) fn is_found(&self) -> bool {
        self.indexed && self.standing == Standing::Present
    }

    /// The object with the fields asked for. `id`, `text` and the edit history come unasked.
    pub(crate) fn object(&self, vocabulary: Vocabulary, asked: &[&str]) -> Value {
        let mut object = Map::new();
        let ids: Vec<_> = self.ids.iter().map(ToString::to_string).collect();
        let escaped = self
            .text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        object.insert("id".to_owned(), json!(self.id().to_string()));
        object.insert("text".to_owned(), json!(self.short_text(&escaped)));
        object.insert(
            vocabulary
                .name("edit_history_tweet_ids", "edit_history_post_ids")
                .to_owned(),
            json!(ids),
        );
        object.insert("something_new".to_owned(), json!({"clients": "must not mind"}));
        for (name, value) in self.optional(vocabulary, &escaped) {
            if asked.contains(&name) && !value.is_null() {
                object.insert(name.to_owned(), value);
            }
        }
        Value::Object(object)
    }

    fn optional(&self, vocabulary: Vocabulary, escaped: &str) -> Vec<(&'static str, Value)> {
        let is_long = self.text.chars().count() > SHOWN_CHARS;
        let reference = self
            .reference
            .map(|(kind, id)| json!([{"type": kind, "id": id.to_string()}]));
        let withheld = (self.standing == Standing::Withheld)
            .then(|| json!({"copyright": true, "country_codes": ["XX"]}));
        let conversation = self
            .reference
            .filter(|(kind, _)| *kind == "replied_to")
            .map_or(self.ids[0], |(_, id)| id);
        vec![
            ("author_id", json!(self.author.to_string())),
            (
                "created_at",
                json!(self.created_at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            ),
            ("conversation_id", json!(conversation.to_string())),
            ("lang", json!("en")),
            (
                vocabulary.name("referenced_tweets", "referenced_posts"),
                json!(reference),
            ),
            (
                vocabulary.name("note_tweet", "note_post"),
                json!(is_long.then(|| json!({"text": escaped}))),
            ),
            ("withheld", json!(withheld)),
        ]
    }

    fn short_text(&self, escaped: &str) -> String {
        if self.text.chars().count() <= SHOWN_CHARS {
            return escaped.to_owned();
        }
        self.text.chars().take(SHOWN_CHARS - 1).chain(['…']).collect()
    }
}

#[derive(Clone, Debug)]
pub(crate) struct FakeAccount {
    pub(crate) id: u64,
    pub(crate) handle: String,
    pub(crate) name: String,
}

impl FakeAccount {
    pub(crate) fn object(&self) -> Value {
        json!({"id": self.id.to_string(), "username": self.handle, "name": self.name})
    }
}
