//! What follows from verdicts that a person appended.
use chrono::{DateTime, Utc};
use entity::{attribution, comment, verdict};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, QueryFilter, QueryOrder};

use crate::{
    ledger::{self, verdict as verdicts},
    platform::{db::Tx, job},
    route::{self, TIME_TO_UNDO},
};

/// Brings the comment's state and its recognitions in line with its verdicts; managers hear of it after
/// [`TIME_TO_UNDO`], when routing reads what then holds.
pub(super) async fn settle(
    tx: &Tx,
    comment: &comment::Model,
    words_changed: bool,
    now: DateTime<Utc>,
) -> Result<comment::Model, DbErr> {
    let current = verdicts::current(tx, &[comment.id]).await?;
    let of_words = tone_of_words(tx, comment).await?;
    let states = || current.iter().map(|verdict| verdict.state);
    let mut changed: comment::ActiveModel = comment.clone().into();
    changed.tone = Set(of_words.map(|tone| verdicts::tone_with(tone, states())));
    changed.words_changed = Set(words_changed);
    let is_open = states().any(|state| state == verdict::State::Open);
    let is_gone = comment.erased_at.is_some() || comment.withdrawn_at.is_some();
    changed.state = Set(if !is_gone && (is_open || words_changed) {
        comment::State::Triage
    } else {
        comment::State::Done
    });
    let comment = changed.update(tx).await?;
    ledger::derive::derive(tx, std::slice::from_ref(&comment), now).await?;
    job::enqueue_all(tx, vec![route::job_for(&comment, now + TIME_TO_UNDO)]).await?;
    Ok(comment)
}

/// What the engine made of the words that hold, before anybody decided.
async fn tone_of_words(tx: &Tx, comment: &comment::Model) -> Result<Option<comment::Tone>, DbErr> {
    let latest = attribution::Entity::within(comment.organisation_id)
        .filter(attribution::Column::CommentId.eq(comment.id))
        .order_by_desc(attribution::Column::CreatedAt)
        .order_by_desc(attribution::Column::Id)
        .one(tx)
        .await?;
    Ok(latest.map(|run| run.tone).or(comment.tone))
}
