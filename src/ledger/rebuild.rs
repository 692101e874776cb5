//! Computes all derived rows of an organisation anew and compares them with what is stored: recognitions from the
//! verdicts, counters from the recognitions. A recognition that exists keeps its times, site and team: they tell of
//! its day, not of today's roster.
use std::collections::HashSet;

use chrono::{DateTime, Utc};
use entity::comment;
use sea_orm::{ConnectionTrait, DbErr, PaginatorTrait, Statement};
use uuid::Uuid;

use super::{derive, recount};
use crate::{
    ledger::verdict as verdicts,
    platform::{
        db::{Db, Tx},
        lock,
    },
};

/// Comments of one transaction.
const COMMENTS: usize = 500;
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

/// Looks in one statement which comments differ, so that it sees one moment; those are locked, compared again and mended,
/// batch by batch.
async fn rebuild_recognitions(
    db: &Db,
    organisation: Uuid,
    is_check: bool,
    now: DateTime<Utc>,
    report: &mut Report,
) -> Result<(), DbErr> {
    report.comments = comment::Entity::within(organisation).count(db.read()).await?;
    let suspects = suspects(db.read(), organisation).await?;
    for ids in suspects.chunks(COMMENTS) {
        let tx = db.write().await?;
        let comments = lock::comments(&tx, ids).await?;
        let differ = compare_recognitions(&tx, &comments, report).await?;
        if is_check || differ.is_empty() {
            tx.rollback().await?;
        } else {
            derive::derive(&tx, &differ, now).await?;
            tx.commit().await?;
        }
    }
    Ok(())
}

/// Comments whose credits that hold are not their recognitions that stand: what [`derive::due`] says, for all at once.
const SUSPECTS: &str = "
    WITH due AS (
        SELECT v.comment_id, v.staff_id FROM verdict v JOIN comment c ON c.id = v.comment_id
        WHERE v.organisation_id = $1 AND v.state = 'credited' AND c.withdrawn_at IS NULL
        AND c.state <> 'shielded' AND NOT EXISTS (
            SELECT 1 FROM verdict later WHERE later.comment_id = v.comment_id AND later.sequence > v.sequence
            AND later.staff_id IS NOT DISTINCT FROM v.staff_id)),
    standing AS (
        SELECT comment_id, staff_id FROM recognition WHERE organisation_id = $1 AND withdrawn_at IS NULL)
    SELECT comment_id FROM (SELECT * FROM due EXCEPT SELECT * FROM standing) AS missing
    UNION SELECT comment_id FROM (SELECT * FROM standing EXCEPT SELECT * FROM due) AS surplus
    ORDER BY comment_id";

async fn suspects(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let backend = connection.get_database_backend();
    let statement = Statement::from_sql_and_values(backend, SUSPECTS, [organisation.into()]);
    let rows = connection.query_all_raw(statement).await?;
    rows.iter().map(|row| row.try_get("", "comment_id")).collect()
}

/// The comments whose recognitions are not what their verdicts say.
async fn compare_recognitions(
    tx: &Tx,
    comments: &[comment::Model],
    report: &mut Report,
) -> Result<Vec<comment::Model>, DbErr> {
    let ids: Vec<Uuid> = comments.iter().map(|comment| comment.id).collect();
    let due = derive::due(comments, derive::credits(&verdicts::current(tx, &ids).await?));
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
