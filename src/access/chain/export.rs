//! The log as lines of JSON, oldest first.
use chrono::SecondsFormat;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QuerySelect};
use serde_json::{Value, json};
use uuid::Uuid;

use super::digest::Row;

/// Rows of a page.
const TOGETHER: u64 = 1_000;

/// The rows after one, by their ids.
pub async fn page(
    db: &impl ConnectionTrait,
    organisation: Uuid,
    after: Option<Uuid>,
) -> Result<Vec<Row>, DbErr> {
    let mut rows = Row::within(organisation);
    if let Some(after) = after {
        rows = rows.filter(entity::audit::Column::Id.gt(after));
    }
    rows.limit(TOGETHER).into_model().all(db).await
}

/// A row as a line, without its end.
#[must_use]
pub fn line(row: &Row) -> String {
    let detail: Value = serde_json::from_str(&row.detail).unwrap_or_else(|_| json!(row.detail));
    json!({
        "id": row.id,
        "at": row.at.to_rfc3339_opts(SecondsFormat::Micros, true),
        "actor": row.actor,
        "action": row.action,
        "subject_kind": row.subject_kind,
        "subject_id": row.subject_id,
        "detail": detail,
        "block": row.block,
    })
    .to_string()
}
