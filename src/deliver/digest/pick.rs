//! What belongs into a digest, tied to it once and for all.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    comment, notice,
    notice_recognition::{self, Part},
    recognition,
};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use crate::db::Tx;

/// Rows of one statement.
const CHUNK: usize = 500;

/// Ties to a digest what its reader was told of before `until` and finds in no digest yet, and what they were told
/// that no longer holds. Answers how much that is.
pub(super) async fn tie(tx: &Tx, digest: &notice::Model, until: DateTime<Utc>) -> Result<usize, DbErr> {
    let Some(reader) = digest.reader_id else {
        return Ok(0);
    };
    let parts = parts_of(tx, digest.organisation_id, reader).await?;
    let of = |part: Part| -> HashSet<Uuid> {
        let of_part = parts.iter().filter(move |row| row.part == part);
        of_part.map(|row| row.recognition_id).collect()
    };
    let (praise, told, corrected) = (of(Part::Praise), of(Part::Digest), of(Part::Correction));
    let known = praise.union(&told).copied().collect();
    let candidates = recognitions(tx, digest.organisation_id, known).await?;
    let mut rows = Vec::new();
    for recognition in candidates {
        let (id, holds) = (recognition.id, recognition.withdrawn_at.is_none());
        let (is_told, is_corrected) = (told.contains(&id), corrected.contains(&id));
        if holds && is_told && is_corrected {
            // It was taken back and holds again: it is told anew.
            forget(tx, reader, id).await?;
            rows.push(row(digest, id, Part::Digest));
        } else if holds && !is_told && recognition.recognised_at < until {
            rows.push(row(digest, id, Part::Digest));
        } else if !holds && is_told && !is_corrected {
            rows.push(row(digest, id, Part::Correction));
        }
    }
    for chunk in rows.chunks(CHUNK) {
        notice_recognition::Entity::insert_many(chunk.iter().cloned())
            .exec_without_returning(tx)
            .await?;
    }
    Ok(rows.len())
}

async fn parts_of(
    tx: &Tx,
    organisation: Uuid,
    reader: Uuid,
) -> Result<Vec<notice_recognition::Model>, DbErr> {
    notice_recognition::Entity::within(organisation)
        .filter(notice_recognition::Column::ReaderId.eq(reader))
        .filter(notice_recognition::Column::Part.ne(Part::OwnPraise))
        .all(tx)
        .await
}

async fn recognitions(tx: &Tx, organisation: Uuid, ids: Vec<Uuid>) -> Result<Vec<recognition::Model>, DbErr> {
    let mut found = Vec::with_capacity(ids.len());
    for chunk in ids.chunks(CHUNK) {
        let rows = recognition::Entity::named(organisation, recognition::Column::Id, chunk.iter().copied())
            .all(tx)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

async fn forget(tx: &Tx, reader: Uuid, recognition: Uuid) -> Result<(), DbErr> {
    use notice_recognition::{Column, Entity};
    Entity::delete_many()
        .filter(Column::ReaderId.eq(reader))
        .filter(Column::RecognitionId.eq(recognition))
        .filter(Column::Part.is_in([Part::Digest, Part::Correction]))
        .exec(tx)
        .await?;
    Ok(())
}

fn row(digest: &notice::Model, recognition: Uuid, part: Part) -> notice_recognition::ActiveModel {
    notice_recognition::ActiveModel {
        notice_id: Set(digest.id),
        recognition_id: Set(recognition),
        organisation_id: Set(digest.organisation_id),
        reader_id: Set(digest.reader_id),
        part: Set(part),
    }
}

/// Comments of which the reader was asked whom they mean and that still wait, oldest first.
pub(super) async fn waiting(
    connection: &impl ConnectionTrait,
    digest: &notice::Model,
) -> Result<Vec<comment::Model>, DbErr> {
    let asked = notices_of(connection, digest, notice::Kind::Triage).await?;
    let ids: HashSet<Uuid> = asked.iter().filter_map(|notice| notice.comment_id).collect();
    comment::Entity::named(digest.organisation_id, comment::Column::Id, ids)
        .filter(comment::Column::State.eq(comment::State::Triage))
        .order_by_asc(comment::Column::ReceivedAt)
        .order_by_asc(comment::Column::Id)
        .all(connection)
        .await
}

/// Complaints that were put to the reader in the window of a digest.
pub(super) async fn complaints(
    connection: &impl ConnectionTrait,
    digest: &notice::Model,
) -> Result<u64, DbErr> {
    let told = notices_of(connection, digest, notice::Kind::Complaint).await?;
    let in_window = |notice: &&notice::Model| {
        Some(notice.created_at) >= digest.covers_from && Some(notice.created_at) < digest.covers_until
    };
    Ok(told.iter().filter(in_window).count() as u64)
}

async fn notices_of(
    connection: &impl ConnectionTrait,
    digest: &notice::Model,
    kind: notice::Kind,
) -> Result<Vec<notice::Model>, DbErr> {
    notice::Entity::within(digest.organisation_id)
        .filter(notice::Column::ReaderId.eq(digest.reader_id))
        .filter(notice::Column::Kind.eq(kind))
        .filter(notice::Column::State.ne(notice::State::Refused))
        .all(connection)
        .await
}

/// The notice through which the reader of a digest was told of each recognition.
pub(super) async fn notices_by_recognition(
    connection: &impl ConnectionTrait,
    digest: &notice::Model,
) -> Result<HashMap<Uuid, Uuid>, DbErr> {
    let rows = notice_recognition::Entity::within(digest.organisation_id)
        .filter(notice_recognition::Column::ReaderId.eq(digest.reader_id))
        .filter(notice_recognition::Column::Part.eq(Part::Praise))
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .map(|row| (row.recognition_id, row.notice_id))
        .collect())
}
