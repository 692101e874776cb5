//! Brings the recognitions of comments in line with the verdicts that hold, and the counters with them.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use entity::{
    among, comment,
    comment_revision::{self, Consent},
    organisation, passed_on, recognition, verdict,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr,
};
use uuid::Uuid;

use super::{count, promise};
use crate::{
    ledger::verdict as verdicts,
    platform::db::{Tx, insert_all},
    roster::placement::{self, Placement, Wanted},
};

/// Derives the recognitions of locked comments; returns those that are new or came back.
pub async fn derive(
    tx: &Tx,
    comments: &[comment::Model],
    now: DateTime<Utc>,
) -> Result<Vec<recognition::Model>, DbErr> {
    let credits = held(tx, comments).await?;
    derive_as(tx, comments, credits, false, now).await
}

/// The same for words of the past that are read again: nobody is told unasked of what is new, and it waits on no desk.
pub async fn derive_quietly(
    tx: &Tx,
    comments: &[comment::Model],
    now: DateTime<Utc>,
) -> Result<Vec<recognition::Model>, DbErr> {
    let credits = held(tx, comments).await?;
    derive_as(tx, comments, credits, true, now).await
}

/// Whom the verdicts that hold credit.
async fn held(tx: &Tx, comments: &[comment::Model]) -> Result<Vec<Credit>, DbErr> {
    let ids: Vec<Uuid> = comments.iter().map(|comment| comment.id).collect();
    Ok(credits(&verdicts::current(tx, &ids).await?))
}

/// A verdict as far as recognitions follow from it.
#[derive(Clone, Copy, Debug)]
pub struct Credit {
    /// On which comment.
    pub comment: Uuid,
    /// On whom; none for the unnamed staff of the site.
    pub staff: Option<Uuid>,
    /// Since when.
    pub since: DateTime<Utc>,
}

/// Those among verdicts that hold that credit somebody.
pub(super) fn credits(verdicts: &[verdict::Model]) -> Vec<Credit> {
    verdicts
        .iter()
        .filter(|verdict| verdict.state == verdict::State::Credited)
        .map(|verdict| Credit {
            comment: verdict.comment_id,
            staff: verdict.staff_id,
            since: verdict.created_at,
        })
        .collect()
}

/// Does so from verdicts that are known already: all that hold on the comments and credit somebody.
pub(crate) async fn derive_from(
    tx: &Tx,
    comments: &[comment::Model],
    credits: Vec<Credit>,
    now: DateTime<Utc>,
) -> Result<Vec<recognition::Model>, DbErr> {
    derive_as(tx, comments, credits, false, now).await
}

async fn derive_as(
    tx: &Tx,
    comments: &[comment::Model],
    credits: Vec<Credit>,
    quiet: bool,
    now: DateTime<Utc>,
) -> Result<Vec<recognition::Model>, DbErr> {
    let ids: Vec<Uuid> = comments.iter().map(|comment| comment.id).collect();
    let due = due(comments, credits);
    let existing = existing(tx, &ids).await?;
    let shared = shared(tx, comments).await?;
    let new_rows = New {
        shared: &shared,
        quiet,
    };
    share(tx, &existing, &shared).await?;
    let mut counts = count::Changes::default();
    withdraw(
        tx,
        comments,
        existing
            .iter()
            .filter(|r| !due.contains_key(&(r.comment_id, r.staff_id))),
        &mut counts,
        now,
    )
    .await?;
    let mut won = restore(tx, comments, (&existing, &new_rows), &due, &mut counts).await?;
    let waiting = won.iter().filter(|one| one.waiting_since.is_some());
    promise::hold_again(tx, waiting.map(|one| one.id), now).await?;
    let known: HashSet<_> = existing.iter().map(|r| (r.comment_id, r.staff_id)).collect();
    let new: Vec<_> = due.into_iter().filter(|(key, _)| !known.contains(key)).collect();
    won.extend(insert(tx, comments, (new, &new_rows), &mut counts).await?);
    counts.write(tx).await?;
    Ok(won)
}

/// Comment and person (none for site praise).
pub(super) type Key = (Uuid, Option<Uuid>);
/// Which, and since when.
type Due = (Key, DateTime<Utc>);

/// What holds for all that is new or comes back.
struct New<'a> {
    /// Comments whose words colleagues may read.
    shared: &'a HashSet<Uuid>,
    /// Nobody is told of it unasked.
    quiet: bool,
}

/// What the verdicts that hold recognise, and since when.
pub(super) fn due(comments: &[comment::Model], credits: Vec<Credit>) -> HashMap<Key, DateTime<Utc>> {
    let unseen: HashSet<Uuid> = comments
        .iter()
        .filter(|c| c.withdrawn_at.is_some() || c.state == comment::State::Shielded)
        .map(|c| c.id)
        .collect();
    credits
        .into_iter()
        .filter(|credit| !unseen.contains(&credit.comment))
        .map(|credit| ((credit.comment, credit.staff), credit.since))
        .collect()
}

pub(super) async fn existing(tx: &Tx, comments: &[Uuid]) -> Result<Vec<recognition::Model>, DbErr> {
    recognition::Entity::find()
        .filter(among(recognition::Column::CommentId, comments.iter().copied()))
        .all(tx)
        .await
}

/// The comments whose customers let colleagues read the words that hold.
async fn shared(tx: &Tx, comments: &[comment::Model]) -> Result<HashSet<Uuid>, DbErr> {
    use comment_revision::{Column, Entity};
    let newest: HashMap<Uuid, i32> = comments.iter().map(|c| (c.id, c.revision)).collect();
    let words = Entity::find()
        .filter(among(Column::CommentId, newest.keys().copied()))
        .filter(Column::Consent.ne(Consent::Staff.name()))
        .all(tx)
        .await?;
    let hold = words
        .iter()
        .filter(|words| newest.get(&words.comment_id) == Some(&words.number));
    Ok(hold.map(|words| words.comment_id).collect())
}

/// Follows customers who changed their minds about who may read their words.
async fn share(tx: &Tx, existing: &[recognition::Model], shared: &HashSet<Uuid>) -> Result<(), DbErr> {
    for (is_shared, column) in [(true, Expr::value(true)), (false, Expr::value(false))] {
        let changed: Vec<Uuid> = existing
            .iter()
            .filter(|row| shared.contains(&row.comment_id) == is_shared && row.for_colleagues != is_shared)
            .map(|row| row.id)
            .collect();
        if !changed.is_empty() {
            recognition::Entity::update_many()
                .col_expr(recognition::Column::ForColleagues, column)
                .filter(among(recognition::Column::Id, changed))
                .exec(tx)
                .await?;
        }
    }
    Ok(())
}

async fn withdraw(
    tx: &Tx,
    comments: &[comment::Model],
    lost: impl Iterator<Item = &recognition::Model>,
    counts: &mut count::Changes,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let standing: Vec<_> = lost
        .filter(|recognition| recognition.withdrawn_at.is_none())
        .collect();
    if standing.is_empty() {
        return Ok(());
    }
    standing
        .iter()
        .for_each(|recognition| counts.add(recognition, -1));
    recognition::Entity::update_many()
        .col_expr(recognition::Column::WithdrawnAt, Expr::value(now))
        .col_expr(
            recognition::Column::WaitingSince,
            Expr::value(None::<DateTime<Utc>>),
        )
        .filter(among(
            recognition::Column::Id,
            standing.iter().map(|recognition| recognition.id),
        ))
        .exec(tx)
        .await?;
    promise::lost(tx, comments, &standing, now).await
}

/// Recognitions that were withdrawn and hold again: they count on their original day and appear as new.
async fn restore(
    tx: &Tx,
    comments: &[comment::Model],
    (existing, new): (&[recognition::Model], &New<'_>),
    due: &HashMap<Key, DateTime<Utc>>,
    counts: &mut count::Changes,
) -> Result<Vec<recognition::Model>, DbErr> {
    let is_due = |r: &&recognition::Model| due.contains_key(&(r.comment_id, r.staff_id));
    let lost = existing
        .iter()
        .filter(|r| r.withdrawn_at.is_some())
        .filter(is_due);
    let lost: Vec<_> = lost.collect();
    if lost.is_empty() {
        return Ok(Vec::new());
    }
    let heard = heard(tx, &lost).await?;
    let mut back = Vec::with_capacity(lost.len());
    for lost in lost {
        let Some(since) = due.get(&(lost.comment_id, lost.staff_id)) else {
            continue;
        };
        let comment = comments.iter().find(|comment| comment.id == lost.comment_id);
        let waits = comment.is_some_and(|comment| waits(comment, lost.staff_id))
            && !heard.contains(&lost.id)
            && !new.quiet;
        let restored = recognition::Model {
            withdrawn_at: None,
            recognised_at: *since,
            waiting_since: waits.then_some(*since),
            for_colleagues: new.shared.contains(&lost.comment_id),
            quiet: new.quiet,
            ..lost.clone()
        };
        counts.add(&restored, 1);
        all_set(restored.clone()).update(tx).await?;
        back.push(restored);
    }
    Ok(back)
}

/// Which of them were passed on before they were withdrawn: nobody is told twice.
async fn heard(tx: &Tx, recognitions: &[&recognition::Model]) -> Result<HashSet<Uuid>, DbErr> {
    let ids = recognitions.iter().map(|recognition| recognition.id);
    let rows = passed_on::Entity::find()
        .filter(among(passed_on::Column::RecognitionId, ids))
        .all(tx)
        .await?;
    Ok(rows.iter().map(|row| row.recognition_id).collect())
}

/// Whether praise of somebody waits to be passed on: not where its source asked that nobody be told.
fn waits(comment: &comment::Model, staff: Option<Uuid>) -> bool {
    staff.is_some() && comment.tell != comment::Tell::None
}

async fn insert(
    tx: &Tx,
    comments: &[comment::Model],
    (due, new): (Vec<Due>, &New<'_>),
    counts: &mut count::Changes,
) -> Result<Vec<recognition::Model>, DbErr> {
    if due.is_empty() {
        return Ok(Vec::new());
    }
    let zones = zones(tx, comments).await?;
    let by_id: HashMap<Uuid, &comment::Model> =
        comments.iter().map(|comment| (comment.id, comment)).collect();
    let mut rows = Vec::with_capacity(due.len());
    for (organisation, zone) in zones {
        let keys = due
            .iter()
            .filter_map(|((comment, staff), since)| Some((*by_id.get(comment)?, *staff, *since)));
        let own: Vec<_> = keys
            .filter(|(comment, _, _)| comment.organisation_id == organisation)
            .collect();
        rows.extend(rows_of(tx, organisation, zone, own).await?);
    }
    for row in &mut rows {
        row.for_colleagues = new.shared.contains(&row.comment_id);
        row.quiet = new.quiet;
        row.waiting_since = row.waiting_since.filter(|_| !new.quiet);
    }
    rows.iter().for_each(|recognition| counts.add(recognition, 1));
    insert_all(tx, rows.iter().cloned().map(all_set)).await?;
    Ok(rows)
}

/// A recognition to be: of which comment, whose, since when.
type Coming<'a> = (&'a comment::Model, Option<Uuid>, DateTime<Utc>);

async fn rows_of(
    tx: &Tx,
    organisation: Uuid,
    zone: Tz,
    new: Vec<Coming<'_>>,
) -> Result<Vec<recognition::Model>, DbErr> {
    let day = |comment: &comment::Model| comment.occurred_at.with_timezone(&zone).date_naive();
    let wanted = |(comment, staff, _): &Coming<'_>| {
        staff.map(|staff| Wanted {
            staff,
            site: comment.site_id,
            on: day(comment),
        })
    };
    let all: Vec<Wanted> = new.iter().filter_map(wanted).collect();
    let placements = placement::on_days(tx, organisation, &all).await?;
    let place = |new| wanted(new).and_then(|wanted| placements.get(&wanted).cloned());
    Ok(new.iter().map(|one| row(one, day(one.0), place(one))).collect())
}

async fn zones(tx: &Tx, comments: &[comment::Model]) -> Result<HashMap<Uuid, Tz>, DbErr> {
    let ids: HashSet<Uuid> = comments.iter().map(|comment| comment.organisation_id).collect();
    let organisations = organisation::Entity::find()
        .filter(among(organisation::Column::Id, ids))
        .all(tx)
        .await?;
    Ok(organisations
        .into_iter()
        .map(|o| (o.id, o.time_zone.parse().unwrap_or(Tz::UTC)))
        .collect())
}

fn row((comment, staff, since): &Coming<'_>, day: NaiveDate, place: Option<Placement>) -> recognition::Model {
    let place = place.unwrap_or_default();
    recognition::Model {
        id: Uuid::now_v7(),
        organisation_id: comment.organisation_id,
        comment_id: comment.id,
        staff_id: *staff,
        site_id: place.site.or(comment.site_id),
        manager_id: place.manager,
        occurred_at: comment.occurred_at,
        occurred_on: day,
        recognised_at: *since,
        withdrawn_at: None,
        waiting_since: waits(comment, *staff).then_some(*since),
        for_colleagues: false,
        quiet: false,
        hidden_at: None,
        logged: comment.logged_by.is_some(),
    }
}

fn all_set(model: recognition::Model) -> recognition::ActiveModel {
    model.into_active_model().reset_all()
}
