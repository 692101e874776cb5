//! Everything a digest is made of, read from what is tied to it.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    comment, notice,
    notice_recognition::{self, Part},
    organisation, recognition,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter};
use uuid::Uuid;

use super::{
    super::compose::said::{self, Said},
    pick,
};

/// Open questions that are shown; the rest is a number.
const QUESTIONS: usize = 5;

/// Everything a digest is made of.
pub(super) struct Material {
    pub(super) said: Vec<Said>,
    /// What no longer holds.
    pub(super) corrected: Vec<Said>,
    pub(super) waiting: Vec<comment::Model>,
    /// The first of what waits, with candidates.
    pub(super) in_question: Vec<Said>,
    /// The notice whose page shows a recognition.
    pub(super) links: HashMap<Uuid, Uuid>,
    pub(super) monday: NaiveDate,
}

/// Reads what a digest tells, and which recognitions no longer stand that it was to tell.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    digest: &notice::Model,
    monday: NaiveDate,
) -> Result<(Material, Vec<recognition::Model>), DbErr> {
    let (news, withdrawn) = told(connection, digest, Part::Digest).await?;
    let (_, taken_back) = told(connection, digest, Part::Correction).await?;
    let material = Material {
        corrected: gather(connection, organisation, taken_back).await?,
        said: gather(connection, organisation, news).await?,
        waiting: pick::waiting(connection, digest).await?,
        in_question: Vec::new(),
        links: pick::notices_by_recognition(connection, digest).await?,
        monday,
    };
    Ok((
        with_questions(connection, organisation, material).await?,
        withdrawn,
    ))
}

impl Material {
    /// Whether there is nothing to tell.
    pub(super) fn is_empty(&self) -> bool {
        self.said.is_empty() && self.corrected.is_empty() && self.waiting.is_empty()
    }

    /// Notices whose pages the digest links to.
    pub(super) fn linked(&self) -> Vec<Uuid> {
        let ids = self
            .said
            .iter()
            .flat_map(|said| said.told.iter().map(|told| told.recognition.id));
        let mut notices: Vec<Uuid> = ids.filter_map(|id| self.links.get(&id).copied()).collect();
        notices.sort_unstable();
        notices.dedup();
        notices
    }
}

/// Recognitions of one part of a digest: those that stand, and those that do not.
async fn told(
    connection: &impl ConnectionTrait,
    digest: &notice::Model,
    part: Part,
) -> Result<(Vec<recognition::Model>, Vec<recognition::Model>), DbErr> {
    use notice_recognition::{Column, Entity};
    let rows = Entity::within(digest.organisation_id)
        .filter(Column::NoticeId.eq(digest.id))
        .filter(Column::Part.eq(part))
        .all(connection)
        .await?;
    let ids = rows.into_iter().map(|row| row.recognition_id);
    let found = recognition::Entity::named(digest.organisation_id, recognition::Column::Id, ids)
        .all(connection)
        .await?;
    Ok(found.into_iter().partition(|row| row.withdrawn_at.is_none()))
}

/// Comments with their recognitions, newest first.
async fn gather(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    recognitions: Vec<recognition::Model>,
) -> Result<Vec<Said>, DbErr> {
    let comments: HashSet<Uuid> = recognitions.iter().map(|row| row.comment_id).collect();
    let mut said = said::gather(connection, organisation, comments, recognitions).await?;
    said.sort_by_key(|said| std::cmp::Reverse((said.comment.occurred_at, said.comment.id)));
    Ok(said)
}

async fn with_questions(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    material: Material,
) -> Result<Material, DbErr> {
    let shown = material.waiting.iter().take(QUESTIONS).map(|comment| comment.id);
    let mut in_question = said::gather(connection, organisation, shown.collect(), Vec::new()).await?;
    in_question.sort_by_key(|said| (said.comment.received_at, said.comment.id));
    let ids = in_question
        .iter()
        .flat_map(|said| said.open_verdicts().filter_map(|verdict| verdict.staff_id));
    let people = said::people(connection, organisation.id, ids.collect()).await?;
    for said in &mut in_question {
        let named = said.open_verdicts().filter_map(|verdict| verdict.staff_id);
        let candidates: Vec<_> = named.filter_map(|id| people.get(&id).cloned()).take(3).collect();
        said.candidates = candidates;
    }
    Ok(Material {
        in_question,
        ..material
    })
}
