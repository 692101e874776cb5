//! Rows that are locked before they are changed, always in the order of their ids, so that nobody waits in a circle.
//! SQLite has one writer and needs none.
use std::collections::BTreeSet;

use entity::{account, among, comment, organisation};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::LockType};
use uuid::Uuid;

use crate::platform::db::Tx;

/// Locks the organisation: what is counted in it does not change until the transaction ends.
pub(crate) async fn organisation(tx: &Tx, id: Uuid) -> Result<(), DbErr> {
    if !tx.is_sqlite() {
        let found = organisation::Entity::find_by_id(id).lock_exclusive();
        found.one(tx).await?;
    }
    Ok(())
}

/// Locks an account of an organisation: what is counted of it does not change until the transaction ends.
pub(crate) async fn account(tx: &Tx, organisation: Uuid, id: Uuid) -> Result<(), DbErr> {
    if !tx.is_sqlite() {
        let found = account::Entity::within(organisation).filter(account::Column::Id.eq(id));
        found.lock(LockType::NoKeyUpdate).one(tx).await?;
    }
    Ok(())
}

/// Waits until no change of rosters and roles of these organisations is under way; none ends before the transaction does.
pub(crate) async fn rosters(tx: &Tx, organisations: impl Iterator<Item = Uuid>) -> Result<(), DbErr> {
    if !tx.is_sqlite() {
        let ids: BTreeSet<Uuid> = organisations.collect();
        let found = organisation::Entity::find()
            .filter(among(organisation::Column::Id, ids))
            .order_by_asc(organisation::Column::Id)
            .lock_shared();
        found.all(tx).await?;
    }
    Ok(())
}

/// Says that rosters or roles of an organisation change, to those who wait by [`rosters`]. Rows of the organisation can
/// be written beside it.
pub(crate) async fn roster_changes(tx: &Tx, id: Uuid) -> Result<(), DbErr> {
    if !tx.is_sqlite() {
        let found = organisation::Entity::find_by_id(id).lock(LockType::NoKeyUpdate);
        found.one(tx).await?;
    }
    Ok(())
}

/// Locks one comment of an organisation.
pub(crate) async fn comment(tx: &Tx, organisation: Uuid, id: Uuid) -> Result<Option<comment::Model>, DbErr> {
    let mut found = comment::Entity::within(organisation).filter(comment::Column::Id.eq(id));
    if !tx.is_sqlite() {
        found = found.lock_exclusive();
    }
    found.one(tx).await
}

/// Locks comments of any organisations, in the order of their ids: for workers, whose jobs name them.
pub(crate) async fn comments(tx: &Tx, ids: &[Uuid]) -> Result<Vec<comment::Model>, DbErr> {
    let mut found = comment::Entity::find()
        .filter(among(comment::Column::Id, ids.iter().copied()))
        .order_by_asc(comment::Column::Id);
    if !tx.is_sqlite() {
        found = found.lock_exclusive();
    }
    found.all(tx).await
}
