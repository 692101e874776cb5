//! The duty: posts whose words we keep are looked up again. What its author deleted, hid or changed is erased or
//! changed here too; who was recognised when and where stays, without the words.
use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};
use entity::kept_post;
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::{mastodon, place::Place, spend, x};
use crate::{
    capture::app::CaptureApp,
    capture::{
        draft::Draft,
        erase, mastodon as mastodon_api,
        store::{self, Stored},
        x as x_api,
    },
    platform::db::Tx,
};

/// How posts of a network are looked at again.
struct Rhythm {
    /// Of one post.
    every: TimeDelta,
    /// At once.
    posts: u64,
}

/// X must be checked within a day and costs money.
const X: Rhythm = Rhythm {
    every: TimeDelta::hours(23),
    posts: 100,
};
/// Mastodon costs nothing, and may have to be asked for each post.
const MASTODON: Rhythm = Rhythm {
    every: TimeDelta::hours(1),
    posts: 20,
};
/// What the service said nothing about is asked for again after this.
const UNANSWERED_AGAIN: TimeDelta = TimeDelta::hours(1);
/// As the audit log names it.
const ACTOR: &str = "reading";

fn rhythm(place: &Place) -> Rhythm {
    if place.is_x() { X } else { MASTODON }
}

/// Stores what was read and remembers to look at it again.
pub(super) async fn keep(tx: &Tx, incoming: Vec<(Draft, String)>, now: DateTime<Utc>) -> Result<(), DbErr> {
    let usable: Vec<(Draft, String)> = incoming
        .into_iter()
        .filter(|(incoming, _)| incoming.check().is_ok())
        .collect();
    let batch: Vec<Draft> = usable.iter().map(|(incoming, _)| incoming.clone()).collect();
    let stored = store::store(tx, &batch).await?;
    let rows: Vec<kept_post::ActiveModel> = stored
        .into_iter()
        .zip(usable)
        .filter_map(|(stored, (incoming, post))| match stored {
            Stored::New(comment) | Stored::Revised(comment, _) => Some(row(&incoming, comment, post, now)),
            _ => None,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let newer = OnConflict::column(kept_post::Column::CommentId)
        .update_columns([kept_post::Column::PostId, kept_post::Column::CheckedAt])
        .to_owned();
    kept_post::Entity::insert_many(rows)
        .on_conflict(newer)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

fn row(incoming: &Draft, comment: Uuid, post: String, now: DateTime<Utc>) -> kept_post::ActiveModel {
    kept_post::ActiveModel {
        comment_id: Set(comment),
        organisation_id: Set(incoming.organisation),
        source_id: Set(incoming.source),
        post_id: Set(post),
        checked_at: Set(now),
    }
}

fn of(place: &Place) -> sea_orm::Select<kept_post::Entity> {
    kept_post::Entity::within(place.source.organisation_id)
        .filter(kept_post::Column::SourceId.eq(place.source.id))
}

/// How many posts of the source are kept.
pub(super) async fn kept(app: &CaptureApp, place: &Place) -> Result<u64, DbErr> {
    of(place).count(app.db.read()).await
}

/// The posts that were not looked at for longest, if their time has come.
pub(super) async fn due(
    app: &CaptureApp,
    place: &Place,
    now: DateTime<Utc>,
) -> Result<Vec<kept_post::Model>, DbErr> {
    of(place)
        .filter(kept_post::Column::CheckedAt.lte(now - rhythm(place).every))
        .order_by_asc(kept_post::Column::CheckedAt)
        .limit(rhythm(place).posts)
        .all(app.db.read())
        .await
}

/// When the next post is due; at the latest in an hour, so that new ones are not forgotten.
pub(super) async fn next_look(
    app: &CaptureApp,
    place: &Place,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, DbErr> {
    let oldest = of(place)
        .order_by_asc(kept_post::Column::CheckedAt)
        .one(app.db.read())
        .await?;
    let latest = now + TimeDelta::hours(1);
    Ok(oldest.map_or(latest, |post| {
        (post.checked_at + rhythm(place).every).clamp(now, latest)
    }))
}

/// Their ids at the service.
pub(super) fn ids<T: FromStr>(posts: &[kept_post::Model]) -> Vec<T> {
    posts
        .iter()
        .filter_map(|post| post.post_id.parse().ok())
        .collect()
}

fn comment_of(posts: &[kept_post::Model], id: &impl ToString) -> Option<Uuid> {
    let id = id.to_string();
    let post = posts.iter().find(|post| post.post_id == id);
    post.map(|post| post.comment_id)
}

/// Acts on what X says about posts we keep.
pub(super) async fn apply_x(
    tx: &Tx,
    app: &CaptureApp,
    place: &Place,
    posts: &[kept_post::Model],
    checked: &x_api::Checked,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut seen = Vec::new();
    for post in &checked.standing {
        let Some(comment) = comment_of(posts, &post.id) else {
            continue;
        };
        if post.latest_id == post.id {
            store::store(tx, &[x::incoming(place, post, now)]).await?;
            seen.push(comment);
        } else {
            follow(tx, comment, &post.latest_id.to_string()).await?;
        }
    }
    for gone in &checked.gone {
        let reason = match gone.reason {
            x_api::GoneReason::Deleted => "deleted_at_source",
            x_api::GoneReason::NotVisible => "hidden_at_source",
            x_api::GoneReason::Withheld => "withheld_at_source",
        };
        forget(tx, place, comment_of(posts, &gone.id), reason, now).await?;
    }
    let silent = checked.unanswered.iter().filter_map(|id| comment_of(posts, id));
    mark(tx, silent.collect(), now - rhythm(place).every + UNANSWERED_AGAIN).await?;
    mark(tx, seen, now).await?;
    let ids = checked.standing.iter().map(|post| post.id.to_string()).collect();
    spend::charge(
        tx,
        &place.connection,
        ids,
        checked.reads,
        &app.config.x.prices,
        now,
    )
    .await
}

/// Acts on what a Mastodon server says about posts we keep.
pub(super) async fn apply_mastodon(
    tx: &Tx,
    place: &Place,
    posts: &[kept_post::Model],
    checked: &mastodon_api::Checked,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    for status in &checked.standing {
        store::store(tx, &[mastodon::incoming(place, status, now)]).await?;
    }
    for gone in &checked.gone {
        let reason = match gone.reason {
            mastodon_api::GoneReason::Deleted => "deleted_at_source",
            mastodon_api::GoneReason::NotVisible => "hidden_at_source",
        };
        forget(tx, place, comment_of(posts, &gone.id), reason, now).await?;
    }
    mark(tx, posts.iter().map(|post| post.comment_id).collect(), now).await
}

/// A later version of the post: that one is looked up next.
async fn follow(tx: &Tx, comment: Uuid, latest: &str) -> Result<(), DbErr> {
    kept_post::Entity::update_many()
        .col_expr(kept_post::Column::PostId, Expr::value(latest))
        .filter(kept_post::Column::CommentId.eq(comment))
        .exec(tx)
        .await?;
    Ok(())
}

async fn forget(
    tx: &Tx,
    place: &Place,
    comment: Option<Uuid>,
    reason: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let Some(comment) = comment else { return Ok(()) };
    let request = erase::Request {
        actor: ACTOR,
        reason,
        now,
    };
    erase::erase(tx, place.source.organisation_id, comment, request).await?;
    Ok(())
}

async fn mark(tx: &Tx, comments: Vec<Uuid>, at: DateTime<Utc>) -> Result<(), DbErr> {
    if comments.is_empty() {
        return Ok(());
    }
    kept_post::Entity::update_many()
        .col_expr(kept_post::Column::CheckedAt, Expr::value(at))
        .filter(kept_post::Column::CommentId.is_in(comments))
        .exec(tx)
        .await?;
    Ok(())
}
