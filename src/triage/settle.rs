//! What follows from verdicts that a person appended.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{comment, verdict};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr};

use crate::{db::Tx, job, recognition, route, verdict as verdicts};

/// How long nobody hears of a person's decision, so that they can undo it.
pub(super) const GRACE: TimeDelta = TimeDelta::minutes(2);

/// Brings the comment's state and its recognitions in line with its verdicts; managers hear of it after [`GRACE`],
/// when routing reads what then holds.
pub(super) async fn settle(
    tx: &Tx,
    comment: &comment::Model,
    words_changed: bool,
    now: DateTime<Utc>,
) -> Result<comment::Model, DbErr> {
    let current = verdicts::current(tx, &[comment.id]).await?;
    let is_open = current
        .iter()
        .any(|verdict| verdict.state == verdict::State::Open);
    let mut changed: comment::ActiveModel = comment.clone().into();
    changed.words_changed = Set(words_changed);
    changed.state = Set(if is_open || words_changed {
        comment::State::Triage
    } else {
        comment::State::Done
    });
    let comment = changed.update(tx).await?;
    recognition::derive::derive(tx, std::slice::from_ref(&comment), now).await?;
    job::enqueue_all(tx, vec![route::job_for(&comment, now + GRACE)]).await?;
    Ok(comment)
}
