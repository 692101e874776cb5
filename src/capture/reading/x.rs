//! Pages of X: what to ask for, what becomes of the posts, where to read on.
use chrono::{DateTime, Utc};
use entity::{json::Author, reader};
use sea_orm::{ActiveValue::Set, DbErr};

use super::{OVERLAP, check, failure, place::Place, post::Post as Read, spend};
use crate::{
    capture::app::CaptureApp,
    capture::{
        connection::{MENTIONS, Settings},
        draft::Draft,
        remote::ReadError,
        x::{Client, Page, Post, PostKind, Range, Snowflake},
    },
    platform::db::Tx,
};

/// X keeps so many mentions.
const KEPT_MENTIONS: i32 = 800;

/// Asks for the page that is next.
pub(super) async fn ask(client: &Client, place: &Place) -> Result<Page, ReadError> {
    let token = place.reader.next_token.as_deref();
    let range = range(&place.reader);
    let Settings::X(settings) = &place.settings else {
        return Err(unfit("its settings are not those of X"));
    };
    match settings.rule_of(&place.reader.name) {
        Some(rule) => client.search(rule, range, token).await,
        None => {
            let account = place.connection.account_id.as_deref();
            let account: Option<Snowflake> = account.and_then(|id| id.parse().ok());
            let account = account.ok_or_else(|| unfit("the account's id is unknown"))?;
            client.mentions(account, range, token).await
        }
    }
}

fn unfit(said: &str) -> ReadError {
    ReadError::BadQuestion {
        said: said.to_owned(),
    }
}

fn range(reader: &reader::Model) -> Range {
    let after: Option<Snowflake> = reader.after.as_deref().and_then(|id| id.parse().ok());
    match (after, reader.from_time) {
        (Some(id), _) => Range::After(id),
        (None, Some(time)) => Range::From(time),
        (None, None) => Range::All,
    }
}

/// Captures a page and counts its price.
pub(super) async fn capture(
    tx: &Tx,
    app: &CaptureApp,
    place: &Place,
    page: &Page,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let wanted = page.posts.iter().filter(|post| is_a_customers(place, post));
    let incoming: Vec<(Draft, String)> = wanted
        .map(|post| (incoming(place, post, now), post.latest_id.to_string()))
        .collect();
    check::keep(tx, incoming, now).await?;
    let ids = page.posts.iter().map(|post| post.id.to_string()).collect();
    spend::charge(tx, &place.connection, ids, page.reads, &app.config.x.prices, now).await
}

/// Own words of somebody else than the company, which may be shown everywhere.
fn is_a_customers(place: &Place, post: &Post) -> bool {
    let own_id = place.connection.account_id.as_deref();
    let own_handle = place.connection.account_handle.as_deref();
    let author = post.author.id.map(|id| id.to_string());
    let is_own = author.is_some() && author.as_deref() == own_id
        || post
            .author
            .handle
            .as_deref()
            .zip(own_handle)
            .is_some_and(|(handle, own)| handle.eq_ignore_ascii_case(own));
    post.kind != PostKind::Retweet && !post.withheld && !is_own
}

/// A post as a comment: all versions of it under its first id.
pub(super) fn incoming(place: &Place, post: &Post, now: DateTime<Utc>) -> Draft {
    let author = Author {
        name: post.author.name.clone(),
        handle: post.author.handle.clone(),
        external_id: post.author.id.map(|id| id.to_string()),
        contact: None,
    };
    let kind = match post.kind {
        PostKind::Original => "post",
        PostKind::Reply => "reply",
        PostKind::Quote => "quote",
        PostKind::Retweet => "retweet",
    };
    let post = Read {
        id: post.first_id.to_string(),
        author,
        text: post.text.clone(),
        link: Some(post.link()),
        language: post.language.clone(),
        kind,
        conversation: post.conversation_id.map(|id| id.to_string()),
        written_at: post.first_id.made_at().unwrap_or(post.created_at),
        revised_at: post.created_at,
    };
    post.into_comment(place, now)
}

/// Moves the reader on; `true` where another page follows at once.
///
/// The next round begins where X had certainly indexed everything when this one began.
pub(super) fn advance(place: &Place, row: &mut reader::ActiveModel, page: &Page, now: DateTime<Utc>) -> bool {
    let began = place.reader.round_started_at.unwrap_or(now);
    let posts = i32::try_from(page.posts.len()).unwrap_or(i32::MAX);
    let posts = place.reader.round_posts.saturating_add(posts);
    row.next_token = Set(page.next_token.clone());
    if page.next_token.is_some() {
        row.round_started_at = Set(Some(began));
        row.round_posts = Set(posts);
        return true;
    }
    if place.reader.name == MENTIONS && posts >= KEPT_MENTIONS {
        report_lost_mentions(place, row, page);
    }
    row.after = Set(Some(Snowflake::first_at(began - OVERLAP).to_string()));
    row.from_time = Set(None);
    row.round_started_at = Set(None);
    row.round_posts = Set(0);
    row.caught_up_at = Set(Some(began));
    false
}

/// A round that ends with the last mention X keeps did not reach the place where it should have ended.
fn report_lost_mentions(place: &Place, row: &mut reader::ActiveModel, page: &Page) {
    let since = place.reader.after.as_deref().and_then(failure::time_of);
    let since = since.or(place.reader.from_time);
    let oldest = page.posts.iter().map(|post| post.created_at).min();
    if let (Some(since), Some(oldest)) = (since, oldest) {
        failure::note_gap(place, row, since, oldest);
    }
}
