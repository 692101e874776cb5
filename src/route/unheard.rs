//! Notices without a reader: what they tell is planned anew whenever their comment is routed, and they go once somebody
//! is told instead.
use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use entity::{
    among, comment,
    notice::{self, Kind, State},
    notice_recognition,
};
use sea_orm::{ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{
    addressee::Reader,
    plan::{Known, Planned},
};
use crate::platform::db::Tx;

/// What waited longer for a reader is told in the digest only: nobody wants all mails of a year on their first day.
const TOLD_BY_MAIL_FOR: TimeDelta = TimeDelta::days(14);

/// Rows of one statement: SQLite takes no more than a thousand alternatives.
const TOGETHER: usize = 250;

/// Rows that are replaced by other notices.
#[derive(Debug, Default)]
pub(super) struct Replaced {
    notices: Vec<Uuid>,
    parts: Vec<(Uuid, Uuid)>,
}

impl Known {
    /// Notices that nobody reads. What a room or endpoint was to be told is told to people by other notices.
    pub(super) fn unheard(&self) -> impl Iterator<Item = &notice::Model> {
        self.notices
            .iter()
            .filter(|notice| notice.state == State::NoRecipient && notice.channel_id.is_none())
    }

    /// The notice without a reader in which a recognition stands.
    pub(super) fn unheard_with(&self, recognition: Uuid) -> Option<&notice::Model> {
        let mut parts = self.told.iter().filter(|part| part.recognition_id == recognition);
        parts.find_map(|part| self.unheard().find(|notice| notice.id == part.notice_id))
    }

    /// Whether what is planned waited so long that no mail tells it.
    pub(super) fn is_late(&self, plan: &Planned, now: DateTime<Utc>) -> bool {
        let of_kind = self
            .unheard()
            .filter(|notice| is_question(notice.kind) && notice.kind == plan.kind);
        let with_praise = plan.recognitions.iter().filter_map(|id| self.unheard_with(*id));
        let mut before = of_kind.chain(with_praise);
        before.any(|notice| notice.created_at < now - TOLD_BY_MAIL_FOR)
    }

    /// Takes out of the plans what still has nobody and says so already; answers what the others replace.
    pub(super) fn replace(&self, comment: &comment::Model, plans: &mut Vec<Planned>) -> Replaced {
        plans.retain_mut(|plan| plan.reader != Reader::Nobody || self.is_news(plan));
        let is_told = |plan: &&Planned| plan.reader != Reader::Nobody;
        let told: Vec<&Planned> = plans.iter().filter(is_told).collect();
        let is_over = |part: &notice_recognition::Model| {
            let standing = self.recognitions.iter().any(|r| r.id == part.recognition_id);
            !standing
                || told.iter().any(|plan| {
                    plan.recognitions.contains(&part.recognition_id)
                        && !plan.by_rule.contains_key(&part.recognition_id)
                })
        };
        let mut replaced = Replaced::default();
        for notice in self.unheard() {
            let parts: Vec<_> = self
                .told
                .iter()
                .filter(|part| part.notice_id == notice.id)
                .collect();
            let over: Vec<_> = parts.iter().filter(|part| is_over(part)).collect();
            let goes = match notice.kind {
                Kind::Triage if comment.state != comment::State::Triage => true,
                kind if is_question(kind) => told.iter().any(|plan| plan.kind == kind),
                _ => over.len() == parts.len(),
            };
            replaced
                .parts
                .extend(over.iter().map(|part| (part.notice_id, part.recognition_id)));
            replaced.notices.extend(goes.then_some(notice.id));
        }
        replaced
    }

    /// Whether a plan without a reader says what no notice without a reader says yet.
    fn is_news(&self, plan: &mut Planned) -> bool {
        plan.recognitions.retain(|id| self.unheard_with(*id).is_none());
        match is_question(plan.kind) {
            true => !self.unheard().any(|notice| notice.kind == plan.kind),
            false => !plan.recognitions.is_empty(),
        }
    }
}

impl Replaced {
    /// Adds those of another comment.
    pub(super) fn extend(&mut self, more: Replaced) {
        self.notices.extend(more.notices);
        self.parts.extend(more.parts);
    }

    /// Removes them.
    pub(super) async fn remove(self, tx: &Tx) -> Result<(), DbErr> {
        use notice_recognition::{Column, Entity};
        let whole: HashSet<Uuid> = self.notices.iter().copied().collect();
        let (gone, parts): (Vec<_>, Vec<_>) = self
            .parts
            .into_iter()
            .partition(|(notice, _)| whole.contains(notice));
        for some in gone.chunks(TOGETHER) {
            let notices = some.iter().map(|(notice, _)| *notice);
            Entity::delete_many()
                .filter(among(Column::NoticeId, notices))
                .exec(tx)
                .await?;
        }
        for some in parts.chunks(TOGETHER) {
            let any = some.iter().fold(Condition::any(), |any, (notice, recognition)| {
                let one = Condition::all()
                    .add(Column::NoticeId.eq(*notice))
                    .add(Column::RecognitionId.eq(*recognition));
                any.add(one)
            });
            Entity::delete_many().filter(any).exec(tx).await?;
        }
        for some in self.notices.chunks(TOGETHER) {
            notice::Entity::delete_many()
                .filter(among(notice::Column::Id, some.iter().copied()))
                .exec(tx)
                .await?;
        }
        Ok(())
    }
}

/// Whether it asks or reports, rather than tells of recognitions.
fn is_question(kind: Kind) -> bool {
    matches!(kind, Kind::Triage | Kind::Complaint | Kind::Shielded)
}
