//! Absences that begin or end: promises go to the deputy, and what is still open goes back.
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use entity::{
    account, among,
    deputy::{self, Column},
    notice, notice_recognition, organisation, promise,
};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    platform::{db::Tx, service::Service},
    roster::{
        deputy::{next, stands_in},
        organisation::day_in,
    },
};

/// Absences of one transaction.
const TOGETHER: u64 = 200;

/// Has the clock look at what those have who are away from now on, and at what their deputies have of theirs from whom they
/// are back.
pub(super) async fn wake(service: &Service, now: DateTime<Utc>) -> Result<(), DbErr> {
    let due = || {
        deputy::Entity::find()
            .filter(Column::NextAt.lte(now))
            .order_by_asc(Column::NextAt)
            .limit(TOGETHER)
    };
    if due().one(service.db.read()).await?.is_none() {
        return Ok(());
    }
    let tx = service.db.write_repeatable().await?;
    let due = due().all(&tx).await?;
    let absent: Vec<Uuid> = due.iter().map(|row| row.absent_id).collect();
    let theirs = account::Entity::find()
        .filter(among(account::Column::StaffId, absent.iter().copied()))
        .select_only()
        .column(account::Column::Id)
        .into_query();
    let has_one = Condition::any()
        .add(promise::Column::AccountId.in_subquery(theirs))
        .add(among(promise::Column::StandsForId, absent));
    promise::Entity::update_many()
        .col_expr(promise::Column::NextAt, Expr::value(now))
        .filter(promise::Column::NextAt.gt(now))
        .filter(has_one)
        .exec(&tx)
        .await?;
    let own = due.iter().map(|row| row.organisation_id);
    let organisations = organisation::Entity::find()
        .filter(among(organisation::Column::Id, own))
        .all(&tx)
        .await?;
    for row in &due {
        let own = organisations.iter().find(|one| one.id == row.organisation_id);
        if !stands_in_still(&tx, own, row, now).await? {
            await_no_digest(&tx, row).await?;
        }
    }
    let mut by_next: BTreeMap<Option<DateTime<Utc>>, Vec<Uuid>> = BTreeMap::new();
    for row in due {
        let own = organisations.iter().find(|one| one.id == row.organisation_id);
        let next = own.and_then(|own| next(&row, own, now));
        by_next.entry(next).or_default().push(row.id);
    }
    for (next, rows) in by_next {
        deputy::Entity::update_many()
            .col_expr(Column::NextAt, Expr::value(next))
            .filter(among(Column::Id, rows))
            .exec(&tx)
            .await?;
    }
    tx.commit().await
}

/// Whether that absence goes on, or another of the same two has begun.
async fn stands_in_still(
    tx: &Tx,
    own: Option<&organisation::Model>,
    row: &deputy::Model,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let Some(own) = own else { return Ok(false) };
    if next(row, own, now).is_some() {
        return Ok(true);
    }
    stands_in(tx, own.id, (row.deputy_id, row.absent_id), day_in(own, now)).await
}

/// What somebody was told for whoever is back stands in no later digest of theirs.
async fn await_no_digest(tx: &Tx, over: &deputy::Model) -> Result<(), DbErr> {
    use notice_recognition::{Column as Tie, Entity as Ties};
    let accounts = account::Entity::find()
        .filter(account::Column::StaffId.eq(over.deputy_id))
        .select_only()
        .column(account::Column::Id)
        .into_query();
    let of_absent = Expr::col((notice::Entity, notice::Column::Reason))
        .cast_as("text")
        .like(format!("%{}%", over.absent_id));
    let told = notice::Entity::within(over.organisation_id)
        .filter(notice::Column::ReaderId.in_subquery(accounts.clone()))
        .filter(notice::Column::Kind.eq(notice::Kind::Praise))
        .filter(notice::Column::CreatedAt.gte(over.created_at))
        .filter(of_absent)
        .select_only()
        .column(notice::Column::Id)
        .into_query();
    Ties::update_many()
        .col_expr(Tie::AwaitsDigestOf, Expr::value(None::<Uuid>))
        .filter(Tie::AwaitsDigestOf.in_subquery(accounts))
        .filter(Tie::NoticeId.in_subquery(told))
        .exec(tx)
        .await?;
    Ok(())
}
