//! Praise that waits to be passed on.
use chrono::{DateTime, Utc};
use entity::{
    promise,
    recognition::{self, Column},
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Order, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{Asterisk, Expr, Query, SelectStatement, UnionType},
};
use uuid::Uuid;

use super::{COUNTED, Desk};
use crate::ledger::{
    feed::{self, Place, Shown},
    promise as promises,
};

/// What waits, oldest first, after a place in the list; not while the shield has to look at its words.
pub async fn waiting(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    desk: &Desk,
    after: Option<Place>,
    limit: u64,
) -> Result<Vec<Shown>, DbErr> {
    let rows = rows(connection, organisation, desk, after, limit).await?;
    feed::with_words(connection, organisation, rows).await
}

/// How much waits, counted up to [`COUNTED`].
pub async fn count(connection: &impl ConnectionTrait, organisation: Uuid, desk: &Desk) -> Result<u64, DbErr> {
    Ok(rows(connection, organisation, desk, None, COUNTED).await?.len() as u64)
}

/// Since when something waits, and its id.
#[must_use]
pub fn place(row: &recognition::Model) -> (DateTime<Utc>, Uuid) {
    (row.waiting_since.unwrap_or(row.recognised_at), row.id)
}

async fn rows(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    desk: &Desk,
    after: Option<Place>,
    limit: u64,
) -> Result<Vec<recognition::Model>, DbErr> {
    let waiting = oldest(recognition::Entity::within(organisation), after, limit);
    let promised = oldest(by_id(organisation), after, limit);
    let mut parts = parts(&waiting, desk);
    parts.extend(asked(&promised, organisation, desk));
    let Some(statement) = merged(parts, limit) else {
        return Ok(Vec::new());
    };
    let statement = connection.get_database_backend().build(&statement);
    recognition::Entity::find()
        .from_raw_sql(statement)
        .all(connection)
        .await
}

/// The bound on the time alone is what an index can begin at; the one on the id sorts out its moment.
fn oldest(of: Select<recognition::Entity>, after: Option<Place>, limit: u64) -> Select<recognition::Entity> {
    let mut page = of
        .filter(Column::WaitingSince.is_not_null())
        .filter(Expr::exists(feed::unseen()).not());
    if let Some((at, id)) = after {
        let later = Condition::any()
            .add(Column::WaitingSince.gt(at))
            .add(Column::Id.gt(id));
        page = page.filter(Column::WaitingSince.gte(at)).filter(later);
    }
    page.order_by_asc(Column::WaitingSince)
        .order_by_asc(Column::Id)
        .limit(limit)
}

/// Those of an organisation, said so that SQLite can only begin at their ids (see [`recognition::Entity::named`]).
fn by_id(organisation: Uuid) -> Select<recognition::Entity> {
    recognition::Entity::find().filter(Column::OrganisationId.ne(organisation).not())
}

/// Each part is read off an index, and no row is in two of them: the team of the day, people who joined the team
/// since, and praise of people without a manager.
fn parts(oldest: &Select<recognition::Entity>, desk: &Desk) -> Vec<Select<recognition::Entity>> {
    let mut parts = Vec::new();
    if let Some(manager) = desk.manager {
        parts.push(oldest.clone().filter(Column::ManagerId.eq(manager)));
        let of_others = Condition::any()
            .add(Column::ManagerId.is_null())
            .add(Column::ManagerId.ne(manager));
        // One part for all of them: a statement may not have as many parts as a manager has reports.
        let joined = oldest
            .clone()
            .filter(Column::StaffId.is_in(desk.reports.iter().copied()));
        parts.push(joined.filter(of_others));
    }
    let unmanaged = oldest
        .clone()
        .filter(Column::ManagerId.is_null())
        .filter(Column::StaffId.is_not_in(desk.reports.iter().copied()));
    if desk.everything {
        parts.push(unmanaged);
    } else if !desk.sites.is_empty() {
        parts.push(unmanaged.filter(Column::SiteId.is_in(desk.sites.iter().copied())));
    }
    parts
}

/// What nobody nearer passed on: the reader was asked to, or everybody was. It may be in one of the other parts too.
fn asked(
    oldest: &Select<recognition::Entity>,
    organisation: Uuid,
    desk: &Desk,
) -> Vec<Select<recognition::Entity>> {
    let of = |promises: Select<promise::Entity>| {
        oldest
            .clone()
            .filter(Column::Id.in_subquery(recognitions_of(promises)))
    };
    let theirs = |account: Uuid| {
        promise::Entity::within(organisation)
            .filter(promise::Column::AccountId.eq(account))
            .filter(promise::Column::NextAt.is_not_null())
    };
    let theirs = desk.account.map(theirs).map(of);
    theirs
        .into_iter()
        .chain(desk.everything.then(|| of(promises::undeliverable(organisation))))
        .collect()
}

fn recognitions_of(promises: Select<promise::Entity>) -> SelectStatement {
    promises
        .select_only()
        .column(promise::Column::RecognitionId)
        .into_query()
}

fn merged(parts: Vec<Select<recognition::Entity>>, limit: u64) -> Option<SelectStatement> {
    let whole = |part: Select<recognition::Entity>| {
        Query::select()
            .column(Asterisk)
            .from_subquery(part.into_query(), "part")
            .take()
    };
    let mut statements = parts.into_iter().map(whole);
    let mut all = statements.next()?;
    for statement in statements {
        all.union(UnionType::Distinct, statement);
    }
    all.order_by("waiting_since", Order::Asc)
        .order_by("id", Order::Asc)
        .limit(limit);
    Some(all)
}
