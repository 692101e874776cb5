//! The log of who did what: ids, codes and counts, never customers' words.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{account, audit, key};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    Select,
    sea_query::{Expr, ExprTrait, Func, LikeExpr},
};
use uuid::Uuid;

use super::person;
use crate::platform::db::Tx;

/// Whoever has a shell on the machine.
pub const OPERATOR: &str = "cli";

/// People, accounts and keys of one name that are looked for at once.
pub const MOST_ALIKE: u64 = 100;

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
        block: NotSet,
    }
}

/// What is looked for in the log; empty finds everything.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// The beginning of an action, or the whole of a subject or actor.
    pub words: String,
    /// Done by, or to, one of these: what [`ids_of`] answers.
    pub ids: Option<Vec<String>>,
    /// From this time on.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
}

impl Wanted {
    fn such(&self) -> Condition {
        use audit::Column;
        let mut such = Condition::all();
        if !self.words.is_empty() {
            let words = self.words.as_str();
            let alike = Condition::any()
                .add(Column::Action.starts_with(words))
                .add(Column::SubjectKind.eq(words))
                .add(Column::SubjectId.eq(words))
                .add(Column::Actor.eq(words))
                .add(Column::Actor.eq(format!("key:{words}")))
                .add(Column::Actor.eq(format!("account:{words}")));
            such = such.add(alike);
        }
        if let Some(ids) = &self.ids {
            let actors = ids
                .iter()
                .flat_map(|id| ["account", "key"].map(|kind| format!("{kind}:{id}")));
            let by_or_to = Condition::any()
                .add(Column::Actor.is_in(actors))
                .add(Column::SubjectId.is_in(ids));
            such = such.add(by_or_to);
        }
        such.add_option(self.from.map(|from| Column::At.gte(from)))
            .add_option(self.until.map(|until| Column::At.lt(until)))
    }
}

/// Entries that are looked for, newest first.
#[must_use]
pub fn newest(
    organisation: Uuid,
    wanted: &Wanted,
    before: Option<Uuid>,
    limit: u64,
) -> Select<audit::Entity> {
    use audit::Column;
    let mut entries = audit::Entity::within(organisation).filter(wanted.such());
    if let Some(before) = before {
        entries = entries.filter(Column::Id.lt(before));
    }
    entries.order_by_desc(Column::Id).limit(limit)
}

/// The ids by which the log names some people of the roster: theirs, and their accounts'; and accounts and keys of such a
/// name that nobody on the roster has.
pub async fn ids_of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    name: &str,
    staff: Vec<Uuid>,
) -> Result<Vec<String>, DbErr> {
    let holds = |text| Expr::expr(Func::lower(text)).like(LikeExpr::new(pattern(name)).escape('\\'));
    let theirs = Condition::any()
        .add(account::Column::StaffId.is_in(staff.iter().copied()))
        .add(holds(Expr::col(account::Column::Email)));
    let accounts: Vec<Uuid> = account::Entity::within(organisation)
        .filter(theirs)
        .select_only()
        .column(account::Column::Id)
        .limit(MOST_ALIKE)
        .into_tuple()
        .all(connection)
        .await?;
    let keys: Vec<Uuid> = key::Entity::within(organisation)
        .filter(holds(Expr::col(key::Column::Name)))
        .select_only()
        .column(key::Column::Id)
        .limit(MOST_ALIKE)
        .into_tuple()
        .all(connection)
        .await?;
    let all = staff.into_iter().chain(accounts).chain(keys);
    Ok(all.map(|id| id.to_string()).collect())
}

/// What holds a text, whatever stands around it.
fn pattern(name: &str) -> String {
    let plain = name
        .to_lowercase()
        .replace('\\', "\\\\")
        .replace('%', "\\%")
        .replace('_', "\\_");
    format!("%{plain}%")
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
    let keys = key::Entity::named(organisation, key::Column::Id, ids("key:"));
    let mut names: HashMap<String, String> = HashMap::new();
    for key in keys.all(connection).await? {
        names.insert(format!("key:{}", key.id), key.name);
    }
    let accounts = account::Entity::named(organisation, account::Column::Id, ids("account:"));
    for account in accounts.all(connection).await? {
        let staff = person::on_roster(connection, &account).await?;
        names.insert(
            format!("account:{}", account.id),
            person::name(&account, staff.as_ref()),
        );
    }
    Ok(names)
}
