//! Which automatic credits are asked about: drawn by a keyed hash of comment and person, so that nobody can foresee it and
//! a batch that is repeated draws the same.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::attribution::{self, Decision};
use entity::{
    assignment::{self, holding_on},
    comment,
    json::Ids,
    recognition, spot_check,
};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QuerySelect,
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
/// Colleagues among whom the others are chosen.
const COLLEAGUES: u64 = 50;

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
        let own = &answer.question.organisation;
        let every = match shares.get(&own.id) {
            Some(known) => *known,
            None => *shares.entry(own.id).or_insert(share(tx, own).await?),
        };
        let is_told = answer.question.comment.tell != comment::Tell::None;
        let lot = lot(secrets, praise.comment_id, staff);
        if every.is_some_and(|every| is_told && lot.is_multiple_of(every)) {
            drawn.push(question(tx, secrets, answer, (praise, staff, credit.confidence), now).await?);
        }
    }
    insert(tx, drawn).await
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

async fn question(
    tx: &Tx,
    secrets: &Secrets,
    answer: &Answer,
    (praise, staff, confidence): (&recognition::Model, Uuid, f64),
    now: DateTime<Utc>,
) -> Result<spot_check::Model, DbErr> {
    let (comment, words) = (&answer.question.comment, &answer.question.words);
    let text = words.text.as_deref().unwrap_or_default();
    let id = Uuid::now_v7();
    let mut offered = vec![staff];
    let others = answer.attribution.candidates.iter().map(|one| one.staff);
    let mut colleagues = colleagues(tx, praise).await?;
    colleagues.sort_by_key(|one| lot(secrets, id, *one));
    for one in others.chain(colleagues) {
        if offered.len() < OFFERED && !offered.contains(&one) {
            offered.push(one);
        }
    }
    offered.sort_by_key(|one| lot(secrets, *one, id));
    Ok(spot_check::Model {
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
    })
}

/// Who worked at the site that day.
async fn colleagues(tx: &Tx, praise: &recognition::Model) -> Result<Vec<Uuid>, DbErr> {
    let Some(site) = praise.site_id else {
        return Ok(Vec::new());
    };
    assignment::Entity::within(praise.organisation_id)
        .filter(assignment::Column::SiteId.eq(site))
        .filter(holding_on(praise.occurred_on))
        .select_only()
        .column(assignment::Column::StaffId)
        .limit(COLLEAGUES)
        .into_tuple()
        .all(tx)
        .await
}

/// Drops the questions about comments that nobody answered.
pub async fn forget(tx: &Tx, comments: Vec<Uuid>) -> Result<(), DbErr> {
    if comments.is_empty() {
        return Ok(());
    }
    spot_check::Entity::delete_many()
        .filter(spot_check::Column::CommentId.is_in(comments))
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
    spot_check::Entity::insert_many(rows.into_iter().map(all_set))
        .on_conflict(once)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

fn all_set(row: spot_check::Model) -> spot_check::ActiveModel {
    spot_check::ActiveModel {
        id: Set(row.id),
        organisation_id: Set(row.organisation_id),
        comment_id: Set(row.comment_id),
        revision: Set(row.revision),
        staff_id: Set(row.staff_id),
        source_id: Set(row.source_id),
        site_id: Set(row.site_id),
        manager_id: Set(row.manager_id),
        language: Set(row.language),
        confidence: Set(row.confidence),
        candidates: Set(row.candidates),
        created_at: Set(row.created_at),
        is_right: Set(row.is_right),
        decision_id: Set(row.decision_id),
        actor: Set(row.actor),
        answered_at: Set(row.answered_at),
    }
}
