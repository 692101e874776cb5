//! What works once.
use chrono::{DateTime, TimeDelta, Utc};
use entity::sign_on_used;
use sea_orm::{ActiveValue::Set, ColumnTrait, DbErr, QueryFilter, sea_query::OnConflict};
use uuid::Uuid;

use crate::platform::{
    db::{Tx, insert_or},
    secret,
};

/// Notes that something was used; `false` where it was used before.
pub(super) async fn first_use(
    tx: &Tx,
    organisation: Uuid,
    what: &str,
    works: TimeDelta,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let (id, hash) = (Uuid::now_v7(), secret::hash(what));
    let row = sign_on_used::ActiveModel {
        id: Set(id),
        organisation_id: Set(organisation),
        hash: Set(hash.clone()),
        expires_at: Set(now + works),
    };
    let once = OnConflict::column(sign_on_used::Column::Hash)
        .do_nothing()
        .to_owned();
    insert_or(tx, vec![row], once).await?;
    let kept = sign_on_used::Entity::within(organisation)
        .filter(sign_on_used::Column::Hash.eq(hash))
        .one(tx)
        .await?;
    Ok(kept.is_some_and(|kept| kept.id == id))
}
