//! Comments that the shield keeps from everybody but safe readers, until one of them lets them through or keeps them
//! from everybody. Neither the sender nor anybody else hears of it.
use chrono::{DateTime, Utc};
use entity::{
    comment::{self, State},
    json::Words,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter,
    Select,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    held::{self, Decider},
    read::WithWords,
};
use crate::{
    access::audit,
    platform::{
        db::Tx,
        job::{self, Job},
        lock,
    },
};

/// A shielded comment about which nothing can be decided.
#[derive(Debug, thiserror::Error)]
pub enum ShieldError {
    /// There is none, or it is another organisation's.
    #[error("there is no such comment")]
    NoSuchComment,
    /// It is not shielded, or no longer.
    #[error("nothing is to be decided about this comment; perhaps another safe reader was quicker")]
    NotWaiting,
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// What waits for a safe reader, oldest first, after the time and id of the last one seen.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<WithWords>, DbErr> {
    held::oldest_first(connection, waiting(organisation), after, limit).await
}

/// How much waits.
pub async fn count(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<u64, DbErr> {
    waiting(organisation).count(connection).await
}

fn waiting(organisation: Uuid) -> Select<comment::Entity> {
    comment::Entity::within(organisation)
        .filter(comment::Column::State.eq(State::Shielded))
        .filter(comment::Column::KeptAt.is_null())
}

/// Lets it go its way, as if the shield had seen nothing in these words. Other words are looked at again.
pub async fn release(tx: &Tx, organisation: Uuid, id: Uuid, by: Decider<'_>) -> Result<(), ShieldError> {
    let comment = shielded(tx, organisation, id, false).await?;
    let (revision, seen) = (comment.revision, comment.held_for.clone());
    let mut released: comment::ActiveModel = comment.into();
    released.state = Set(State::Attributing);
    released.held_for = Set(None);
    released.cleared_revision = Set(Some(revision));
    released.update(tx).await?;
    let attribute = Job::Attribute {
        comment: id,
        revision,
    };
    job::enqueue(tx, organisation, attribute, by.now).await?;
    record(tx, organisation, (id, seen), "release_shielded", by).await
}

/// Keeps it from everybody; it is not shown to safe readers any more either.
pub async fn keep(tx: &Tx, organisation: Uuid, id: Uuid, by: Decider<'_>) -> Result<(), ShieldError> {
    let comment = shielded(tx, organisation, id, false).await?;
    let seen = comment.held_for.clone();
    let mut kept: comment::ActiveModel = comment.into();
    kept.kept_at = Set(Some(by.now));
    kept.update(tx).await?;
    record(tx, organisation, (id, seen), "keep_shielded", by).await
}

/// Has what was kept wait for a safe reader again.
pub async fn undo_keep(tx: &Tx, organisation: Uuid, id: Uuid, by: Decider<'_>) -> Result<(), ShieldError> {
    let comment = shielded(tx, organisation, id, true).await?;
    let seen = comment.held_for.clone();
    let mut waiting: comment::ActiveModel = comment.into();
    waiting.kept_at = Set(None);
    waiting.update(tx).await?;
    record(tx, organisation, (id, seen), "undo_keep_shielded", by).await
}

async fn shielded(
    tx: &Tx,
    organisation: Uuid,
    id: Uuid,
    is_kept: bool,
) -> Result<comment::Model, ShieldError> {
    let comment = lock::comment(tx, organisation, id)
        .await?
        .ok_or(ShieldError::NoSuchComment)?;
    if comment.state == State::Shielded && comment.kept_at.is_some() == is_kept {
        Ok(comment)
    } else {
        Err(ShieldError::NotWaiting)
    }
}

async fn record(
    tx: &Tx,
    organisation: Uuid,
    (id, seen): (Uuid, Option<Words>),
    action: &str,
    by: Decider<'_>,
) -> Result<(), ShieldError> {
    let entry = audit::Entry {
        organisation,
        at: by.now,
        actor: by.actor,
        action,
        subject_kind: "comment",
        subject_id: Some(id.to_string()),
        detail: json!({ "seen": seen.map(|codes| codes.0) }),
    };
    Ok(audit::record(tx, entry).await?)
}
