//! Where praised names stand that nobody bears: noted with each attribution, and where a person decides that somebody
//! is meant by a name they do not bear.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use domain::text::to_code_points;
use entity::{
    comment, comment_revision,
    json::{Ids, Span, Spans},
    name_answer, organisation, unmet_name, verdict,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr,
};
use uuid::Uuid;

use super::{again, customer_id, is_customers_own, name_id, stretch};
use crate::{
    attribute::{app::AttributeApp, engine::Answer},
    capture::read,
    ledger::verdict as verdicts,
    platform::{db::Tx, job, secret::Secrets},
};

/// Names of one comment, and whose they are, are known by this.
type Key = (Uuid, Uuid);

/// Notes what the engine found in these comments, in place of what was noted of them before. The comments are locked.
pub(crate) async fn replace(
    tx: &Tx,
    secrets: &Secrets,
    answers: &[Answer],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let ids = answers.iter().map(|answer| answer.question.comment.id);
    unmet_name::Entity::delete_many()
        .filter(unmet_name::Column::CommentId.is_in(ids))
        .exec(tx)
        .await?;
    let mut seen: HashSet<Key> = HashSet::new();
    let rows = answers.iter().flat_map(|answer| rows(secrets, answer, now));
    let rows: Vec<unmet_name::Model> = rows
        .filter(|row| seen.insert((row.comment_id, row.name_id)))
        .collect();
    read_late_ones_again(tx, &rows, now).await?;
    insert(tx, rows).await
}

fn rows<'a>(
    secrets: &'a Secrets,
    answer: &'a Answer,
    now: DateTime<Utc>,
) -> impl Iterator<Item = unmet_name::Model> + 'a {
    let (comment, words) = (&answer.question.comment, &answer.question.words);
    let text = words.text.as_deref().unwrap_or_default();
    answer.attribution.unmet.iter().filter_map(move |unmet| {
        let in_code_points = to_code_points(text, unmet.span);
        let span = Span {
            start: u32::try_from(in_code_points.start).ok()?,
            end: u32::try_from(in_code_points.end).ok()?,
        };
        let nearest = Ids(unmet.nearest.clone());
        row(secrets, (comment, words), span, nearest, now)
    })
}

/// None without a site, and where the name is the customer's own.
fn row(
    secrets: &Secrets,
    (comment, words): (&comment::Model, &comment_revision::Model),
    span: Span,
    nearest: Ids,
    now: DateTime<Utc>,
) -> Option<unmet_name::Model> {
    let (organisation, site) = (comment.organisation_id, comment.site_id?);
    let name = stretch(words.text.as_deref()?, span);
    if name.trim().is_empty() || is_customers_own(&name, words) {
        return None;
    }
    Some(unmet_name::Model {
        id: Uuid::now_v7(),
        organisation_id: organisation,
        site_id: site,
        name_id: name_id(secrets, organisation, site, &name),
        comment_id: comment.id,
        revision: words.number,
        span: Spans(vec![span]),
        customer_id: customer_id(secrets, comment, words),
        nearest,
        is_found: true,
        chosen_id: None,
        created_at: now,
    })
}

async fn insert(tx: &Tx, rows: Vec<unmet_name::Model>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    unmet_name::Entity::insert_many(rows.into_iter().map(|row| row.into_active_model().reset_all()))
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// A name of which somebody said meanwhile whose it is was looked for in the roster of before.
async fn read_late_ones_again(tx: &Tx, rows: &[unmet_name::Model], now: DateTime<Utc>) -> Result<(), DbErr> {
    if rows.is_empty() {
        return Ok(());
    }
    let answered = name_answer::Entity::find()
        .filter(name_answer::Column::NameId.is_in(rows.iter().map(|row| row.name_id)))
        .filter(name_answer::Column::StaffId.is_not_null())
        .filter(name_answer::Column::UndoneAt.is_null())
        .all(tx)
        .await?;
    job::enqueue_all(tx, answered.iter().map(|one| again::job_for(one, now)).collect()).await
}

/// Learns from a decision that credits people: who of them is meant by a name that they do not bear. To be called in the
/// transaction of the decision, after it.
pub async fn learn(
    app: &AttributeApp,
    tx: &Tx,
    (organisation, comment): (Uuid, Uuid),
    credited: &[Uuid],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    forget(tx, comment).await?;
    let Some(said) = read::one(tx, organisation, comment).await? else {
        return Ok(());
    };
    let (Some(site), Some(text)) = (said.0.site_id, said.1.text.as_deref()) else {
        return Ok(());
    };
    let Some(own) = organisation::Entity::find_by_id(organisation).one(tx).await? else {
        return Ok(());
    };
    let roster = app.rosters.get(tx, &own).await?;
    let mut chosen: HashMap<Uuid, (unmet_name::Model, Uuid)> = HashMap::new();
    let mut unplaced = Vec::new();
    let current = verdicts::current(tx, &[comment]).await?;
    for staff in credited {
        let spans = spans_of(&current, *staff, said.1.number);
        if spans.is_empty() {
            unplaced.push(*staff);
        }
        for span in spans {
            if roster.called(site, &stretch(text, span)).contains(staff) {
                continue;
            }
            if let Some(row) = row(&app.secrets, (&said.0, &said.1), span, Ids::default(), now) {
                chosen.insert(row.name_id, (row, *staff));
            }
        }
    }
    let known = unmet_name::Entity::within(organisation)
        .filter(unmet_name::Column::CommentId.eq(comment))
        .all(tx)
        .await?;
    // One name that nobody bears, and one person whom nothing else in the words names.
    if let ([name], [staff]) = (known.as_slice(), unplaced.as_slice()) {
        chosen.insert(name.name_id, (name.clone(), *staff));
    }
    write(tx, &known, chosen).await
}

/// Where a person's decision, or the engine before it, saw somebody named.
fn spans_of(current: &[verdict::Model], staff: Uuid, revision: i32) -> Vec<Span> {
    let own = current
        .iter()
        .filter(|verdict| verdict.staff_id == Some(staff) && verdict.revision == revision);
    own.flat_map(|verdict| verdict.spans.0.iter().copied()).collect()
}

async fn write(
    tx: &Tx,
    known: &[unmet_name::Model],
    chosen: HashMap<Uuid, (unmet_name::Model, Uuid)>,
) -> Result<(), DbErr> {
    let mut new = Vec::new();
    for (name, (row, staff)) in chosen {
        match known.iter().find(|known| known.name_id == name) {
            Some(known) => choose(tx, known.id, Some(staff)).await?,
            None => new.push(unmet_name::Model {
                is_found: false,
                chosen_id: Some(staff),
                ..row
            }),
        }
    }
    insert(tx, new).await
}

async fn choose(tx: &Tx, row: Uuid, staff: Option<Uuid>) -> Result<(), DbErr> {
    unmet_name::Entity::update_many()
        .col_expr(unmet_name::Column::ChosenId, Expr::value(staff))
        .filter(unmet_name::Column::Id.eq(row))
        .exec(tx)
        .await?;
    Ok(())
}

/// Forgets what decisions on a comment said of names; what the engine found stays.
pub(crate) async fn forget(tx: &Tx, comment: Uuid) -> Result<(), DbErr> {
    use unmet_name::Column;
    unmet_name::Entity::delete_many()
        .filter(Column::CommentId.eq(comment))
        .filter(Column::IsFound.eq(false))
        .exec(tx)
        .await?;
    unmet_name::Entity::update_many()
        .col_expr(Column::ChosenId, Expr::value(None::<Uuid>))
        .filter(Column::CommentId.eq(comment))
        .filter(Column::ChosenId.is_not_null())
        .exec(tx)
        .await?;
    Ok(())
}
