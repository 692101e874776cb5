//! Passing praise on to the person it is about, which is what Plaudit is for.
use chrono::{DateTime, Utc};
use entity::{comment, passed_on, recognition};
use sea_orm::{ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::{DeskError, send};
use crate::{
    ledger::{
        passed_on::{record, take_back, wait},
        promise,
    },
    platform::{db::Tx, lock},
};

pub use crate::ledger::passed_on::{of_id, of_recognitions};

pub use entity::passed_on::How;

/// Longest line to the customer, in characters.
pub const LONGEST_NOTE: usize = 600;

/// Praise that is passed on now.
#[derive(Clone, Debug)]
pub struct PassOn<'a> {
    /// Whose.
    pub organisation: Uuid,
    /// Which.
    pub recognition: Uuid,
    /// How the person heard.
    pub how: How,
    /// A line to the customer.
    pub note: Option<&'a str>,
    /// Who passes it on.
    pub account: Uuid,
    /// The same, as in the audit log.
    pub actor: &'a str,
    /// When.
    pub now: DateTime<Utc>,
}

/// Passes praise on; it waits no more, and the customer sees it on their receipt.
pub async fn pass_on(tx: &Tx, new: PassOn<'_>) -> Result<passed_on::Model, DeskError> {
    let note = new.note.map(str::trim).filter(|note| !note.is_empty());
    if note.is_some_and(|note| note.chars().count() > LONGEST_NOTE) {
        return Err(DeskError::TooLong {
            longest: LONGEST_NOTE,
        });
    }
    let (comment, recognition) = locked(tx, new.organisation, new.recognition).await?;
    if recognition.waiting_since.is_none() {
        return Err(DeskError::NotWaiting);
    }
    if new.how == How::Sent {
        send::send(tx, (&comment, &recognition), new.now).await?;
    }
    let passed_on = passed_on::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(new.organisation),
        recognition_id: Set(recognition.id),
        comment_id: Set(comment.id),
        manager_id: Set(recognition.manager_id),
        account_id: Set(new.account),
        how: Set(new.how),
        note: Set(note.map(str::to_owned)),
        said_at: Set(comment.received_at),
        passed_on_at: Set(new.now),
    }
    .insert(tx)
    .await?;
    wait(tx, &recognition, None).await?;
    promise::heard(tx, [recognition.id], new.now).await?;
    let detail = json!({ "how": new.how.to_value(), "with_note": note.is_some() });
    record(tx, &passed_on, "pass_on", new.actor, new.now, detail).await?;
    Ok(passed_on)
}

/// Takes it back: the praise waits again since when it waited.
pub async fn undo(
    tx: &Tx,
    organisation: Uuid,
    recognition: Uuid,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DeskError> {
    let (_, recognition) = locked(tx, organisation, recognition).await?;
    let found = passed_on::Entity::within(organisation)
        .filter(passed_on::Column::RecognitionId.eq(recognition.id))
        .one(tx)
        .await?;
    let passed_on = found.ok_or(DeskError::NotWaiting)?;
    if passed_on.how == How::Sent {
        send::stop(tx, recognition.id).await?;
    }
    Ok(take_back(tx, passed_on, actor, now).await?)
}

/// The recognition and its comment, which is locked first, as everywhere.
async fn locked(
    tx: &Tx,
    organisation: Uuid,
    recognition: Uuid,
) -> Result<(comment::Model, recognition::Model), DeskError> {
    let found = of_id(tx, organisation, recognition)
        .await?
        .ok_or(DeskError::NotFound)?;
    let comment = lock::comment(tx, organisation, found.comment_id).await?;
    let found = of_id(tx, organisation, recognition).await?;
    comment.zip(found).ok_or(DeskError::NotFound)
}
