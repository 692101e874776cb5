//! Writes comments: those that are new in three statements, however many; those that are known as revisions.
use std::collections::HashSet;

use entity::{comment, comment_revision, json::Words};
use sea_orm::{
    ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, Insert, QueryTrait, sea_query::OnConflict,
};
use uuid::Uuid;

use super::{incoming::Incoming, known};
use crate::{
    db::Tx,
    job::{self, Job, NewJob},
};

/// What became of an incoming comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stored {
    /// It is new.
    New(Uuid),
    /// It was here already, with the same words.
    Same(Uuid),
    /// It was here with other words; these are its revision of that number now.
    Revised(Uuid, i32),
    /// These are older words than those we have: kept as history, without effect.
    Older(Uuid),
    /// It was withdrawn or erased, and stays so.
    Gone(Uuid),
    /// Its idempotency key was used for other words.
    KeyReused(Uuid),
}

impl Stored {
    /// The comment's id.
    #[must_use]
    pub fn id(self) -> Uuid {
        match self {
            Stored::New(id)
            | Stored::Same(id)
            | Stored::Revised(id, _)
            | Stored::Older(id)
            | Stored::Gone(id)
            | Stored::KeyReused(id) => id,
        }
    }
}

/// Stores comments with their jobs in the caller's transaction; answers in the order given.
///
/// Everything must have passed [`Incoming::check`]; its source and site must be the organisation's own.
pub async fn store(tx: &Tx, batch: &[Incoming]) -> Result<Vec<Stored>, DbErr> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = batch.iter().map(|_| Uuid::now_v7()).collect();
    let new = insert_comments(tx, batch, &ids).await?;
    let fresh: Vec<(&Incoming, Uuid)> = batch
        .iter()
        .zip(ids.iter().copied())
        .filter(|(_, id)| new.contains(id))
        .collect();
    insert_revisions(tx, &fresh).await?;
    job::enqueue_all(
        tx,
        fresh
            .iter()
            .filter(|(incoming, _)| incoming.held_for.is_empty())
            .map(|(incoming, id)| attribute_job(incoming, *id, 1))
            .collect(),
    )
    .await?;
    let is_known = |(_, id): &(&Incoming, &Uuid)| !new.contains(*id);
    let known: Vec<&Incoming> = batch
        .iter()
        .zip(&ids)
        .filter(is_known)
        .map(|(incoming, _)| incoming)
        .collect();
    let mut again = known::again(tx, &known).await?.into_iter();
    let became = |id| {
        if new.contains(&id) {
            Some(Stored::New(id))
        } else {
            again.next()
        }
    };
    Ok(ids.into_iter().filter_map(became).collect())
}

/// Inserts what no unique key forbids; returns the ids that were inserted.
async fn insert_comments(tx: &Tx, batch: &[Incoming], ids: &[Uuid]) -> Result<HashSet<Uuid>, DbErr> {
    let rows = batch
        .iter()
        .zip(ids)
        .map(|(incoming, id)| comment_row(incoming, *id));
    let mut insert = Insert::many(rows)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .into_query();
    insert.returning_col(comment::Column::Id);
    let inserted = tx.query_all(&insert).await?;
    inserted.iter().map(|row| row.try_get("", "id")).collect()
}

fn comment_row(incoming: &Incoming, id: Uuid) -> comment::ActiveModel {
    comment::ActiveModel {
        id: Set(id),
        organisation_id: Set(incoming.organisation),
        source_id: Set(incoming.source),
        external_id: Set(incoming.external_id.clone()),
        idempotency_key: Set(incoming.idempotency_key.clone()),
        import_id: Set(incoming.import),
        site_id: Set(incoming.words.site),
        state: Set(first_state(incoming)),
        held_for: Set(held_for(incoming)),
        tone: Set(None),
        tell: Set(incoming.tell),
        revision: Set(1),
        words_changed: Set(false),
        occurred_at: Set(incoming.occurred_at),
        received_at: Set(incoming.received_at),
        attributed_at: Set(None),
        receipt_hash: Set(incoming.receipt_hash.clone()),
        withdrawn_at: Set(None),
        erased_at: Set(None),
        erased_reason: Set(None),
        concern_since: Set(None),
        handled_at: Set(None),
        handled_by: Set(None),
    }
}

fn held_for(incoming: &Incoming) -> Option<Words> {
    let codes = incoming.held_for.iter().map(|reason| reason.code().to_owned());
    (!incoming.held_for.is_empty()).then(|| Words(codes.collect()))
}

fn first_state(incoming: &Incoming) -> comment::State {
    if incoming.held_for.is_empty() {
        unread_state(incoming)
    } else {
        comment::State::Held
    }
}

/// Of words that are to be read, now or once they have settled.
pub(super) fn unread_state(incoming: &Incoming) -> comment::State {
    if incoming.settle.is_zero() {
        comment::State::Attributing
    } else {
        comment::State::Settling
    }
}

async fn insert_revisions(tx: &Tx, fresh: &[(&Incoming, Uuid)]) -> Result<(), DbErr> {
    if fresh.is_empty() {
        return Ok(());
    }
    let rows = fresh
        .iter()
        .map(|(incoming, comment)| revision_row(incoming, *comment, 1));
    comment_revision::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

pub(super) fn revision_row(incoming: &Incoming, comment: Uuid, number: i32) -> comment_revision::ActiveModel {
    let words = incoming.words.clone();
    comment_revision::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(incoming.organisation),
        comment_id: Set(comment),
        number: Set(number),
        text: Set(Some(words.text)),
        score_value: Set(words.score.map(|score| score.value)),
        score_scale: Set(words.score.map(|score| score.scale.name().to_owned())),
        site_id: Set(words.site),
        hint: Set(words.hint),
        author: Set(words.author),
        staff_reference: Set(words.staff_reference),
        permalink: Set(words.permalink),
        language: Set(words.language),
        consent: Set(words.consent.name().to_owned()),
        metadata: Set(words.metadata),
        revised_at: Set(incoming.revised_at.unwrap_or(incoming.received_at)),
        received_at: Set(incoming.received_at),
    }
}

pub(super) fn attribute_job(incoming: &Incoming, comment: Uuid, revision: i32) -> NewJob {
    NewJob {
        organisation: incoming.organisation,
        job: Job::Attribute { comment, revision },
        run_at: incoming.received_at + incoming.settle,
        key: None,
    }
}
