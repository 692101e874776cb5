//! What somebody does with praise of themselves: answer it, hide it from colleagues, be on boards or not.
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::{among, answer, board_absence, comment, credit_objection, recognition};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ModelTrait,
    PaginatorTrait, QueryFilter, sea_query::OnConflict,
};
use serde_json::json;
use uuid::Uuid;

use crate::{
    access::audit,
    platform::{db::Tx, lock},
};

/// Longest answer, in characters.
pub const LONGEST_ANSWER: usize = 600;

/// Why something cannot be done with one's praise.
#[derive(Debug, thiserror::Error)]
pub enum OwnError {
    /// There is none, it is somebody else's, or it was withdrawn.
    #[error("there is no such praise of yours")]
    NotYours,
    /// The customer has no receipt on which an answer would stand.
    #[error("the customer has no page on which they would see an answer")]
    NoReceipt,
    /// The answer is empty or too long.
    #[error("an answer has between 1 and {LONGEST_ANSWER} letters")]
    Length,
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// Whose praise is meant, and who does something with it.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a> {
    /// The organisation.
    pub organisation: Uuid,
    /// Whose.
    pub staff: Uuid,
    /// Which.
    pub recognition: Uuid,
    /// As in the audit log.
    pub actor: &'a str,
    /// When.
    pub now: DateTime<Utc>,
}

/// Writes an answer, or a better one instead.
pub async fn answer(tx: &Tx, own: Own<'_>, text: &str) -> Result<(), OwnError> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_ANSWER {
        return Err(OwnError::Length);
    }
    let (comment, recognition) = own.locked(tx).await?;
    if !can_answer(&comment) {
        return Err(OwnError::NoReceipt);
    }
    match existing(tx, &recognition).await? {
        Some(before) => {
            let mut changed: answer::ActiveModel = before.into();
            changed.text = Set(text.to_owned());
            changed.changed_at = Set(own.now);
            changed.update(tx).await?;
        }
        None => {
            fresh(&recognition, text, own.now).insert(tx).await?;
        }
    }
    Ok(own.record(tx, "answer_praise").await?)
}

/// Whether the customer has a receipt, and their words still stand on it.
#[must_use]
pub fn can_answer(comment: &comment::Model) -> bool {
    comment.receipt_hash.is_some() && comment.withdrawn_at.is_none() && comment.erased_at.is_none()
}

fn fresh(recognition: &recognition::Model, text: &str, now: DateTime<Utc>) -> answer::ActiveModel {
    answer::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(recognition.organisation_id),
        recognition_id: Set(recognition.id),
        comment_id: Set(recognition.comment_id),
        text: Set(text.to_owned()),
        created_at: Set(now),
        changed_at: Set(now),
    }
}

/// Takes an answer back; it leaves the receipt.
pub async fn take_answer_back(tx: &Tx, own: Own<'_>) -> Result<(), OwnError> {
    let (_, recognition) = own.locked(tx).await?;
    if let Some(before) = existing(tx, &recognition).await? {
        before.delete(tx).await?;
        own.record(tx, "take_answer_back").await?;
    }
    Ok(())
}

/// Hides praise from colleagues, or shows it again. Managers see it, and boards count it, all the same.
pub async fn hide(tx: &Tx, own: Own<'_>, hidden: bool) -> Result<(), OwnError> {
    let (_, recognition) = own.locked(tx).await?;
    let mut changed: recognition::ActiveModel = recognition.into();
    changed.hidden_at = Set(hidden.then_some(own.now));
    changed.update(tx).await?;
    Ok(own
        .record(tx, if hidden { "hide_praise" } else { "show_praise" })
        .await?)
}

/// Puts somebody on boards, or takes them off.
pub async fn be_on_boards(
    tx: &Tx,
    organisation: Uuid,
    staff: Uuid,
    on_boards: bool,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    if on_boards {
        board_absence::Entity::delete_many()
            .filter(board_absence::Column::OrganisationId.eq(organisation))
            .filter(board_absence::Column::StaffId.eq(staff))
            .exec(tx)
            .await?;
        return Ok(());
    }
    let absent = board_absence::ActiveModel {
        staff_id: Set(staff),
        organisation_id: Set(organisation),
        since: Set(now),
    };
    let once = OnConflict::column(board_absence::Column::StaffId)
        .do_nothing()
        .to_owned();
    board_absence::Entity::insert(absent)
        .on_conflict(once)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Has a person look before somebody is credited, or lets the engine credit them again. What they were credited for stays.
pub async fn be_looked_at_first(
    tx: &Tx,
    organisation: Uuid,
    staff: Uuid,
    looked_at: bool,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use credit_objection::Column;
    if !looked_at {
        credit_objection::Entity::delete_many()
            .filter(Column::OrganisationId.eq(organisation))
            .filter(Column::StaffId.eq(staff))
            .exec(tx)
            .await?;
        return Ok(());
    }
    let objection = credit_objection::ActiveModel {
        staff_id: Set(staff),
        organisation_id: Set(organisation),
        since: Set(now),
    };
    let once = OnConflict::column(Column::StaffId).do_nothing().to_owned();
    credit_objection::Entity::insert(objection)
        .on_conflict(once)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Those of some people who wish that a person looks before they are credited.
pub async fn looked_at_first(
    connection: &impl ConnectionTrait,
    staff: impl IntoIterator<Item = Uuid>,
) -> Result<HashSet<Uuid>, DbErr> {
    let staff: Vec<Uuid> = staff.into_iter().collect();
    if staff.is_empty() {
        return Ok(HashSet::new());
    }
    let found = credit_objection::Entity::find()
        .filter(among(credit_objection::Column::StaffId, staff))
        .all(connection)
        .await?;
    Ok(found.into_iter().map(|row| row.staff_id).collect())
}

/// Whether somebody is on boards.
pub async fn is_on_boards(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: Uuid,
) -> Result<bool, DbErr> {
    let absent = board_absence::Entity::within(organisation).filter(board_absence::Column::StaffId.eq(staff));
    Ok(absent.count(connection).await? == 0)
}

/// The answers to these recognitions.
pub async fn answers(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    recognitions: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<answer::Model>, DbErr> {
    answer::Entity::named(organisation, answer::Column::RecognitionId, recognitions)
        .all(connection)
        .await
}

async fn existing(tx: &Tx, recognition: &recognition::Model) -> Result<Option<answer::Model>, DbErr> {
    Ok(answers(tx, recognition.organisation_id, [recognition.id])
        .await?
        .pop())
}

impl Own<'_> {
    /// The praise and its comment, which is locked first, as everywhere.
    async fn locked(&self, tx: &Tx) -> Result<(comment::Model, recognition::Model), OwnError> {
        let found = self.find(tx).await?.ok_or(OwnError::NotYours)?;
        let comment = lock::comment(tx, self.organisation, found.comment_id).await?;
        comment.zip(self.find(tx).await?).ok_or(OwnError::NotYours)
    }

    async fn find(&self, tx: &Tx) -> Result<Option<recognition::Model>, DbErr> {
        recognition::Entity::within(self.organisation)
            .filter(recognition::Column::Id.eq(self.recognition))
            .filter(recognition::Column::StaffId.eq(self.staff))
            .filter(recognition::Column::WithdrawnAt.is_null())
            .one(tx)
            .await
    }

    async fn record(&self, tx: &Tx, action: &str) -> Result<(), DbErr> {
        let entry = audit::Entry {
            organisation: self.organisation,
            at: self.now,
            actor: self.actor,
            action,
            subject_kind: "recognition",
            subject_id: Some(self.recognition.to_string()),
            detail: json!({}),
        };
        audit::record(tx, entry).await
    }
}
