//! What lets nobody in any more is deleted after a while: sessions, links and codes to sign in, links in mails, and what
//! providers said of them.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{capability, half_session, second_factor, session, sign_in_link, sign_on_session, sign_on_used};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QuerySelect, Select};
use uuid::Uuid;

use crate::platform::db::{Db, Tx};

/// Sessions that are over are kept so long: for so long a browser is known by them.
pub const SESSIONS_KEPT: TimeDelta = TimeDelta::days(180);
/// The same of links and codes.
pub const LINKS_KEPT: TimeDelta = TimeDelta::days(30);
/// A second factor that nobody set up to its end.
const PENDING_KEPT: TimeDelta = TimeDelta::days(1);
/// Rows of one table that are deleted at once, so that nobody waits for it.
const AT_ONCE: u64 = 1000;

/// Deletes some of what has been over for long; returns how much, 0 when nothing is left to delete.
pub async fn delete_some(db: &Db, now: DateTime<Utc>) -> Result<u64, DbErr> {
    let (sessions, links) = (now - SESSIONS_KEPT, now - LINKS_KEPT);
    let tx = db.write().await?;
    let ended = session::Column::EndedAt.lt(sessions);
    let over = session::Entity::find().filter(ended.or(session::Column::ExpiresAt.lt(sessions)));
    let mut deleted = delete(&tx, over, session::Column::Id).await?;
    let old = sign_in_link::Entity::find().filter(sign_in_link::Column::ExpiresAt.lt(links));
    deleted += delete(&tx, old, sign_in_link::Column::Id).await?;
    let old = sign_on_session::Entity::find().filter(sign_on_session::Column::ExpiresAt.lt(now));
    deleted += delete(&tx, old, sign_on_session::Column::SessionId).await?;
    let old = sign_on_used::Entity::find().filter(sign_on_used::Column::ExpiresAt.lt(now));
    deleted += delete(&tx, old, sign_on_used::Column::Id).await?;
    let old = half_session::Entity::find().filter(half_session::Column::ExpiresAt.lt(now));
    deleted += delete(&tx, old, half_session::Column::Id).await?;
    let pending = second_factor::Column::ConfirmedAt.is_null();
    let old = pending.and(second_factor::Column::CreatedAt.lt(now - PENDING_KEPT));
    let old = second_factor::Entity::find().filter(old);
    deleted += delete(&tx, old, second_factor::Column::AccountId).await?;
    let old = capability::Entity::find().filter(capability::Column::ExpiresAt.lt(links));
    deleted += delete(&tx, old, capability::Column::Id).await?;
    tx.commit().await?;
    Ok(deleted)
}

async fn delete<E: EntityTrait>(tx: &Tx, rows: Select<E>, id: E::Column) -> Result<u64, DbErr> {
    let ids: Vec<Uuid> = rows
        .select_only()
        .column(id)
        .limit(AT_ONCE)
        .into_tuple()
        .all(tx)
        .await?;
    if ids.is_empty() {
        return Ok(0);
    }
    let deleted = E::delete_many().filter(id.is_in(ids)).exec(tx).await?;
    Ok(deleted.rows_affected)
}
