//! The log of who did what: ids, codes and counts, never customers' words.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{account, audit, key};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, QueryFilter,
    QueryOrder, QuerySelect,
};
use uuid::Uuid;

use super::person;
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

/// Entries, newest first, whose action, subject or actor is or begins with what is searched for; all where that is
/// empty.
pub async fn search(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    query: &str,
    before: Option<Uuid>,
    limit: u64,
) -> Result<Vec<audit::Model>, DbErr> {
    use audit::Column;
    let mut entries = audit::Entity::within(organisation);
    if !query.is_empty() {
        let alike = Condition::any()
            .add(Column::Action.starts_with(query))
            .add(Column::SubjectKind.eq(query))
            .add(Column::SubjectId.eq(query))
            .add(Column::Actor.eq(query))
            .add(Column::Actor.eq(format!("key:{query}")))
            .add(Column::Actor.eq(format!("account:{query}")));
        entries = entries.filter(alike);
    }
    if let Some(before) = before {
        entries = entries.filter(Column::Id.lt(before));
    }
    entries
        .order_by_desc(Column::Id)
        .limit(limit)
        .all(connection)
        .await
}

/// What the actors of entries are called: people by their name, keys by theirs.
pub async fn names(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    entries: &[audit::Model],
) -> Result<HashMap<String, String>, DbErr> {
    let ids = |kind: &str| -> Vec<Uuid> {
        let actors = entries.iter().filter_map(|entry| entry.actor.strip_prefix(kind));
        actors.filter_map(|id| Uuid::try_parse(id).ok()).collect()
    };
    let keys = key::Entity::within(organisation).filter(key::Column::Id.is_in(ids("key:")));
    let mut names: HashMap<String, String> = HashMap::new();
    for key in keys.all(connection).await? {
        names.insert(format!("key:{}", key.id), key.name);
    }
    let accounts = account::Entity::within(organisation).filter(account::Column::Id.is_in(ids("account:")));
    for account in accounts.all(connection).await? {
        let staff = person::on_roster(connection, &account).await?;
        names.insert(
            format!("account:{}", account.id),
            person::name(&account, staff.as_ref()),
        );
    }
    Ok(names)
}
