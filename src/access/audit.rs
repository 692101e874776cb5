//! The log of who did what: ids, codes and counts, never customers' words.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{account, audit, key};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use uuid::Uuid;

use super::person;
use crate::platform::db::Tx;

/// Whoever has a shell on the machine.
pub const OPERATOR: &str = "cli";

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
    record_all(tx, [entry]).await
}

/// Writes lines, in one statement; there may be up to 4,000 of them.
pub async fn record_all<'a>(tx: &Tx, entries: impl IntoIterator<Item = Entry<'a>>) -> Result<(), DbErr> {
    let rows: Vec<audit::ActiveModel> = entries.into_iter().map(row).collect();
    if !rows.is_empty() {
        audit::Entity::insert_many(rows)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

fn row(entry: Entry<'_>) -> audit::ActiveModel {
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

/// The sum of the counts in the entries of an action since a time.
pub async fn sum(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    action: &str,
    since: DateTime<Utc>,
) -> Result<u64, DbErr> {
    let entries = audit::Entity::within(organisation)
        .filter(audit::Column::Action.eq(action))
        .filter(audit::Column::At.gte(since))
        .all(connection)
        .await?;
    let counts = entries
        .iter()
        .filter_map(|entry| entry.detail.get("count")?.as_u64());
    Ok(counts.sum())
}

/// What actors are called: people by their name, keys by theirs.
pub async fn names<'a>(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    actors: impl Iterator<Item = &'a str> + Clone,
) -> Result<HashMap<String, String>, DbErr> {
    let ids = |kind: &str| -> Vec<Uuid> {
        let own = actors.clone().filter_map(|actor| actor.strip_prefix(kind));
        own.filter_map(|id| Uuid::try_parse(id).ok()).collect()
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
