//! A post of either network as a comment.
use chrono::{DateTime, Utc};
use entity::json::Author;
use serde_json::json;

use super::place::Place;
use crate::capture::draft::{Consent, Draft, Words};

/// What both networks say of a post.
pub(super) struct Post {
    /// Stays the same through all edits.
    pub(super) id: String,
    pub(super) author: Author,
    pub(super) text: String,
    pub(super) link: Option<String>,
    pub(super) language: Option<String>,
    /// `post`, `reply`, `quote` or `retweet`.
    pub(super) kind: &'static str,
    /// What it belongs to.
    pub(super) conversation: Option<String>,
    pub(super) written_at: DateTime<Utc>,
    /// When these words of it were written.
    pub(super) revised_at: DateTime<Utc>,
}

impl Post {
    /// As a comment of the place where it was read.
    pub(super) fn into_comment(self, place: &Place, now: DateTime<Utc>) -> Draft {
        let metadata = json!({ "kind": self.kind, "conversation": self.conversation });
        Draft {
            external_id: Some(self.id),
            occurred_at: Some(self.written_at),
            revised_at: Some(self.revised_at),
            words: Words {
                text: self.text,
                author: Some(self.author),
                permalink: self.link,
                language: self.language,
                consent: Consent::Public,
                metadata: Some(metadata),
                ..Words::default()
            },
            ..Draft::new(&place.source, now)
        }
    }
}
