//! What reading costs: counted by source and month (UTC), and stopped before a call could exceed the budget.
use std::collections::HashMap;

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use entity::{charged_post, connection, reader, spend};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, Insert, QueryFilter, QuerySelect,
    QueryTrait,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use crate::{
    capture::{
        connection::{MENTIONS, PAGE_POSTS, Settings},
        x::Reads,
    },
    platform::{config::Prices, db::Tx},
};

/// What a month cost so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spent {
    /// Posts that were charged.
    pub posts: i64,
    /// Millionths of a US dollar.
    pub micro_dollars: i64,
}

/// What this month cost so far.
pub async fn this_month(
    connection: &impl ConnectionTrait,
    of: &connection::Model,
    now: DateTime<Utc>,
) -> Result<Spent, DbErr> {
    let all = of_month(connection, of.organisation_id, vec![of.source_id], now).await?;
    Ok(all.get(&of.source_id).copied().unwrap_or_default())
}

/// The same of several sources of an organisation.
pub(crate) async fn of_month(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    sources: Vec<Uuid>,
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Spent>, DbErr> {
    let rows = spend::Entity::named(organisation, spend::Column::SourceId, sources)
        .filter(spend::Column::Month.eq(month(now)))
        .all(connection)
        .await?;
    let spent = |row: spend::Model| Spent {
        posts: row.posts,
        micro_dollars: row.micro_dollars,
    };
    Ok(rows.into_iter().map(|row| (row.source_id, spent(row))).collect())
}

/// What a call may cost, in millionths of a US dollar.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Price {
    /// The answer at its dearest.
    pub(crate) call: u64,
    /// What must be left after it: the next check of all that is kept.
    pub(crate) duty: u64,
}

impl Price {
    pub(crate) fn of_call(call: u64) -> Price {
        Price { call, duty: 0 }
    }

    pub(crate) fn sum(self) -> u64 {
        self.call.saturating_add(self.duty)
    }
}

/// Holds a reader's call against the budget until [`charge`] or a failure lets go of it; `false` where what was spent
/// and what other readers hold leave too little.
pub(super) async fn hold(
    tx: &Tx,
    of: &connection::Model,
    reader: Uuid,
    price: Price,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    if of.budget.is_none() || price.call == 0 {
        return Ok(true);
    }
    let mut locked =
        connection::Entity::within(of.organisation_id).filter(connection::Column::SourceId.eq(of.source_id));
    if !tx.is_sqlite() {
        locked = locked.lock_exclusive();
    }
    let Some(of) = locked.one(tx).await? else {
        return Ok(false);
    };
    if !allows(tx, &of, Some(reader), price, now).await? {
        return Ok(false);
    }
    reader::Entity::update_many()
        .col_expr(reader::Column::Held, Expr::value(whole(price.call)))
        .filter(reader::Column::Id.eq(reader))
        .exec(tx)
        .await?;
    Ok(true)
}

/// Whether the budget covers a call beyond what was spent and what readers but `asking` hold.
pub(crate) async fn allows(
    connection: &impl ConnectionTrait,
    of: &connection::Model,
    asking: Option<Uuid>,
    price: Price,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    if of.budget.is_none() || price.call == 0 {
        return Ok(true);
    }
    let mut others = reader::Entity::within(of.organisation_id)
        .filter(reader::Column::SourceId.eq(of.source_id))
        .filter(reader::Column::Held.gt(0));
    if let Some(asking) = asking {
        others = others.filter(reader::Column::Id.ne(asking));
    }
    let others = others.all(connection).await?;
    let mut spent = this_month(connection, of, now).await?;
    spent.micro_dollars = others
        .iter()
        .fold(spent.micro_dollars, |sum, reader| sum.saturating_add(reader.held));
    Ok(covers(of, spent, price.sum()))
}

/// Whether the budget covers so much beyond what was spent.
pub(crate) fn covers(of: &connection::Model, spent: Spent, price: u64) -> bool {
    let sum = spent.micro_dollars.saturating_add(whole(price));
    price == 0 || of.budget.is_none_or(|budget| sum <= budget)
}

/// The highest price of a page, and of the next check of all that is kept: reading leaves enough for the duty.
pub(crate) fn page_price(settings: &Settings, reader: &str, prices: &Prices, kept: u64) -> Price {
    let Settings::X(settings) = settings else {
        return Price::default();
    };
    let is_owned = settings.owns_application && reader == MENTIONS;
    let call = prices.of(Reads {
        posts: PAGE_POSTS,
        owned_posts: if is_owned { PAGE_POSTS } else { 0 },
        authors: PAGE_POSTS,
        accounts: 0,
    });
    Price {
        call,
        duty: check_price(kept, prices),
    }
}

/// The highest price of looking so many posts up again.
pub(crate) fn check_price(posts: u64, prices: &Prices) -> u64 {
    let posts = u32::try_from(posts).unwrap_or(u32::MAX);
    prices.of(Reads {
        posts,
        authors: posts,
        ..Reads::default()
    })
}

/// Counts an answer. A post that was charged today already is free until the day ends (UTC).
pub(super) async fn charge(
    tx: &Tx,
    of: &connection::Model,
    posts: Vec<String>,
    reads: Reads,
    prices: &Prices,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let known = u32::try_from(posts.len()).unwrap_or(u32::MAX);
    let fresh = first_today(tx, of, posts, now.date_naive()).await?;
    // What had no id we could read is charged every time.
    let charged = fresh.saturating_add(reads.posts.saturating_sub(known));
    let owned_posts = if reads.owned_posts > 0 { charged } else { 0 };
    let price = prices.of(Reads {
        posts: charged,
        owned_posts,
        ..reads
    });
    add(tx, of, charged, price, now).await
}

/// How many of these were not charged yet today.
async fn first_today(
    tx: &Tx,
    of: &connection::Model,
    posts: Vec<String>,
    today: NaiveDate,
) -> Result<u32, DbErr> {
    use charged_post::Column;
    charged_post::Entity::delete_many()
        .filter(Column::SourceId.eq(of.source_id))
        .filter(Column::Day.lt(today))
        .exec(tx)
        .await?;
    if posts.is_empty() {
        return Ok(0);
    }
    let rows = posts.into_iter().map(|post_id| charged_post::ActiveModel {
        organisation_id: Set(of.organisation_id),
        source_id: Set(of.source_id),
        post_id: Set(post_id),
        day: Set(today),
    });
    let mut insert = Insert::many(rows)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .into_query();
    insert.returning_col(Column::PostId);
    let inserted = tx.query_all(&insert).await?;
    Ok(u32::try_from(inserted.len()).unwrap_or(u32::MAX))
}

/// Adds to the month's sum.
pub async fn add(
    tx: &Tx,
    of: &connection::Model,
    posts: u32,
    price: u64,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use spend::Column;
    if posts == 0 && price == 0 {
        return Ok(());
    }
    let row = spend::ActiveModel {
        organisation_id: Set(of.organisation_id),
        source_id: Set(of.source_id),
        month: Set(month(now)),
        posts: Set(i64::from(posts)),
        micro_dollars: Set(whole(price)),
    };
    let added = |column: Column, name: &'static str| {
        Expr::col((spend::Entity, column)).add(Expr::col(("excluded", name)))
    };
    let conflict = OnConflict::columns([Column::SourceId, Column::Month])
        .value(Column::Posts, added(Column::Posts, "posts"))
        .value(Column::MicroDollars, added(Column::MicroDollars, "micro_dollars"))
        .to_owned();
    spend::Entity::insert(row)
        .on_conflict(conflict)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

fn month(now: DateTime<Utc>) -> NaiveDate {
    let today = now.date_naive();
    today.with_day(1).unwrap_or(today)
}

fn whole(price: u64) -> i64 {
    i64::try_from(price).unwrap_or(i64::MAX)
}
