//! Whose digest is due: every open account, on its own clock.
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::digest::Slot;
use entity::{
    account, among,
    notice::{self, Kind, State},
    organisation,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, SimpleExpr},
};
use uuid::Uuid;

use crate::{access::preference, platform::db::Tx, roster::clock};

/// Who moved, or whose site did, has their digest on their new clock after this long at most.
const LOOK_AT_LEAST_EVERY: TimeDelta = TimeDelta::days(1);

/// A reader on their own clock.
pub(super) struct Looked {
    pub(super) account: account::Model,
    /// The digest that is to be made now.
    pub(super) slot: Option<Slot>,
    /// Where the window of the latest digest ended that told something.
    pub(super) told_until: DateTime<Utc>,
    /// Where that of the latest one ended at all.
    pub(super) looked_until: DateTime<Utc>,
    /// When to look again.
    pub(super) next: DateTime<Utc>,
}

/// Organisations and accounts of those to be looked at now, the longest due first.
pub(super) async fn due(
    connection: &impl ConnectionTrait,
    now: DateTime<Utc>,
    limit: u64,
) -> Result<BTreeMap<Uuid, Vec<Uuid>>, DbErr> {
    use account::Column;
    let rows: Vec<(Uuid, Uuid)> = account::Entity::find()
        .filter(Column::DigestDueAt.lte(now))
        .filter(Column::ClosedAt.is_null())
        .order_by_asc(Column::DigestDueAt)
        .limit(limit)
        .select_only()
        .columns([Column::OrganisationId, Column::Id])
        .into_tuple()
        .all(connection)
        .await?;
    let mut by_organisation: BTreeMap<Uuid, Vec<Uuid>> = BTreeMap::new();
    for (organisation, account) in rows {
        by_organisation.entry(organisation).or_default().push(account);
    }
    Ok(by_organisation)
}

/// Looks at the clocks of readers of one organisation.
pub(super) async fn look(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    ids: &[Uuid],
    now: DateTime<Utc>,
) -> Result<Vec<Looked>, DbErr> {
    let accounts = account::Entity::named(organisation.id, account::Column::Id, ids.iter().copied())
        .order_by_asc(account::Column::Id)
        .all(connection)
        .await?;
    let latest = latest(connection, organisation.id, ids).await?;
    let readers: Vec<&account::Model> = accounts.iter().collect();
    let zones = clock::of(connection, organisation, &readers, now).await?;
    let look = |account: account::Model| {
        let zone = zones.get(&account.id).copied().unwrap_or(Tz::UTC);
        let rhythm = preference::rhythm(&account, zone);
        let last = latest.get(&account.id);
        Looked {
            slot: rhythm.due(now, account.created_at, last.map(|last| last.day)),
            told_until: last
                .and_then(|last| last.told_until)
                .unwrap_or(account.created_at),
            looked_until: last.map_or(account.created_at, |last| last.looked_until),
            next: Ord::min(rhythm.next(now), now + LOOK_AT_LEAST_EVERY),
            account,
        }
    };
    Ok(accounts.into_iter().map(look).collect())
}

/// What is known of a reader's digests.
struct Latest {
    day: NaiveDate,
    looked_until: DateTime<Utc>,
    told_until: Option<DateTime<Utc>>,
}

async fn latest(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    readers: &[Uuid],
) -> Result<HashMap<Uuid, Latest>, DbErr> {
    use notice::Column;
    type Row = (
        Uuid,
        Option<NaiveDate>,
        Option<DateTime<Utc>>,
        Option<DateTime<Utc>>,
    );
    let told: SimpleExpr =
        Expr::case(Column::State.ne(State::Cancelled), Expr::col(Column::CoversUntil)).into();
    let rows: Vec<Row> = notice::Entity::named(organisation, Column::ReaderId, readers.iter().copied())
        .filter(Column::Kind.eq(Kind::Digest))
        .filter(Column::PeriodStart.is_not_null())
        .select_only()
        .column(Column::ReaderId)
        .column_as(Column::PeriodStart.max(), "day")
        .column_as(Column::CoversUntil.max(), "looked_until")
        .expr_as(Expr::max(told), "told_until")
        .group_by(Column::ReaderId)
        .into_tuple()
        .all(connection)
        .await?;
    let latest = |(reader, day, looked_until, told_until): Row| {
        let latest = Latest {
            day: day?,
            looked_until: looked_until?,
            told_until,
        };
        Some((reader, latest))
    };
    Ok(rows.into_iter().filter_map(latest).collect())
}

/// Notes when to look at readers again.
pub(super) async fn look_again(
    tx: &Tx,
    whens: impl IntoIterator<Item = (Uuid, DateTime<Utc>)>,
) -> Result<(), DbErr> {
    let mut by_time: BTreeMap<DateTime<Utc>, Vec<Uuid>> = BTreeMap::new();
    for (account, when) in whens {
        by_time.entry(when).or_default().push(account);
    }
    for (when, accounts) in by_time {
        account::Entity::update_many()
            .col_expr(account::Column::DigestDueAt, Expr::value(when))
            .filter(among(account::Column::Id, accounts))
            .exec(tx)
            .await?;
    }
    Ok(())
}
