//! Computes all derived rows of an organisation anew and compares them with what is stored: recognitions from the
//! verdicts, counters from the recognitions. A recognition that exists keeps its times, site and team: they tell of
//! its day, not of today's roster.
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::comment;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{derive, recount};
use crate::{
    db::{Db, Tx},
    lock, verdict as verdicts,
};

/// Comments of one transaction.
const COMMENTS: u64 = 500;
/// Differences that are kept to be told one by one.
const TOLD: usize = 50;

/// What was compared and what differed.
#[derive(Debug, Default)]
pub struct Report {
    /// Comments whose recognitions were compared with their verdicts.
    pub comments: u64,
    /// Recognitions that were counted.
    pub recognitions: u64,
    /// Counters that were compared.
    pub counters: u64,
    /// How much differed.
    pub differing: u64,
    /// The first of the differences, in words.
    pub differences: Vec<String>,
}

impl Report {
    fn differs(&mut self, words: impl FnOnce() -> String) {
        self.differing += 1;
        if self.differences.len() < TOLD {
            self.differences.push(words());
        }
    }

    /// How many more differences are told.
    pub(super) fn room(&self) -> usize {
        TOLD.saturating_sub(self.differences.len())
    }

    /// Adds differences, of which the first are in words.
    pub(super) fn differ(&mut self, number: u64, first: Vec<String>) {
        self.differing += number;
        self.differences.extend(first);
    }
}

/// Compares everything of an organisation and, unless `is_check`, mends what differs.
pub async fn rebuild(
    db: &Db,
    organisation: Uuid,
    is_check: bool,
    now: DateTime<Utc>,
) -> Result<Report, DbErr> {
    let mut report = Report::default();
    rebuild_recognitions(db, organisation, is_check, now, &mut report).await?;
    let tx = db.write().await?;
    hold_counters(&tx).await?;
    recount::recount(&tx, organisation, is_check, &mut report).await?;
    if is_check {
        tx.rollback().await?;
    } else {
        tx.commit().await?;
    }
    Ok(report)
}

/// Batch by batch of comments, so that nobody waits long for a lock.
async fn rebuild_recognitions(
    db: &Db,
    organisation: Uuid,
    is_check: bool,
    now: DateTime<Utc>,
    report: &mut Report,
) -> Result<(), DbErr> {
    let mut after = Uuid::nil();
    loop {
        let tx = db.write().await?;
        let ids: Vec<Uuid> = comment::Entity::within(organisation)
            .filter(comment::Column::Id.gt(after))
            .order_by_asc(comment::Column::Id)
            .limit(COMMENTS)
            .select_only()
            .column(comment::Column::Id)
            .into_tuple()
            .all(&tx)
            .await?;
        let Some(last) = ids.last().copied() else {
            return tx.rollback().await;
        };
        let comments = lock::comments(&tx, &ids).await?;
        report.comments += comments.len() as u64;
        let differ = compare_recognitions(&tx, &comments, report).await?;
        if is_check || differ.is_empty() {
            tx.rollback().await?;
        } else {
            derive::derive(&tx, &differ, now).await?;
            tx.commit().await?;
        }
        after = last;
    }
}

/// The comments whose recognitions are not what their verdicts say.
async fn compare_recognitions(
    tx: &Tx,
    comments: &[comment::Model],
    report: &mut Report,
) -> Result<Vec<comment::Model>, DbErr> {
    let ids: Vec<Uuid> = comments.iter().map(|comment| comment.id).collect();
    let due = derive::due(comments, verdicts::current(tx, &ids).await?);
    let due: HashSet<derive::Key> = due.into_keys().collect();
    let standing: HashSet<derive::Key> = derive::existing(tx, &ids)
        .await?
        .into_iter()
        .filter(|recognition| recognition.withdrawn_at.is_none())
        .map(|recognition| (recognition.comment_id, recognition.staff_id))
        .collect();
    let mut differ: HashSet<Uuid> = HashSet::new();
    for (comment, staff) in due.symmetric_difference(&standing) {
        differ.insert(*comment);
        let whose = staff.map_or_else(|| "the site".to_owned(), |staff| format!("staff member {staff}"));
        let is_missing = due.contains(&(*comment, *staff));
        report.differs(|| {
            let what = if is_missing {
                "is missing"
            } else {
                "has no credit behind it"
            };
            format!("recognition of {whose} in comment {comment} {what}")
        });
    }
    let differing = comments.iter().filter(|comment| differ.contains(&comment.id));
    Ok(differing.cloned().collect())
}

/// Keeps everybody from writing counters until the transaction ends: what is visible then is counted, what is not
/// visible will be counted by who wrote it.
async fn hold_counters(tx: &Tx) -> Result<(), DbErr> {
    if !tx.is_sqlite() {
        tx.execute_unprepared("LOCK TABLE recognition_count, team_count IN SHARE ROW EXCLUSIVE MODE")
            .await?;
    }
    Ok(())
}
