//! Brings the recognitions of comments in line with the verdicts that hold, and the counters with them.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use entity::{comment, organisation, recognition, verdict};
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use super::count;
use crate::{
    db::Tx,
    roster::placement::{self, Placement, Wanted},
    verdict as verdicts,
};

/// Derives the recognitions of locked comments; returns those that are new or came back.
pub async fn derive(
    tx: &Tx,
    comments: &[comment::Model],
    now: DateTime<Utc>,
) -> Result<Vec<recognition::Model>, DbErr> {
    let ids: Vec<Uuid> = comments.iter().map(|comment| comment.id).collect();
    let due = due(comments, verdicts::current(tx, &ids).await?);
    let existing = existing(tx, &ids).await?;
    let mut counts = count::Changes::default();
    withdraw(
        tx,
        existing
            .iter()
            .filter(|r| !due.contains(&(r.comment_id, r.staff_id))),
        &mut counts,
        now,
    )
    .await?;
    let mut won = restore(tx, &existing, &due, &mut counts, now).await?;
    let known: HashSet<_> = existing.iter().map(|r| (r.comment_id, r.staff_id)).collect();
    let new: Vec<_> = due.iter().filter(|key| !known.contains(*key)).copied().collect();
    won.extend(insert(tx, comments, new, &mut counts, now).await?);
    counts.write(tx).await?;
    Ok(won)
}

/// Comment and person (none for site praise).
type Key = (Uuid, Option<Uuid>);

fn due(comments: &[comment::Model], verdicts: Vec<verdict::Model>) -> HashSet<Key> {
    let withdrawn: HashSet<Uuid> = comments
        .iter()
        .filter(|c| c.withdrawn_at.is_some())
        .map(|c| c.id)
        .collect();
    verdicts
        .into_iter()
        .filter(|verdict| {
            verdict.state == verdict::State::Credited && !withdrawn.contains(&verdict.comment_id)
        })
        .map(|verdict| (verdict.comment_id, verdict.staff_id))
        .collect()
}

async fn existing(tx: &Tx, comments: &[Uuid]) -> Result<Vec<recognition::Model>, DbErr> {
    recognition::Entity::find()
        .filter(recognition::Column::CommentId.is_in(comments.iter().copied()))
        .all(tx)
        .await
}

async fn withdraw(
    tx: &Tx,
    lost: impl Iterator<Item = &recognition::Model>,
    counts: &mut count::Changes,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let standing: Vec<_> = lost
        .filter(|recognition| recognition.withdrawn_at.is_none())
        .collect();
    standing
        .iter()
        .for_each(|recognition| counts.add(recognition, -1));
    set_withdrawn(
        tx,
        standing.iter().map(|recognition| recognition.id).collect(),
        Some(now),
        now,
    )
    .await
}

/// Recognitions that were withdrawn and hold again: they count on their original day and appear as new.
async fn restore(
    tx: &Tx,
    existing: &[recognition::Model],
    due: &HashSet<Key>,
    counts: &mut count::Changes,
    now: DateTime<Utc>,
) -> Result<Vec<recognition::Model>, DbErr> {
    let back: Vec<_> = existing
        .iter()
        .filter(|r| r.withdrawn_at.is_some() && due.contains(&(r.comment_id, r.staff_id)))
        .map(|r| recognition::Model {
            withdrawn_at: None,
            recognised_at: now,
            ..r.clone()
        })
        .collect();
    back.iter().for_each(|recognition| counts.add(recognition, 1));
    set_withdrawn(
        tx,
        back.iter().map(|recognition| recognition.id).collect(),
        None,
        now,
    )
    .await?;
    Ok(back)
}

async fn set_withdrawn(
    tx: &Tx,
    ids: Vec<Uuid>,
    withdrawn_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    if ids.is_empty() {
        return Ok(());
    }
    let mut change = recognition::Entity::update_many()
        .col_expr(recognition::Column::WithdrawnAt, Expr::value(withdrawn_at))
        .filter(recognition::Column::Id.is_in(ids));
    if withdrawn_at.is_none() {
        change = change.col_expr(recognition::Column::RecognisedAt, Expr::value(now));
    }
    change.exec(tx).await?;
    Ok(())
}

async fn insert(
    tx: &Tx,
    comments: &[comment::Model],
    new: Vec<Key>,
    counts: &mut count::Changes,
    now: DateTime<Utc>,
) -> Result<Vec<recognition::Model>, DbErr> {
    if new.is_empty() {
        return Ok(Vec::new());
    }
    let zones = zones(tx, comments).await?;
    let by_id: HashMap<Uuid, &comment::Model> =
        comments.iter().map(|comment| (comment.id, comment)).collect();
    let mut rows = Vec::with_capacity(new.len());
    for (organisation, zone) in zones {
        let keys = new
            .iter()
            .filter_map(|(comment, staff)| by_id.get(comment).map(|comment| (*comment, *staff)));
        let own: Vec<_> = keys
            .filter(|(comment, _)| comment.organisation_id == organisation)
            .collect();
        rows.extend(rows_of(tx, organisation, zone, own, now).await?);
    }
    rows.iter().for_each(|recognition| counts.add(recognition, 1));
    let active = rows.iter().cloned().map(all_set);
    recognition::Entity::insert_many(active)
        .exec_without_returning(tx)
        .await?;
    Ok(rows)
}

async fn rows_of(
    tx: &Tx,
    organisation: Uuid,
    zone: Tz,
    keys: Vec<(&comment::Model, Option<Uuid>)>,
    now: DateTime<Utc>,
) -> Result<Vec<recognition::Model>, DbErr> {
    let day = |comment: &comment::Model| comment.occurred_at.with_timezone(&zone).date_naive();
    let wanted = |(comment, staff): &(&comment::Model, Option<Uuid>)| {
        staff.map(|staff| Wanted {
            staff,
            site: comment.site_id,
            on: day(comment),
        })
    };
    let all: Vec<Wanted> = keys.iter().filter_map(wanted).collect();
    let mut placements = placement::on_days(tx, organisation, &all).await?;
    let mut place = |key| wanted(key).and_then(|wanted| placements.remove(&wanted));
    Ok(keys
        .iter()
        .map(|key| row(key.0, key.1, day(key.0), place(key), now))
        .collect())
}

async fn zones(tx: &Tx, comments: &[comment::Model]) -> Result<HashMap<Uuid, Tz>, DbErr> {
    let ids: HashSet<Uuid> = comments.iter().map(|comment| comment.organisation_id).collect();
    let organisations = organisation::Entity::find()
        .filter(organisation::Column::Id.is_in(ids))
        .all(tx)
        .await?;
    Ok(organisations
        .into_iter()
        .map(|o| (o.id, o.time_zone.parse().unwrap_or(Tz::UTC)))
        .collect())
}

fn row(
    comment: &comment::Model,
    staff: Option<Uuid>,
    day: NaiveDate,
    place: Option<Placement>,
    now: DateTime<Utc>,
) -> recognition::Model {
    let place = place.unwrap_or_default();
    recognition::Model {
        id: Uuid::now_v7(),
        organisation_id: comment.organisation_id,
        comment_id: comment.id,
        staff_id: staff,
        site_id: place.site.or(comment.site_id),
        manager_id: place.manager,
        occurred_at: comment.occurred_at,
        occurred_on: day,
        recognised_at: now,
        withdrawn_at: None,
    }
}

fn all_set(model: recognition::Model) -> recognition::ActiveModel {
    recognition::ActiveModel {
        id: Set(model.id),
        organisation_id: Set(model.organisation_id),
        comment_id: Set(model.comment_id),
        staff_id: Set(model.staff_id),
        site_id: Set(model.site_id),
        manager_id: Set(model.manager_id),
        occurred_at: Set(model.occurred_at),
        occurred_on: Set(model.occurred_on),
        recognised_at: Set(model.recognised_at),
        withdrawn_at: Set(model.withdrawn_at),
    }
}
