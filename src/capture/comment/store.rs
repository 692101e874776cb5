//! Writes comments: those that are new in three sets of rows, however many; those that are known as revisions.
use std::collections::HashSet;

use entity::comment_revision;
use sea_orm::{ConnectionTrait, DbErr, Insert, QueryTrait, sea_query::OnConflict};
use uuid::Uuid;

use super::{draft::Draft, revise, row, search};
use crate::platform::{
    db::{Tx, groups, insert_all},
    job,
};

/// What became of a draft.
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
/// Everything must have passed [`Draft::check`]; its source and site must be the organisation's own.
pub async fn store(tx: &Tx, drafts: &[Draft]) -> Result<Vec<Stored>, DbErr> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let ids: Vec<Uuid> = drafts.iter().map(|_| Uuid::now_v7()).collect();
    let inserted = insert_comments(tx, drafts, &ids).await?;
    let is_new = |(_, id): &(&Draft, Uuid)| inserted.contains(id);
    let (new, known): (Vec<_>, Vec<_>) = drafts.iter().zip(ids.iter().copied()).partition(is_new);
    insert_first_revisions(tx, &new).await?;
    let known: Vec<&Draft> = known.into_iter().map(|(draft, _)| draft).collect();
    let mut revised = revise::revise(tx, &known).await?.into_iter();
    let outcome = |id| match inserted.contains(&id) {
        true => Some(Stored::New(id)),
        false => revised.next(),
    };
    Ok(ids.into_iter().filter_map(outcome).collect())
}

/// Inserts what no unique key forbids; returns the ids that were inserted.
async fn insert_comments(tx: &Tx, drafts: &[Draft], ids: &[Uuid]) -> Result<HashSet<Uuid>, DbErr> {
    let mut new: Vec<(&Draft, &Uuid)> = drafts.iter().zip(ids).collect();
    // In one order everywhere: two servers that are sent the same wait for each other at unique keys.
    new.sort_by_key(|(draft, _)| (draft.source, &draft.external_id, &draft.idempotency_key));
    let rows = new.into_iter().map(|(draft, id)| row::comment(draft, *id));
    let mut inserted = HashSet::with_capacity(ids.len());
    for some in groups(rows) {
        let mut insert = Insert::many(some)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .into_query();
        insert.returning_col(entity::comment::Column::Id);
        for row in tx.query_all(&insert).await? {
            inserted.insert(row.try_get("", "id")?);
        }
    }
    Ok(inserted)
}

async fn insert_first_revisions(tx: &Tx, new: &[(&Draft, Uuid)]) -> Result<(), DbErr> {
    if new.is_empty() {
        return Ok(());
    }
    let rows = new.iter().map(|(draft, id)| row::revision(draft, *id, 1));
    let rows: Vec<comment_revision::Model> = rows.collect();
    search::add(tx, &rows.iter().collect::<Vec<_>>()).await?;
    insert_all(tx, rows.into_iter().map(row::all_set)).await?;
    let read = new.iter().filter(|(draft, _)| draft.held_for.is_empty());
    let jobs = read.map(|(draft, id)| row::attribute_job(draft, *id, 1));
    job::enqueue_all(tx, jobs.collect()).await
}
