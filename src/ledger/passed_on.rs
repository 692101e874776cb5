//! What is kept of praise that reached the person it is about.
use chrono::{DateTime, Utc};
use entity::{passed_on, recognition};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, ModelTrait, QueryFilter,
};
use serde_json::json;
use uuid::Uuid;

use super::promise;
use crate::{access::audit, platform::db::Tx};

/// Has praise wait again that had been passed on. Its comment is locked.
pub(crate) async fn take_back(
    tx: &Tx,
    passed_on: passed_on::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    if let Some(recognition) = of_id(tx, passed_on.organisation_id, passed_on.recognition_id).await? {
        let since = Some(recognition.recognised_at).filter(|_| recognition.withdrawn_at.is_none());
        wait(tx, &recognition, since).await?;
        promise::hold_again(tx, since.map(|_| recognition.id), now).await?;
    }
    record(tx, &passed_on, "undo_pass_on", actor, now, json!({})).await?;
    passed_on.delete(tx).await?;
    Ok(())
}

/// A recognition of an organisation.
pub async fn of_id(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<Option<recognition::Model>, DbErr> {
    recognition::Entity::within(organisation)
        .filter(recognition::Column::Id.eq(id))
        .one(connection)
        .await
}

/// Has praise wait since a time, or no more.
pub(crate) async fn wait(
    tx: &Tx,
    recognition: &recognition::Model,
    since: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    let mut changed: recognition::ActiveModel = recognition.clone().into();
    changed.waiting_since = Set(since);
    changed.update(tx).await?;
    Ok(())
}

/// Writes a line of the log about it.
pub(crate) async fn record(
    tx: &Tx,
    passed_on: &passed_on::Model,
    action: &str,
    actor: &str,
    now: DateTime<Utc>,
    detail: serde_json::Value,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: passed_on.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "recognition",
        subject_id: Some(passed_on.recognition_id.to_string()),
        detail,
    };
    audit::record(tx, entry).await
}

/// Who of these recognitions was passed on.
pub async fn of_recognitions(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    recognitions: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<passed_on::Model>, DbErr> {
    passed_on::Entity::named(organisation, passed_on::Column::RecognitionId, recognitions)
        .all(connection)
        .await
}
