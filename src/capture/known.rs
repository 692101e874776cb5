//! Comments that are here already: found, locked and read with all their words in a few statements for a whole batch, so
//! that words which say the same cost next to nothing.
use std::collections::{BTreeSet, HashMap};

use entity::{comment, comment_revision};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{incoming::Incoming, revise, store::Stored};
use crate::{db::Tx, lock};

/// Whose comments, and of which source.
type Origin = (Uuid, Uuid);

/// Takes other versions of known comments, in the order given.
pub(super) async fn again(tx: &Tx, batch: &[&Incoming]) -> Result<Vec<Stored>, DbErr> {
    if batch.is_empty() {
        return Ok(Vec::new());
    }
    let ids = ids(tx, batch).await?;
    let mut known = Known::default();
    known.read(tx, &ids.iter().copied().collect()).await?;
    let mut stored = Vec::with_capacity(batch.len());
    for (incoming, id) in batch.iter().zip(ids) {
        let outcome = match known.comments.get(&id) {
            Some(comment) => revise::revise(tx, comment, known.revisions_of(id), incoming).await?,
            None => Stored::Gone(id),
        };
        if matches!(outcome, Stored::Revised(..) | Stored::Older(_)) {
            // A later line of the batch may speak of the same comment.
            known.read(tx, &BTreeSet::from([id])).await?;
        }
        stored.push(outcome);
    }
    Ok(stored)
}

/// The ids of the comments that incoming ones conflict with.
async fn ids(tx: &Tx, batch: &[&Incoming]) -> Result<Vec<Uuid>, DbErr> {
    let mut origins: HashMap<Origin, Vec<&Incoming>> = HashMap::new();
    for incoming in batch {
        let origin = (incoming.organisation, incoming.source);
        origins.entry(origin).or_default().push(incoming);
    }
    let mut by_key: HashMap<(Origin, bool, String), Uuid> = HashMap::new();
    for (origin, incoming) in origins {
        for comment in of_origin(tx, origin, &incoming).await? {
            let keys = [(true, comment.external_id), (false, comment.idempotency_key)];
            let named = keys
                .into_iter()
                .filter_map(|(is_external, key)| Some((origin, is_external, key?)));
            by_key.extend(named.map(|key| (key, comment.id)));
        }
    }
    let id = |incoming: &&Incoming| {
        let (is_external, key) = key(incoming);
        let key = (
            (incoming.organisation, incoming.source),
            is_external,
            key?.to_owned(),
        );
        by_key.get(&key).copied()
    };
    let found: Option<Vec<Uuid>> = batch.iter().map(id).collect();
    found.ok_or_else(|| {
        DbErr::RecordNotFound("a comment that conflicts with a new one has vanished".to_owned())
    })
}

/// By which of its keys a comment is known.
fn key(incoming: &Incoming) -> (bool, Option<&str>) {
    match &incoming.external_id {
        Some(external_id) => (true, Some(external_id)),
        None => (false, incoming.idempotency_key.as_deref()),
    }
}

async fn of_origin(
    tx: &Tx,
    (organisation, source): Origin,
    incoming: &[&Incoming],
) -> Result<Vec<comment::Model>, DbErr> {
    use comment::Column;
    let keys = |wanted: bool| {
        let keys = incoming.iter().map(|incoming| key(incoming));
        keys.filter_map(move |(is_external, key)| key.filter(|_| is_external == wanted))
    };
    let either = Condition::any()
        .add(Column::ExternalId.is_in(keys(true)))
        .add(Column::IdempotencyKey.is_in(keys(false)));
    comment::Entity::within(organisation)
        .filter(Column::SourceId.eq(source))
        .filter(either)
        .all(tx)
        .await
}

/// Locked comments with every version of their words.
#[derive(Default)]
struct Known {
    comments: HashMap<Uuid, comment::Model>,
    revisions: HashMap<Uuid, Vec<comment_revision::Model>>,
}

impl Known {
    async fn read(&mut self, tx: &Tx, ids: &BTreeSet<Uuid>) -> Result<(), DbErr> {
        let ids: Vec<Uuid> = ids.iter().copied().collect();
        let comments = lock::comments(tx, &ids).await?;
        self.comments
            .extend(comments.into_iter().map(|comment| (comment.id, comment)));
        let revisions = comment_revision::Entity::find()
            .filter(comment_revision::Column::CommentId.is_in(ids.iter().copied()))
            .order_by_asc(comment_revision::Column::Number)
            .all(tx)
            .await?;
        self.revisions.retain(|comment, _| !ids.contains(comment));
        for revision in revisions {
            self.revisions
                .entry(revision.comment_id)
                .or_default()
                .push(revision);
        }
        Ok(())
    }

    fn revisions_of(&self, comment: Uuid) -> &[comment_revision::Model] {
        self.revisions.get(&comment).map_or(&[], Vec::as_slice)
    }
}
