//! Any change of text, score, site, hint or consent is a revision; the newest by the sender's time holds.
use entity::{comment, comment_revision, verdict};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr};

use super::{
    incoming::Incoming,
    store::{Stored, attribute_job, revision_row, unread_state},
};
use crate::{db::Tx, job, verdict as verdicts};

/// Takes another version of a known comment, which is locked and whose words were all read. Erased and withdrawn comments
/// stay as they are.
pub(super) async fn revise(
    tx: &Tx,
    comment: &comment::Model,
    revisions: &[comment_revision::Model],
    incoming: &Incoming,
) -> Result<Stored, DbErr> {
    if comment.erased_at.is_some() || comment.withdrawn_at.is_some() {
        return Ok(Stored::Gone(comment.id));
    }
    let current = revisions
        .iter()
        .find(|revision| revision.number == comment.revision);
    if current.is_some_and(|current| says_the_same(current, incoming)) {
        return Ok(Stored::Same(comment.id));
    }
    if incoming.external_id.is_none() {
        return Ok(Stored::KeyReused(comment.id));
    }
    let revised_at = incoming.revised_at.unwrap_or(incoming.received_at);
    if current.is_some_and(|current| revised_at < current.revised_at) {
        return keep_older(tx, comment, revisions, incoming).await;
    }
    make_current(tx, comment, next_number(revisions), incoming).await
}

fn says_the_same(revision: &comment_revision::Model, incoming: &Incoming) -> bool {
    let words = &incoming.words;
    revision.text.as_ref() == Some(&words.text)
        && revision.score_value == words.score.map(|score| score.value)
        && revision.score_scale.as_deref() == words.score.map(|score| score.scale.name())
        && revision.site_id == words.site
        && revision.hint == words.hint
        && revision.consent == words.consent.name()
}

fn next_number(revisions: &[comment_revision::Model]) -> i32 {
    revisions
        .iter()
        .map(|revision| revision.number)
        .max()
        .unwrap_or_default()
        + 1
}

async fn keep_older(
    tx: &Tx,
    comment: &comment::Model,
    revisions: &[comment_revision::Model],
    incoming: &Incoming,
) -> Result<Stored, DbErr> {
    if !revisions.iter().any(|revision| says_the_same(revision, incoming)) {
        revision_row(incoming, comment.id, next_number(revisions))
            .insert(tx)
            .await?;
    }
    Ok(Stored::Older(comment.id))
}

async fn make_current(
    tx: &Tx,
    comment: &comment::Model,
    number: i32,
    incoming: &Incoming,
) -> Result<Stored, DbErr> {
    revision_row(incoming, comment.id, number).insert(tx).await?;
    let mut changed: comment::ActiveModel = comment.clone().into();
    changed.revision = Set(number);
    changed.site_id = Set(incoming.words.site);
    if comment.state == comment::State::Held {
        // Other words do not show that a person wrote the first ones: it waits as before.
        changed.update(tx).await?;
        return Ok(Stored::Revised(comment.id, number));
    }
    changed.state = Set(unread_state(incoming));
    changed.words_changed = Set(person_decided(tx, comment).await?);
    changed.update(tx).await?;
    job::enqueue_all(tx, vec![attribute_job(incoming, comment.id, number)]).await?;
    Ok(Stored::Revised(comment.id, number))
}

/// Whether a verdict that holds is a person's; those that were undone do not count.
async fn person_decided(tx: &Tx, comment: &comment::Model) -> Result<bool, DbErr> {
    let current = verdicts::current(tx, &[comment.id]).await?;
    Ok(current
        .iter()
        .any(|verdict| verdict.decided_by == verdict::DecidedBy::Person))
}
