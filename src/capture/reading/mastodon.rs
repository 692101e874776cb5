//! Pages of Mastodon, read upwards from the last notification: nothing in between is missed.
use chrono::{DateTime, Utc};
use entity::{json::Author, reader};
use sea_orm::{ActiveValue::Set, DbErr};

use super::{check, place::Place, post::Post};
use crate::{
    capture::{
        draft::Draft,
        mastodon::{Client, Page, Status, StatusId},
        remote::ReadError,
    },
    platform::db::Tx,
};

/// Asks for the mentions that are next.
pub(super) async fn ask(client: &Client, place: &Place) -> Result<Page, ReadError> {
    let after: Option<StatusId> = place.reader.after.as_deref().and_then(|id| id.parse().ok());
    client.mentions(after.as_ref()).await
}

/// Captures a page; private and direct posts were dropped as they were read.
pub(super) async fn capture(tx: &Tx, place: &Place, page: &Page, now: DateTime<Utc>) -> Result<(), DbErr> {
    let wanted = page
        .statuses
        .iter()
        .filter(|status| status.created_at >= place.connection.read_from)
        .filter(|status| Some(status.author.id.as_str()) != place.connection.account_id.as_deref());
    let incoming: Vec<(Draft, String)> = wanted
        .map(|status| (incoming(place, status, now), status.id.to_string()))
        .collect();
    check::keep(tx, incoming, now).await
}

/// A post as a comment.
pub(super) fn incoming(place: &Place, status: &Status, now: DateTime<Utc>) -> Draft {
    let author = Author {
        name: Some(status.author.name.clone()),
        handle: Some(status.author.handle.clone()),
        external_id: Some(status.author.id.clone()),
        contact: None,
    };
    let kind = if status.in_reply_to.is_some() {
        "reply"
    } else {
        "post"
    };
    let post = Post {
        id: status.id.to_string(),
        author,
        text: status.text.clone(),
        link: status.link.clone(),
        language: status.language.clone(),
        kind,
        conversation: status.in_reply_to.as_ref().map(ToString::to_string),
        written_at: status.created_at,
        revised_at: status.edited_at.unwrap_or(status.created_at),
    };
    post.into_comment(place, now)
}

/// Moves the reader on; `true` where another page follows at once. An empty page says that this is the present.
pub(super) fn advance(place: &Place, row: &mut reader::ActiveModel, page: &Page, now: DateTime<Utc>) -> bool {
    let began = place.reader.round_started_at.unwrap_or(now);
    let Some(read_up_to) = &page.read_up_to else {
        row.round_started_at = Set(None);
        row.caught_up_at = Set(Some(now));
        return false;
    };
    row.after = Set(Some(read_up_to.to_string()));
    row.round_started_at = Set(Some(began));
    true
}
