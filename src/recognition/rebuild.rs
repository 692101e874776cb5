//! Computes all derived rows of an organisation anew and compares them with what is stored: recognitions from the
//! verdicts, counters from the recognitions. A recognition that exists keeps its times, site and team: they tell of
//! its day, not of today's roster.
use std::collections::{BTreeMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use domain::period::PeriodKind;
use entity::{comment, recognition, recognition_count, team_count};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::{
    count::{self, Row},
    derive,
};
use crate::{
    db::{Db, Tx},
    lock, verdict as verdicts,
};

/// Comments of one transaction.
const COMMENTS: u64 = 500;
/// Rows that are read at once.
const ROWS: u64 = 5000;
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
    let wrong = compare_counters(&tx, organisation, &mut report).await?;
    if is_check {
        tx.rollback().await?;
    } else {
        count::set(&tx, wrong.sites, wrong.teams).await?;
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

/// Counters that are wrong, with what is right.
#[derive(Default)]
struct Wrong {
    sites: Vec<(Row, i64)>,
    teams: Vec<(Row, i64)>,
}

async fn compare_counters(tx: &Tx, organisation: Uuid, report: &mut Report) -> Result<Wrong, DbErr> {
    let right = recount(tx, organisation, report).await?;
    let sites = stored_sites(tx, organisation).await?;
    let teams = stored_teams(tx, organisation).await?;
    report.counters += (sites.len() + teams.len()) as u64;
    Ok(Wrong {
        sites: differing("site", &sites, right.sites, report),
        teams: differing("team of", &teams, right.teams, report),
    })
}

fn differing(
    what: &str,
    stored: &BTreeMap<Row, i64>,
    right: BTreeMap<Row, i64>,
    report: &mut Report,
) -> Vec<(Row, i64)> {
    let surplus = stored.keys().filter(|row| !right.contains_key(*row));
    let surplus: Vec<(Row, i64)> = surplus.map(|row| (*row, 0)).collect();
    let mut wrong = Vec::new();
    for (row, n) in right.into_iter().chain(surplus) {
        let is = stored.get(&row).copied().unwrap_or_default();
        if is != n {
            let (_, kind, start, scope, staff) = row;
            report.differs(|| {
                format!("counter of staff member {staff}, {what} {scope}, {kind} of {start}: {is}, and {n} is right")
            });
            wrong.push((row, n));
        }
    }
    wrong.sort_unstable();
    wrong
}

/// Counts all recognitions that stand, reading them in batches.
async fn recount(tx: &Tx, organisation: Uuid, report: &mut Report) -> Result<count::Changes, DbErr> {
    let mut counts = count::Changes::default();
    let mut after = Uuid::nil();
    loop {
        let batch = recognition::Entity::within(organisation)
            .filter(recognition::Column::Id.gt(after))
            .order_by_asc(recognition::Column::Id)
            .limit(ROWS)
            .all(tx)
            .await?;
        let Some(last) = batch.last() else {
            return Ok(counts);
        };
        after = last.id;
        for recognition in batch
            .iter()
            .filter(|recognition| recognition.withdrawn_at.is_none())
        {
            report.recognitions += 1;
            counts.add(recognition, 1);
        }
    }
}

async fn stored_sites(tx: &Tx, organisation: Uuid) -> Result<BTreeMap<Row, i64>, DbErr> {
    let mut stored = BTreeMap::new();
    for (kind, start) in periods(tx, organisation, "recognition_count").await? {
        let rows = recognition_count::Entity::within(organisation)
            .filter(recognition_count::Column::PeriodKind.eq(kind.name()))
            .filter(recognition_count::Column::PeriodStart.eq(start))
            .all(tx)
            .await?;
        let row =
            |c: recognition_count::Model| ((organisation, kind.name(), start, c.site_id, c.staff_id), c.n);
        stored.extend(rows.into_iter().map(row));
    }
    Ok(stored)
}

async fn stored_teams(tx: &Tx, organisation: Uuid) -> Result<BTreeMap<Row, i64>, DbErr> {
    let mut stored = BTreeMap::new();
    for (kind, start) in periods(tx, organisation, "team_count").await? {
        let rows = team_count::Entity::within(organisation)
            .filter(team_count::Column::PeriodKind.eq(kind.name()))
            .filter(team_count::Column::PeriodStart.eq(start))
            .all(tx)
            .await?;
        let row = |c: team_count::Model| ((organisation, kind.name(), start, c.manager_id, c.staff_id), c.n);
        stored.extend(rows.into_iter().map(row));
    }
    Ok(stored)
}

/// The periods for which a table has counters.
async fn periods(
    tx: &Tx,
    organisation: Uuid,
    table: &'static str,
) -> Result<Vec<(PeriodKind, NaiveDate)>, DbErr> {
    let query = Query::select()
        .distinct()
        .columns(["period_kind", "period_start"])
        .from(table)
        .and_where(Expr::col("organisation_id").eq(organisation))
        .take();
    let rows = tx.query_all(&query).await?;
    let mut periods = Vec::with_capacity(rows.len());
    for row in rows {
        let kind: String = row.try_get("", "period_kind")?;
        if let Some(kind) = PeriodKind::from_name(&kind) {
            periods.push((kind, row.try_get("", "period_start")?));
        }
    }
    Ok(periods)
}
