//! The files that were taken in: rows of the table `import`.
use chrono::{DateTime, Utc};
use entity::import;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, QueryFilter, prelude::Json,
};
use uuid::Uuid;

use crate::{
    access::audit,
    platform::{
        db::Tx,
        paging::{Page, PageQuery},
    },
};

/// An import of comments that begins.
#[derive(Clone, Copy, Debug)]
pub(in crate::capture) struct NewImport<'a> {
    pub(in crate::capture) organisation: Uuid,
    pub(in crate::capture) source: Uuid,
    pub(in crate::capture) file_name: &'a str,
    pub(in crate::capture) digest: &'a str,
    pub(in crate::capture) columns: &'a Option<Json>,
    pub(in crate::capture) actor: &'a str,
    pub(in crate::capture) now: DateTime<Utc>,
}

/// A page of an organisation's imports, oldest first.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    page: PageQuery,
) -> Result<Page<import::Model>, DbErr> {
    let all = import::Entity::within(organisation);
    page.fetch(connection, all, import::Column::Id, |row| row.id)
        .await
}

/// The import with an id.
pub async fn get(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<Option<import::Model>, DbErr> {
    import::Entity::within(organisation)
        .filter(import::Column::Id.eq(id))
        .one(connection)
        .await
}

pub(in crate::capture) async fn begin(tx: &Tx, new: NewImport<'_>) -> Result<import::Model, DbErr> {
    import::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(new.organisation),
        kind: Set("comments".to_owned()),
        source_id: Set(Some(new.source)),
        file_name: Set(new.file_name.to_owned()),
        digest: Set(new.digest.to_owned()),
        counts: Set(serde_json::json!({})),
        actor: Set(new.actor.to_owned()),
        started_at: Set(new.now),
        finished_at: Set(None),
        undone_at: Set(None),
        columns: Set(new.columns.clone()),
    }
    .insert(tx)
    .await
}

pub(in crate::capture) async fn finish(
    tx: &Tx,
    import: &import::Model,
    counts: Json,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = import::ActiveModel {
        id: Set(import.id),
        counts: Set(counts.clone()),
        finished_at: Set(Some(now)),
        ..Default::default()
    };
    row.update(tx).await?;
    record(tx, import, "import_comments", counts, actor, now).await
}

pub(in crate::capture) async fn mark_undone(
    tx: &Tx,
    import: &import::Model,
    withdrawn: u64,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = import::ActiveModel {
        id: Set(import.id),
        undone_at: Set(Some(now)),
        ..Default::default()
    };
    row.update(tx).await?;
    let detail = serde_json::json!({ "withdrawn": withdrawn });
    record(tx, import, "undo_import", detail, actor, now).await
}

async fn record(
    tx: &Tx,
    import: &import::Model,
    action: &str,
    detail: Json,
    actor: &str,
    at: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: import.organisation_id,
        at,
        actor,
        action,
        subject_kind: "import",
        subject_id: Some(import.id.to_string()),
        detail,
    };
    audit::record(tx, entry).await
}
