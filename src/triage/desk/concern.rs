//! What is to be put right: complaints, until somebody says that one is dealt with.
use chrono::{DateTime, Utc};
use entity::comment::{self, Column};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde_json::json;
use uuid::Uuid;

use super::{COUNTED, Desk, DeskError};
use crate::{
    access::audit,
    capture::read::{self, WithWords},
    ledger::feed::Place,
    platform::{db::Tx, lock},
};

/// Who handles a concern, and when.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The account.
    pub account: Uuid,
    /// The same, as in the audit log.
    pub actor: &'a str,
    /// When.
    pub now: DateTime<Utc>,
}

/// Concerns that nobody has dealt with, oldest first. Where praise in the same comment is still to be decided, that
/// comes first.
pub async fn concerns(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    desk: &Desk,
    after: Option<Place>,
    limit: u64,
) -> Result<Vec<WithWords>, DbErr> {
    let Some(mut select) = on(desk, organisation) else {
        return Ok(Vec::new());
    };
    if let Some((at, id)) = after {
        let later = Condition::any()
            .add(Column::ConcernSince.gt(at))
            .add(Column::Id.gt(id));
        select = select.filter(Column::ConcernSince.gte(at)).filter(later);
    }
    let oldest_first = select.order_by_asc(Column::ConcernSince).order_by_asc(Column::Id);
    let found = oldest_first.limit(limit).all(connection).await?;
    read::with_words(connection, found).await
}

/// How many there are, counted up to [`COUNTED`].
pub async fn count(connection: &impl ConnectionTrait, organisation: Uuid, desk: &Desk) -> Result<u64, DbErr> {
    match on(desk, organisation) {
        Some(select) => select.limit(COUNTED).count(connection).await,
        None => Ok(0),
    }
}

fn on(desk: &Desk, organisation: Uuid) -> Option<Select<comment::Entity>> {
    let waiting = comment::Entity::within(organisation)
        .filter(Column::ConcernSince.is_not_null())
        .filter(Column::State.eq(comment::State::Done));
    if desk.everything {
        return Some(waiting);
    }
    let sites = (!desk.sites.is_empty()).then(|| desk.sites.iter().copied())?;
    Some(waiting.filter(Column::SiteId.is_in(sites)))
}

/// Says that a concern is dealt with.
pub async fn handle(tx: &Tx, organisation: Uuid, id: Uuid, by: By<'_>) -> Result<(), DeskError> {
    let comment = lock::comment(tx, organisation, id)
        .await?
        .ok_or(DeskError::NotFound)?;
    if comment.concern_since.is_none() {
        return Err(DeskError::NotWaiting);
    }
    let mut handled: comment::ActiveModel = comment.into();
    handled.concern_since = Set(None);
    handled.handled_at = Set(Some(by.now));
    handled.handled_by = Set(Some(by.account));
    handled.update(tx).await?;
    Ok(record(tx, organisation, id, "handle_concern", by).await?)
}

/// Takes that back.
pub async fn undo(tx: &Tx, organisation: Uuid, id: Uuid, by: By<'_>) -> Result<(), DeskError> {
    let comment = lock::comment(tx, organisation, id)
        .await?
        .ok_or(DeskError::NotFound)?;
    if comment.handled_at.is_none() || comment.withdrawn_at.is_some() || comment.erased_at.is_some() {
        return Err(DeskError::NotWaiting);
    }
    let since = comment.received_at;
    let mut open: comment::ActiveModel = comment.into();
    open.concern_since = Set(Some(since));
    open.handled_at = Set(None);
    open.handled_by = Set(None);
    open.update(tx).await?;
    Ok(record(tx, organisation, id, "undo_handle_concern", by).await?)
}

async fn record(tx: &Tx, organisation: Uuid, id: Uuid, action: &str, by: By<'_>) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation,
        at: by.now,
        actor: by.actor,
        action,
        subject_kind: "comment",
        subject_id: Some(id.to_string()),
        detail: json!({}),
    };
    audit::record(tx, entry).await
}
