//! A post as we keep it.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use thiserror::Error;

use super::html;

/// The id of a post or notification on one server: digits at Mastodon, letters and digits elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StatusId(String);

/// A text that is not an id.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("an id at Mastodon is 1 to 64 letters, digits, - or _")]
pub struct StatusIdError;

impl FromStr for StatusId {
    type Err = StatusIdError;

    fn from_str(text: &str) -> Result<Self, StatusIdError> {
        let is_id = (1..=64).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
        is_id.then(|| Self(text.to_owned())).ok_or(StatusIdError)
    }
}

impl fmt::Display for StatusId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A public post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Stays when the post is edited.
    pub id: StatusId,
    /// Where it is shown.
    pub link: Option<String>,
    /// The words without markup; a content warning stands first, as a paragraph of its own.
    pub text: String,
    /// Who wrote it.
    pub author: Author,
    /// When it was written first.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub edited_at: Option<DateTime<Utc>>,
    /// The post it answers.
    pub in_reply_to: Option<StatusId>,
    /// ISO 639, as the author set it.
    pub language: Option<String>,
    /// Who may see it.
    pub visibility: Visibility,
}

/// Who wrote a post. Not kept beyond the post.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Author {
    /// On the server we read.
    pub id: String,
    /// `ana` on the server we read, else `ana@server`.
    pub handle: String,
    /// "Ana P."
    pub name: String,
}

/// Whom a post is for. Posts to followers or to single people are not read at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Visibility {
    /// For everybody.
    Public,
    /// For everybody who has the link; not in public timelines.
    Unlisted,
}

/// What a post object turned out to be.
#[derive(Debug)]
pub(super) enum Read {
    Shown(Box<Status>),
    NotForUs,
    Unreadable,
}

#[derive(Deserialize)]
struct StatusFields {
    id: String,
    url: Option<String>,
    content: String,
    #[serde(default)]
    spoiler_text: String,
    created_at: DateTime<Utc>,
    edited_at: Option<DateTime<Utc>>,
    in_reply_to_id: Option<String>,
    language: Option<String>,
    account: AccountFields,
}

#[derive(Deserialize)]
pub(super) struct AccountFields {
    pub(super) id: String,
    pub(super) acct: String,
    #[serde(default)]
    pub(super) display_name: String,
}

impl Read {
    /// Visibility is looked at before anything else; an unknown one counts as not for us.
    pub(super) fn from(object: &Value) -> Self {
        let visibility = match object.get("visibility").and_then(Value::as_str) {
            Some("public") => Visibility::Public,
            Some("unlisted") => Visibility::Unlisted,
            Some(_) => return Self::NotForUs,
            None => return Self::Unreadable,
        };
        let status = StatusFields::deserialize(object)
            .ok()
            .and_then(|fields| fields.shown(visibility));
        status.map_or(Self::Unreadable, |status| Self::Shown(Box::new(status)))
    }
}

impl StatusFields {
    fn shown(self, visibility: Visibility) -> Option<Status> {
        let words = html::to_text(&self.content)?;
        let warning = self.spoiler_text.trim();
        Some(Status {
            id: self.id.parse().ok()?,
            // A link is shown to be followed, so it must be one of the web.
            link: self
                .url
                .filter(|url| url.starts_with("https://") || url.starts_with("http://")),
            text: if warning.is_empty() {
                words
            } else {
                format!("{warning}\n\n{words}")
            },
            author: Author {
                name: self.account.shown_name().to_owned(),
                id: self.account.id,
                handle: self.account.acct,
            },
            created_at: self.created_at,
            edited_at: self.edited_at,
            in_reply_to: self.in_reply_to_id.and_then(|id| id.parse().ok()),
            language: self.language,
            visibility,
        })
    }
}

impl AccountFields {
    pub(super) fn shown_name(&self) -> &str {
        if self.display_name.trim().is_empty() {
            &self.acct
        } else {
            &self.display_name
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(visibility: &str) -> Value {
        json!({"id": "109", "url": "https://m.example/@ana/109", "content": "<p>Maria was kind</p>", "spoiler_text": "",
            "created_at": "2026-11-01T10:00:00.000Z", "edited_at": null, "in_reply_to_id": null, "language": "en",
            "visibility": visibility, "account": {"id": "7", "acct": "ana@m.example", "display_name": ""}})
    }

    #[test]
    fn private_and_direct_posts_are_not_for_us() {
        for visibility in ["private", "direct", "mutuals_only"] {
            assert!(
                matches!(Read::from(&object(visibility)), Read::NotForUs),
                "{visibility}"
            );
        }
        assert!(matches!(Read::from(&object("unlisted")), Read::Shown(_)));
    }

    #[test]
    fn a_post_that_does_not_say_whom_it_is_for_is_not_read() {
        let mut silent = object("public");
        silent.as_object_mut().unwrap().remove("visibility");
        assert!(matches!(Read::from(&silent), Read::Unreadable));
    }

    #[test]
    fn a_content_warning_belongs_to_the_words() {
        let mut warned = object("public");
        warned["spoiler_text"] = json!("hospital");
        let Read::Shown(status) = Read::from(&warned) else {
            panic!("not shown")
        };
        assert_eq!(status.text, "hospital\n\nMaria was kind");
        assert_eq!(status.author.name, "ana@m.example");
    }

    #[test]
    fn a_link_that_is_no_web_address_is_dropped() {
        let mut odd = object("public");
        odd["url"] = json!("javascript:alert(1)");
        let Read::Shown(status) = Read::from(&odd) else {
            panic!("not shown")
        };
        assert_eq!(status.link, None);
    }

    #[test]
    fn an_id_cannot_leave_its_place_in_a_path() {
        for text in ["", "1/2", "..", "1?x", "a b"] {
            assert!(text.parse::<StatusId>().is_err(), "{text}");
        }
    }
}
