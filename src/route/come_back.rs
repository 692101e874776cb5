//! Praise that was to reach its person by mail and cannot.
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::{
    notice_recognition::{self, Part},
    passed_on::{self, How},
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::{ledger::passed_on::take_back, platform::db::Tx};

/// Praise in these comments whose mail could not leave, since the address is refused or the person wants no mail any
/// more, waits again to be passed on. The comments are locked.
pub(super) async fn come_back(tx: &Tx, comments: &[Uuid], now: DateTime<Utc>) -> Result<(), DbErr> {
    if comments.is_empty() {
        return Ok(());
    }
    let sent = passed_on::Entity::find()
        .filter(passed_on::Column::CommentId.is_in(comments.iter().copied()))
        .filter(passed_on::Column::How.eq(How::Sent))
        .all(tx)
        .await?;
    let ties = notice_recognition::Entity::find()
        .filter(notice_recognition::Column::RecognitionId.is_in(sent.iter().map(|one| one.recognition_id)))
        .filter(notice_recognition::Column::Part.eq(Part::OwnPraise))
        .all(tx)
        .await?;
    let told: HashSet<Uuid> = ties.into_iter().map(|tie| tie.recognition_id).collect();
    for passed_on in sent {
        if !told.contains(&passed_on.recognition_id) {
            take_back(tx, passed_on, "system", now).await?;
        }
    }
    Ok(())
}
