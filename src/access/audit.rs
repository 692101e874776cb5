//! The log of who did what: ids, codes and counts, never customers' words.
use chrono::{DateTime, Utc};
use entity::audit;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr};
use uuid::Uuid;

use crate::db::Tx;

/// One line of the log.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Whose log.
    pub organisation: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// `key:<id>`, `account:<id>`, `cli`, `customer` or `system`.
    pub actor: &'a str,
    /// `create_key`, …
    pub action: &'a str,
    /// `key`, `comment`, …
    pub subject_kind: &'a str,
    /// Its id, where there is one.
    pub subject_id: Option<String>,
    /// Ids, codes and counts.
    pub detail: serde_json::Value,
}

/// Writes a line in the transaction of what it tells of.
pub async fn record(tx: &Tx, entry: Entry<'_>) -> Result<(), DbErr> {
    audit::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(entry.organisation),
        at: Set(entry.at),
        actor: Set(entry.actor.to_owned()),
        action: Set(entry.action.to_owned()),
        subject_kind: Set(entry.subject_kind.to_owned()),
        subject_id: Set(entry.subject_id),
        detail: Set(entry.detail),
    }
    .insert(tx)
    .await?;
    Ok(())
}
