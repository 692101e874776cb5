//! Which automatic credits are asked about: drawn by a keyed hash of comment and person, so that nobody can foresee it and
//! a batch that is repeated draws the same.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::attribution::{self, Decision};
use entity::{among, assignment, comment, json::Ids, recognition, spot_check};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, QuerySelect, Statement, Value,
};
use uuid::Uuid;

use super::engine::Answer;
use crate::platform::{db::Tx, secret::Secrets};

/// One of so many automatic credits is asked about, where the organisation sets no other share …
pub const EVERY: i32 = 20;
/// … until there are so many answers; then …
pub const ENOUGH: u64 = 100;
/// … so much more seldom.
const SELDOMER: i32 = 5;

/// People who are offered in a question.
const OFFERED: usize = 4;
/// Assignments of a site, the newest first, among which colleagues are looked for.
const LOOKED_AT: i64 = 100;

/// Draws from credits that the engine has just given; questions about words that changed are dropped. The comments are
/// locked.
pub(crate) async fn draw(
    tx: &Tx,
    secrets: &Secrets,
    answers: &[Answer],
    won: &[recognition::Model],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let by_comment: HashMap<Uuid, &Answer> = answers
        .iter()
        .map(|answer| (answer.question.comment.id, answer))
        .collect();
    let revised = answers.iter().filter(|answer| answer.question.words.number > 1);
    forget(tx, revised.map(|answer| answer.question.comment.id).collect()).await?;
    let mut shares: HashMap<Uuid, Option<u64>> = HashMap::new();
    let mut drawn = Vec::new();
    for praise in won {
        let (Some(staff), Some(answer)) = (praise.staff_id, by_comment.get(&praise.comment_id)) else {
            continue;
        };
        let said = answer
            .attribution
            .candidates
            .iter()
            .find(|one| one.staff == staff);
        let Some(credit) = said.filter(|one| one.decision == Decision::Credit) else {
            continue;
        };
        // Where several are thanked, one name is no answer about another.
        let candidates = answer.attribution.candidates.iter();
        if candidates.filter(|one| one.decision == Decision::Credit).count() > 1 {
            continue;
        }
        let own = &answer.question.organisation;
        let every = match shares.get(&own.id) {
            Some(known) => *known,
            None => *shares.entry(own.id).or_insert(share(tx, own).await?),
        };
        let is_told = answer.question.comment.tell != comment::Tell::None;
        let lot = lot(secrets, praise.comment_id, staff);
        if every.is_some_and(|every| is_told && lot.is_multiple_of(every)) {
            drawn.push((praise, staff, *answer, credit.confidence));
        }
    }
    let at_sites = assignments_at(tx, drawn.iter().filter_map(|(praise, ..)| praise.site_id)).await?;
    let questions = drawn.into_iter().map(|(praise, staff, answer, confidence)| {
        let colleagues = colleagues(&at_sites, praise);
        question(secrets, answer, (praise, staff, confidence), colleagues, now)
    });
    insert(tx, questions.collect()).await
}

/// One of how many is drawn; none where the organisation wants no questions.
async fn share(
    connection: &impl ConnectionTrait,
    own: &entity::organisation::Model,
) -> Result<Option<u64>, DbErr> {
    let every = own.check_every.unwrap_or(EVERY);
    let Ok(every) = u64::try_from(every) else {
        return Ok(None);
    };
    if every == 0 {
        return Ok(None);
    }
    let answered = spot_check::Entity::within(own.id)
        .filter(spot_check::Column::AnsweredAt.is_not_null())
        .limit(ENOUGH)
        .count(connection)
        .await?;
    let seldomer = u64::from(SELDOMER.unsigned_abs());
    Ok(Some(if answered < ENOUGH {
        every
    } else {
        every * seldomer
    }))
}

/// A number that only the installation's key makes.
fn lot(secrets: &Secrets, one: Uuid, other: Uuid) -> u64 {
    let parts = [b"spot check".as_slice(), one.as_bytes(), other.as_bytes()];
    let mac = secrets.fingerprint(parts.concat());
    mac.iter()
        .take(8)
        .fold(0, |lot, byte| lot << 8 | u64::from(*byte))
}

fn question(
    secrets: &Secrets,
    answer: &Answer,
    (praise, staff, confidence): (&recognition::Model, Uuid, f64),
    mut colleagues: Vec<Uuid>,
    now: DateTime<Utc>,
) -> spot_check::Model {
    let (comment, words) = (&answer.question.comment, &answer.question.words);
    let text = words.text.as_deref().unwrap_or_default();
    let id = Uuid::now_v7();
    let mut offered = vec![staff];
    let others = answer.attribution.candidates.iter().map(|one| one.staff);
    colleagues.sort_by_key(|one| lot(secrets, id, *one));
    for one in others.chain(colleagues) {
        if offered.len() < OFFERED && !offered.contains(&one) {
            offered.push(one);
        }
    }
    offered.sort_by_key(|one| lot(secrets, *one, id));
    spot_check::Model {
        id,
        organisation_id: comment.organisation_id,
        comment_id: comment.id,
        revision: words.number,
        staff_id: staff,
        source_id: comment.source_id,
        site_id: praise.site_id.or(comment.site_id),
        manager_id: praise.manager_id,
        language: attribution::language(text, words.language.as_deref()).map(str::to_owned),
        confidence,
        candidates: Ids(offered),
        created_at: now,
        is_right: None,
        decision_id: None,
        actor: None,
        answered_at: None,
    }
}

/// The newest assignments of each of these sites, by site.
async fn assignments_at(
    tx: &Tx,
    sites: impl Iterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Vec<assignment::Model>>, DbErr> {
    let sites: HashSet<Uuid> = sites.collect();
    let mut found: HashMap<Uuid, Vec<assignment::Model>> = HashMap::new();
    if sites.is_empty() {
        return Ok(found);
    }
    let asked: Vec<String> = (0..sites.len()).map(|at| format!("${}", at + 2)).collect();
    let numbered = format!(
        "SELECT id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY site_id ORDER BY id DESC) AS nth FROM assignment \
         WHERE site_id IN ({})) AS numbered WHERE nth <= $1",
        asked.join(", ")
    );
    let values = std::iter::once(Value::from(LOOKED_AT)).chain(sites.into_iter().map(Value::from));
    let statement = Statement::from_sql_and_values(tx.get_database_backend(), numbered, values);
    let ids = tx.query_all_raw(statement).await?;
    let ids: Vec<Uuid> = ids
        .iter()
        .map(|row| row.try_get("", "id"))
        .collect::<Result<_, _>>()?;
    let rows = assignment::Entity::find()
        .filter(among(assignment::Column::Id, ids))
        .all(tx)
        .await?;
    for row in rows {
        let Some(site) = row.site_id else { continue };
        found.entry(site).or_default().push(row);
    }
    Ok(found)
}

/// Who worked there that day.
fn colleagues(at_sites: &HashMap<Uuid, Vec<assignment::Model>>, praise: &recognition::Model) -> Vec<Uuid> {
    let at_site = praise.site_id.and_then(|site| at_sites.get(&site));
    let day = praise.occurred_on;
    let holds = |row: &&assignment::Model| {
        row.starts_on.is_none_or(|first| first <= day) && row.ends_on.is_none_or(|last| last >= day)
    };
    let holding = at_site.into_iter().flatten().filter(holds);
    holding.map(|row| row.staff_id).collect()
}

/// Drops the questions about comments that nobody answered.
pub async fn forget(tx: &Tx, comments: Vec<Uuid>) -> Result<(), DbErr> {
    if comments.is_empty() {
        return Ok(());
    }
    spot_check::Entity::delete_many()
        .filter(among(spot_check::Column::CommentId, comments))
        .filter(spot_check::Column::AnsweredAt.is_null())
        .exec(tx)
        .await?;
    Ok(())
}

async fn insert(tx: &Tx, rows: Vec<spot_check::Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let once =
        sea_orm::sea_query::OnConflict::columns([spot_check::Column::CommentId, spot_check::Column::StaffId])
            .do_nothing()
            .to_owned();
    spot_check::Entity::insert_many(rows.into_iter().map(|row| row.into_active_model().reset_all()))
        .on_conflict(once)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}
