//! What belongs into digests, tied to them once and for all. Everything is asked for a batch of digests of one
//! organisation at a time, and begins at what is new: history costs nothing.
//!
//! `CROSS JOIN` joins like any other; SQLite, which keeps few statistics, reads the tables in the order given.
use std::collections::HashMap;

use chrono::{DateTime, NaiveDate, Utc};
use entity::notice;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, TryGetable, Value};
use uuid::Uuid;

use crate::platform::db::Tx;

/// Quotations of one person that are shown; the rest is a number.
pub(super) const QUOTES: i32 = 5;
/// Corrections that are shown.
pub(super) const CORRECTIONS: i32 = 25;
/// Open questions that are shown.
const QUESTIONS: i32 = 5;

/// Praise that was taken back and holds again waits for a digest again …
const TELL_AGAIN: &str = "UPDATE notice_recognition SET awaits_digest_of = reader_id \
     WHERE part IN ('praise', 'rule') \
     AND (reader_id, recognition_id) IN (SELECT t.reader_id, t.recognition_id FROM notice_recognition t \
     CROSS JOIN recognition r WHERE t.reader_id IN (ids) AND t.part = 'correction' AND r.id = t.recognition_id \
     AND r.withdrawn_at IS NULL)";
/// … as if it had never stood in one.
const FORGET_CORRECTED: &str = "DELETE FROM notice_recognition WHERE part IN ('digest', 'correction') \
     AND (reader_id, recognition_id) IN (SELECT t.reader_id, t.recognition_id FROM notice_recognition t \
     CROSS JOIN recognition r WHERE t.reader_id IN (ids) AND t.part = 'correction' AND r.id = t.recognition_id \
     AND r.withdrawn_at IS NULL)";
/// What a reader was told of, that holds, and that stands in none of their digests yet.
const TIE_NEWS: &str = "INSERT INTO notice_recognition (notice_id, recognition_id, organisation_id, reader_id, part) \
     SELECT DISTINCT d.id, r.id, d.organisation_id, d.reader_id, 'digest' FROM notice d \
     CROSS JOIN notice_recognition p CROSS JOIN recognition r \
     WHERE d.id IN (ids) AND p.awaits_digest_of = d.reader_id AND r.id = p.recognition_id \
     AND r.withdrawn_at IS NULL AND r.recognised_at < d.covers_until \
     AND NOT EXISTS (SELECT 1 FROM notice_recognition t WHERE t.recognition_id = r.id \
     AND t.reader_id = d.reader_id AND t.part = 'digest')";
const AWAIT_NO_MORE: &str = "UPDATE notice_recognition SET awaits_digest_of = NULL \
     WHERE awaits_digest_of IN (ids) AND EXISTS (SELECT 1 FROM notice_recognition t \
     WHERE t.recognition_id = notice_recognition.recognition_id \
     AND t.reader_id = notice_recognition.awaits_digest_of AND t.part = 'digest')";
/// What stood in a digest and was withdrawn since the one before this.
const TIE_CORRECTIONS: &str = "INSERT INTO notice_recognition (notice_id, recognition_id, organisation_id, reader_id, \
     part) SELECT d.id, r.id, d.organisation_id, d.reader_id, 'correction' FROM recognition r \
     CROSS JOIN notice_recognition t CROSS JOIN notice d \
     WHERE r.organisation_id = $1 AND r.withdrawn_at >= $2 AND t.recognition_id = r.id AND t.part = 'digest' \
     AND d.reader_id = t.reader_id AND d.kind = 'digest' AND d.period_start IS NOT NULL AND d.id IN (ids) \
     AND NOT EXISTS (SELECT 1 FROM notice_recognition c WHERE c.recognition_id = r.id \
     AND c.reader_id = t.reader_id AND c.part = 'correction')";

/// Ties to digests what their readers were told of before and find in no digest yet, and what they were told in one
/// that was withdrawn after `since`.
pub(super) async fn tie(
    tx: &Tx,
    organisation: Uuid,
    digests: &[notice::Model],
    since: DateTime<Utc>,
) -> Result<(), DbErr> {
    if digests.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = digests.iter().map(|digest| digest.id).collect();
    let readers: Vec<Uuid> = digests.iter().filter_map(|digest| digest.reader_id).collect();
    tx.execute_raw(of(tx, TELL_AGAIN, [], &readers)).await?;
    tx.execute_raw(of(tx, FORGET_CORRECTED, [], &readers)).await?;
    tx.execute_raw(of(tx, TIE_NEWS, [], &ids)).await?;
    tx.execute_raw(of(tx, AWAIT_NO_MORE, [], &readers)).await?;
    let window = [organisation.into(), since.into()];
    tx.execute_raw(of(tx, TIE_CORRECTIONS, window, &ids)).await?;
    Ok(())
}

/// A statement in which `(ids)` stands for a list of them; the numbered values come first.
fn of<const N: usize>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
    ids: &[Uuid],
) -> Statement {
    let mut ids = ids.to_vec();
    if let Some(last) = ids.last().copied() {
        ids.resize(ids.len().next_power_of_two(), last);
    }
    let list: Vec<String> = (1..=ids.len()).map(|at| format!("${}", N + at)).collect();
    let sql = sql.replace("(ids)", &format!("({})", list.join(", ")));
    let ids = ids.into_iter().map(Value::from);
    Statement::from_sql_and_values(
        connection.get_database_backend(),
        sql,
        values.into_iter().chain(ids),
    )
}

async fn rows<const N: usize>(
    connection: &impl ConnectionTrait,
    sql: &str,
    values: [Value; N],
    ids: &[Uuid],
) -> Result<Vec<QueryResult>, DbErr> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    connection.query_all_raw(of(connection, sql, values, ids)).await
}

fn number(row: &QueryResult, column: &str) -> Result<u64, DbErr> {
    let number: i64 = row.try_get("", column)?;
    Ok(u64::try_from(number).unwrap_or_default())
}

/// The values of a column, by those of another.
fn grouped<T: TryGetable>(
    rows: &[QueryResult],
    by: &str,
    column: &str,
) -> Result<HashMap<Uuid, Vec<T>>, DbErr> {
    let mut groups: HashMap<Uuid, Vec<T>> = HashMap::new();
    for row in rows {
        groups
            .entry(row.try_get("", by)?)
            .or_default()
            .push(row.try_get("", column)?);
    }
    Ok(groups)
}

/// Which of these digests tell or correct something.
pub(super) async fn with_news(
    connection: &impl ConnectionTrait,
    digests: &[Uuid],
) -> Result<Vec<Uuid>, DbErr> {
    let sql = "SELECT DISTINCT notice_id FROM notice_recognition WHERE notice_id IN (ids)";
    let rows = rows(connection, sql, [], digests).await?;
    rows.iter().map(|row| row.try_get("", "notice_id")).collect()
}

/// How much of a digest is about one person, or about the site.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    /// None for site praise.
    pub(super) staff: Option<Uuid>,
    /// Said before the week of the digest.
    pub(super) is_late: bool,
    pub(super) count: u64,
}

const TALLY: &str = "SELECT t.notice_id, r.staff_id, CASE WHEN r.occurred_on < $1 THEN 1 ELSE 0 END AS late, \
     COUNT(*) AS n FROM notice_recognition t CROSS JOIN recognition r \
     WHERE t.notice_id IN (ids) AND t.part = 'digest' AND r.id = t.recognition_id AND r.withdrawn_at IS NULL \
     GROUP BY t.notice_id, r.staff_id, CASE WHEN r.occurred_on < $1 THEN 1 ELSE 0 END";

/// What stands in digests of the week that begins on `first_day`, by digest.
pub(super) async fn tally(
    connection: &impl ConnectionTrait,
    digests: &[Uuid],
    first_day: NaiveDate,
) -> Result<HashMap<Uuid, Vec<Tally>>, DbErr> {
    let mut tallies: HashMap<Uuid, Vec<Tally>> = HashMap::new();
    for row in rows(connection, TALLY, [first_day.into()], digests).await? {
        let late: i32 = row.try_get("", "late")?;
        let tally = Tally {
            staff: row.try_get("", "staff_id")?,
            is_late: late == 1,
            count: number(&row, "n")?,
        };
        tallies
            .entry(row.try_get("", "notice_id")?)
            .or_default()
            .push(tally);
    }
    Ok(tallies)
}

/// The newest recognitions of each person, or of the site.
const NEWEST: &str = "SELECT notice_id, id FROM (SELECT t.notice_id, r.id, ROW_NUMBER() OVER (PARTITION BY t.notice_id, \
     r.staff_id, CASE WHEN r.occurred_on < $1 THEN 1 ELSE 0 END ORDER BY r.occurred_at DESC, r.comment_id DESC) \
     AS place FROM notice_recognition t CROSS JOIN recognition r \
     WHERE t.notice_id IN (ids) AND t.part = 'digest' AND r.id = t.recognition_id AND r.withdrawn_at IS NULL) \
     AS placed WHERE place <= $2 ORDER BY notice_id, place";
const NEWEST_OF: &str = "SELECT id FROM (SELECT r.id, ROW_NUMBER() OVER (PARTITION BY r.staff_id, \
     CASE WHEN r.occurred_on < $1 THEN 1 ELSE 0 END ORDER BY r.occurred_at DESC, r.comment_id DESC) \
     AS place FROM notice_recognition t CROSS JOIN recognition r WHERE t.notice_id = $3 AND t.part = 'digest' \
     AND r.id = t.recognition_id AND r.withdrawn_at IS NULL AND (r.staff_id IS NULL OR r.staff_id IN (ids))) \
     AS placed WHERE place <= $2 ORDER BY place";

/// The newest recognitions of everybody in digests, newest first, by digest.
pub(super) async fn newest(
    connection: &impl ConnectionTrait,
    digests: &[Uuid],
    first_day: NaiveDate,
) -> Result<HashMap<Uuid, Vec<Uuid>>, DbErr> {
    let rows = rows(connection, NEWEST, [first_day.into(), QUOTES.into()], digests).await?;
    grouped(&rows, "notice_id", "id")
}

/// The same of some people of one digest, and of the site.
pub(super) async fn newest_of(
    connection: &impl ConnectionTrait,
    digest: Uuid,
    first_day: NaiveDate,
    people: &[Uuid],
) -> Result<Vec<Uuid>, DbErr> {
    let values = [first_day.into(), QUOTES.into(), digest.into()];
    let rows = rows(connection, NEWEST_OF, values, people).await?;
    rows.iter().map(|row| row.try_get("", "id")).collect()
}

/// Ids that are shown, and how many there are.
#[derive(Clone, Debug, Default)]
pub(super) struct Shown {
    pub(super) ids: Vec<Uuid>,
    pub(super) all: u64,
}

fn shown(rows: &[QueryResult], by: &str) -> Result<HashMap<Uuid, Shown>, DbErr> {
    let mut groups: HashMap<Uuid, Shown> = HashMap::new();
    for row in rows {
        let group = groups.entry(row.try_get("", by)?).or_default();
        group.ids.push(row.try_get("", "id")?);
        group.all = number(row, "n")?;
    }
    Ok(groups)
}

const CORRECTED: &str = "SELECT notice_id, id, n FROM (SELECT t.notice_id, r.id, \
     COUNT(*) OVER (PARTITION BY t.notice_id) AS n, \
     ROW_NUMBER() OVER (PARTITION BY t.notice_id ORDER BY r.occurred_at DESC, r.comment_id DESC) AS place \
     FROM notice_recognition t CROSS JOIN recognition r WHERE t.notice_id IN (ids) AND t.part = 'correction' \
     AND r.id = t.recognition_id AND r.withdrawn_at IS NOT NULL) AS placed WHERE place <= $1 \
     ORDER BY notice_id, place";

/// What digests correct, by digest.
pub(super) async fn corrections(
    connection: &impl ConnectionTrait,
    digests: &[Uuid],
) -> Result<HashMap<Uuid, Shown>, DbErr> {
    let rows = rows(connection, CORRECTED, [CORRECTIONS.into()], digests).await?;
    shown(&rows, "notice_id")
}

const WITHDRAWN: &str = "SELECT t.notice_id, r.id FROM notice_recognition t CROSS JOIN recognition r \
     WHERE t.notice_id IN (ids) AND t.part = 'digest' AND r.id = t.recognition_id AND r.withdrawn_at IS NOT NULL";

/// What digests were to tell and what no longer holds, by digest.
pub(super) async fn withdrawn(
    connection: &impl ConnectionTrait,
    digests: &[Uuid],
) -> Result<HashMap<Uuid, Vec<Uuid>>, DbErr> {
    let rows = rows(connection, WITHDRAWN, [], digests).await?;
    grouped(&rows, "notice_id", "id")
}

/// Said like this, SQLite looks for notices of a comment, and not once for each reader.
const ASKED: &str = "SELECT reader_id, id, n FROM (SELECT reader_id, id, COUNT(*) OVER (PARTITION BY reader_id) AS n, \
     ROW_NUMBER() OVER (PARTITION BY reader_id ORDER BY received_at, id) AS place FROM (\
     SELECT DISTINCT n.reader_id, c.id, c.received_at FROM comment c CROSS JOIN notice n \
     WHERE c.organisation_id = $1 AND c.state = 'triage' AND n.comment_id = c.id AND n.kind = 'triage' \
     AND n.state <> 'refused' AND NOT (n.reader_id NOT IN (ids))) AS asked) AS placed WHERE place <= $2 \
     ORDER BY reader_id, place";

/// Comments of which readers were asked whom they mean and that still wait, oldest first, by reader.
pub(super) async fn waiting(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    readers: &[Uuid],
) -> Result<HashMap<Uuid, Shown>, DbErr> {
    let rows = rows(
        connection,
        ASKED,
        [organisation.into(), QUESTIONS.into()],
        readers,
    )
    .await?;
    shown(&rows, "reader_id")
}

const COMPLAINTS: &str = "SELECT d.id, COUNT(*) AS n FROM notice d CROSS JOIN notice c \
     WHERE d.id IN (ids) AND c.reader_id = d.reader_id AND c.kind = 'complaint' AND c.created_at >= d.covers_from \
     AND c.created_at < d.covers_until AND c.state <> 'refused' GROUP BY d.id";

/// How many complaints were put to the readers of digests in their windows, by digest.
pub(super) async fn complaints(
    connection: &impl ConnectionTrait,
    digests: &[Uuid],
) -> Result<HashMap<Uuid, u64>, DbErr> {
    let rows = rows(connection, COMPLAINTS, [], digests).await?;
    rows.iter()
        .map(|row| Ok((row.try_get("", "id")?, number(row, "n")?)))
        .collect()
}

/// The notice through which each reader was told of a recognition, by reader and recognition.
pub(super) type Links = HashMap<(Uuid, Uuid), Uuid>;

/// The notices whose pages show recognitions.
pub(super) async fn links(connection: &impl ConnectionTrait, recognitions: &[Uuid]) -> Result<Links, DbErr> {
    let sql = "SELECT reader_id, recognition_id, notice_id FROM notice_recognition \
         WHERE recognition_id IN (ids) AND part IN ('praise', 'rule') AND reader_id IS NOT NULL";
    let mut links = Links::new();
    for chunk in recognitions.chunks(1000) {
        for row in rows(connection, sql, [], chunk).await? {
            let key = (row.try_get("", "reader_id")?, row.try_get("", "recognition_id")?);
            links.insert(key, row.try_get("", "notice_id")?);
        }
    }
    Ok(links)
}
