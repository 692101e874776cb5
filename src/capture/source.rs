//! The configured ways in.
use chrono::{DateTime, TimeDelta, Utc};
use entity::source;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder,
};
use uuid::Uuid;

use crate::db::Tx;

/// Makes a source. Its name is unique in the organisation.
pub async fn create(
    tx: &Tx,
    organisation: Uuid,
    name: &str,
    kind: &str,
    settle_seconds: i32,
    now: DateTime<Utc>,
) -> Result<source::Model, DbErr> {
    source::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(organisation),
        name: Set(name.to_owned()),
        kind: Set(kind.to_owned()),
        settings: Set(serde_json::json!({})),
        settle_seconds: Set(settle_seconds),
        created_at: Set(now),
        paused_at: Set(None),
        removed_at: Set(None),
    }
    .insert(tx)
    .await
}

/// The source of that name, unless it was removed.
pub async fn by_name(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    name: &str,
) -> Result<Option<source::Model>, DbErr> {
    source::Entity::within(organisation)
        .filter(source::Column::Name.eq(name))
        .filter(source::Column::RemovedAt.is_null())
        .one(connection)
        .await
}

/// The sources of an organisation, oldest first, without removed ones.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<Vec<source::Model>, DbErr> {
    source::Entity::within(organisation)
        .filter(source::Column::RemovedAt.is_null())
        .order_by_asc(source::Column::Id)
        .all(connection)
        .await
}

/// How long words of this source may still change.
#[must_use]
pub fn settle_time(source: &source::Model) -> TimeDelta {
    TimeDelta::seconds(source.settle_seconds.into())
}
