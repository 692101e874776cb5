//! Configured ways in.
#![expect(missing_docs, reason = "fields and variants whose names say what they are")]

pub mod backfill;
pub mod complete;
mod drafts;
pub mod fetch;
pub mod health;
pub mod hook;
pub mod inbox;
pub mod kind;
pub mod preview;
pub mod read_pushes;
pub mod secrets;
mod take_back;
pub mod tool;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{comment, source};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::{connection, mail};
use crate::{
    access::audit,
    platform::{
        db::Tx,
        paging::{Page, PageQuery},
    },
};

/// What every organisation has from its first day: name and kind.
const STANDARD: [&str; 3] = ["api", "form", "import"];
const LONGEST_NAME: usize = 60;
const LONGEST_SETTLE_SECONDS: i32 = 7 * 24 * 3600;

/// A source that cannot be made, changed or found.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// No source of this name or id in the organisation.
    #[error("there is no source {reference:?}; there are {}", names.join(", "))]
    Unknown {
        /// As the caller named it.
        reference: String,
        /// The names there are.
        names: Vec<String>,
    },
    /// The name is in use.
    #[error("there is a source {0:?} already")]
    Taken(String),
    /// A value that cannot be used.
    #[error("{field}: {message}")]
    Invalid {
        /// Which value.
        field: &'static str,
        /// What would be right.
        message: String,
    },
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// What a source is made of.
#[derive(Clone, Debug)]
pub struct NewSource {
    /// Unique in the organisation.
    pub name: String,
    /// api, form, import or mail.
    pub kind: String,
    /// How long words may still change before they are attributed.
    pub settle_seconds: i32,
}

/// What is to change; what is empty stays.
#[derive(Clone, Debug, Default)]
pub struct SourcePatch {
    /// Unique in the organisation.
    pub name: Option<String>,
    /// How long words may still change before they are attributed.
    pub settle_seconds: Option<i32>,
    /// A paused source takes nothing in.
    pub paused: Option<bool>,
}

/// Makes the sources that every organisation has.
pub async fn create_standard(tx: &Tx, organisation: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
    let rows = STANDARD.map(|name| row(organisation, name, name, 0, now));
    source::Entity::insert_many(rows)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Adds a source.
pub async fn create(
    tx: &Tx,
    organisation: Uuid,
    new: NewSource,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<source::Model, SourceError> {
    kind::find_plain(&new.kind)?;
    insert(tx, organisation, new, serde_json::json!({}), actor, now).await
}

/// Adds a source of mails that are passed on to us.
pub async fn create_mail(
    tx: &Tx,
    organisation: Uuid,
    new: NewSource,
    settings: mail::Settings,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<source::Model, SourceError> {
    let settings = settings.checked()?.kept();
    insert(tx, organisation, new, settings, actor, now).await
}

/// Changes what a source of mails is told.
pub async fn update_mail(
    tx: &Tx,
    source: &source::Model,
    settings: mail::Settings,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<source::Model, SourceError> {
    let mut row: source::ActiveModel = source.clone().into();
    row.settings = Set(settings.checked()?.kept());
    let saved = row.update(tx).await?;
    record(tx, &saved, "update_source", actor, now).await?;
    Ok(saved)
}

/// Checks and inserts a source of any kind.
pub(super) async fn insert(
    tx: &Tx,
    organisation: Uuid,
    new: NewSource,
    settings: serde_json::Value,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<source::Model, SourceError> {
    let name = valid_name(&new.name)?;
    let settle_seconds = valid_settle(new.settle_seconds)?;
    refuse_taken(tx, organisation, &name).await?;
    let mut row = row(organisation, &name, &new.kind, settle_seconds, now);
    row.settings = Set(settings);
    let made = row.insert(tx).await?;
    record(tx, &made, "create_source", actor, now).await?;
    Ok(made)
}

pub(super) fn row(
    organisation: Uuid,
    name: &str,
    kind: &str,
    settle_seconds: i32,
    now: DateTime<Utc>,
) -> source::ActiveModel {
    source::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(organisation),
        name: Set(name.to_owned()),
        kind: Set(kind.to_owned()),
        settings: Set(serde_json::json!({})),
        settle_seconds: Set(settle_seconds),
        sealed: Set(None),
        sealed_at: Set(None),
        created_at: Set(now),
        paused_at: Set(None),
        removed_at: Set(None),
    }
}

/// Changes a source.
pub async fn update(
    tx: &Tx,
    organisation: Uuid,
    id: Uuid,
    patch: SourcePatch,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<source::Model, SourceError> {
    let Some(before) = by_id(tx, organisation, id).await? else {
        return Err(unknown(tx, organisation, &id.to_string()).await?);
    };
    let patch_is_empty = patch.name.is_none() && patch.settle_seconds.is_none() && patch.paused.is_none();
    let mut row = source::ActiveModel {
        id: Set(id),
        ..Default::default()
    };
    if let Some(name) = patch.name {
        let name = valid_name(&name)?;
        if name != before.name {
            refuse_taken(tx, organisation, &name).await?;
        }
        row.name = Set(name);
    }
    if let Some(seconds) = patch.settle_seconds {
        row.settle_seconds = Set(valid_settle(seconds)?);
    }
    if let Some(paused) = patch.paused {
        row.paused_at = Set(paused.then(|| before.paused_at.unwrap_or(now)));
    }
    if patch_is_empty {
        return Ok(before);
    }
    let saved = row.update(tx).await?;
    record(tx, &saved, "update_source", actor, now).await?;
    if patch.paused == Some(false) {
        connection::resume(tx, &saved, now).await?;
        inbox::read_waiting(tx, &saved, now).await?;
    }
    Ok(saved)
}

/// Removes a source: its secrets go, and with them what was pushed to it; its comments stay. Answers what of the pushes
/// was never read.
pub async fn remove(
    tx: &Tx,
    source: &source::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<inbox::Discarded, SourceError> {
    connection::forget(tx, source).await?;
    backfill::end(tx, source).await?;
    fetch::forget(tx, source).await?;
    let discarded = inbox::discard_all(tx, source).await?;
    let mut row: source::ActiveModel = source.clone().into();
    row.removed_at = Set(Some(now));
    row.sealed = Set(None);
    row.sealed_at = Set(None);
    row.update(tx).await?;
    let detail = serde_json::json!({
        "kind": source.kind,
        "waiting": discarded.waiting,
        "quarantined": discarded.quarantined,
    });
    record_with(tx, source, "remove_source", actor, detail, now).await?;
    Ok(discarded)
}

/// A page of the organisation's sources, oldest first; removed ones are left out.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    page: PageQuery,
) -> Result<Page<source::Model>, DbErr> {
    page.fetch(connection, present(organisation), source::Column::Id, |row| {
        row.id
    })
    .await
}

/// All sources of the organisation, oldest first; removed ones are left out.
pub async fn all(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<Vec<source::Model>, DbErr> {
    present(organisation)
        .order_by_asc(source::Column::Id)
        .all(connection)
        .await
}

/// The names of the sources with these ids, by id.
pub async fn names(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    ids: HashSet<Uuid>,
) -> Result<HashMap<Uuid, String>, DbErr> {
    let found = source::Entity::named(organisation, source::Column::Id, ids)
        .all(connection)
        .await?;
    Ok(found.into_iter().map(|row| (row.id, row.name)).collect())
}

/// How many comments came through each source since a time, and when the last one did.
pub async fn traffic(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    since: DateTime<Utc>,
) -> Result<HashMap<Uuid, (u64, DateTime<Utc>)>, DbErr> {
    use comment::Column;
    let rows: Vec<(Uuid, i64, DateTime<Utc>)> = comment::Entity::within(organisation)
        .filter(Column::ReceivedAt.gte(since))
        .select_only()
        .column(Column::SourceId)
        .column_as(Column::Id.count(), "n")
        .column_as(Column::ReceivedAt.max(), "last")
        .group_by(Column::SourceId)
        .into_tuple()
        .all(connection)
        .await?;
    let row = |(source, n, last): (Uuid, i64, _)| (source, (u64::try_from(n).unwrap_or_default(), last));
    Ok(rows.into_iter().map(row).collect())
}

/// How many comments on a site came through each source since a time.
pub async fn traffic_of_site(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    site: Uuid,
    since: DateTime<Utc>,
) -> Result<HashMap<Uuid, u64>, DbErr> {
    use comment::Column;
    let rows: Vec<(Uuid, i64)> = comment::Entity::within(organisation)
        .filter(Column::ReceivedAt.gte(since))
        .filter(Column::SiteId.eq(site))
        .select_only()
        .column(Column::SourceId)
        .column_as(Column::Id.count(), "n")
        .group_by(Column::SourceId)
        .into_tuple()
        .all(connection)
        .await?;
    let row = |(source, n): (Uuid, i64)| (source, u64::try_from(n).unwrap_or_default());
    Ok(rows.into_iter().map(row).collect())
}

/// The source with an id.
pub async fn by_id(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<Option<source::Model>, DbErr> {
    present(organisation)
        .filter(source::Column::Id.eq(id))
        .one(connection)
        .await
}

/// The source with a name, or an error that lists the names there are.
pub async fn by_name(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    name: &str,
) -> Result<source::Model, SourceError> {
    let found = present(organisation)
        .filter(source::Column::Name.eq(name))
        .one(connection)
        .await?;
    match found {
        Some(found) => Ok(found),
        None => Err(unknown(connection, organisation, name).await?),
    }
}

/// The organisation's first source of a kind that takes something in; none while all are paused.
pub async fn open_of_kind(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    kind: &str,
) -> Result<Option<source::Model>, DbErr> {
    present(organisation)
        .filter(source::Column::Kind.eq(kind))
        .filter(source::Column::PausedAt.is_null())
        .order_by_asc(source::Column::Id)
        .one(connection)
        .await
}

fn present(organisation: Uuid) -> sea_orm::Select<source::Entity> {
    source::Entity::within(organisation).filter(source::Column::RemovedAt.is_null())
}

async fn unknown(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    reference: &str,
) -> Result<SourceError, DbErr> {
    let all = present(organisation)
        .order_by_asc(source::Column::Name)
        .all(connection)
        .await?;
    Ok(SourceError::Unknown {
        reference: reference.to_owned(),
        names: all.into_iter().map(|source| source.name).collect(),
    })
}

async fn refuse_taken(tx: &Tx, organisation: Uuid, name: &str) -> Result<(), SourceError> {
    match is_taken(tx, organisation, name).await? {
        true => Err(SourceError::Taken(name.to_owned())),
        false => Ok(()),
    }
}

/// Whether a source has this name. A removed one keeps it: its comments still bear it.
pub async fn is_taken(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    name: &str,
) -> Result<bool, DbErr> {
    let same = source::Entity::within(organisation).filter(source::Column::Name.eq(name));
    Ok(same.one(connection).await?.is_some())
}

pub(super) async fn record(
    tx: &Tx,
    source: &source::Model,
    action: &str,
    actor: &str,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let detail = serde_json::json!({ "kind": source.kind });
    record_with(tx, source, action, actor, detail, at).await
}

async fn record_with(
    tx: &Tx,
    source: &source::Model,
    action: &str,
    actor: &str,
    detail: serde_json::Value,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: source.organisation_id,
        at,
        actor,
        action,
        subject_kind: "source",
        subject_id: Some(source.id.to_string()),
        detail,
    };
    audit::record(tx, entry).await
}

fn valid_name(given: &str) -> Result<String, SourceError> {
    let name = given.trim();
    let length = name.chars().count();
    if length == 0 || length > LONGEST_NAME || name.chars().any(char::is_control) {
        let message = format!("needs 1 to {LONGEST_NAME} characters on one line");
        return Err(SourceError::Invalid {
            field: "name",
            message,
        });
    }
    Ok(name.to_owned())
}

fn valid_settle(seconds: i32) -> Result<i32, SourceError> {
    if (0..=LONGEST_SETTLE_SECONDS).contains(&seconds) {
        return Ok(seconds);
    }
    let message = format!("{seconds} is out of range; give 0 to {LONGEST_SETTLE_SECONDS} (a week)");
    Err(SourceError::Invalid {
        field: "settle_seconds",
        message,
    })
}
