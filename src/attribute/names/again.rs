//! The stage: a job `ask_again` puts the comments of a name to the engine once more after somebody said whose it is, or
//! took that back; a hundred at a time, each batch in one transaction with its progress and the job of the next.
//!
//! Only what follows from the name is taken: what the engine says of other people may have other reasons. Nobody is told.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{among, comment, decision, name_answer, unmet_name, verdict};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect, QueryTrait, Select, sea_query::Expr,
};
use uuid::Uuid;

use super::{aim::Aim, found};
use crate::{
    attribute::{
        app::AttributeApp,
        effects, engine,
        stage::{is_readable, questions_on},
    },
    ledger::derive,
    platform::{
        db::Tx,
        job::{
            self, Claimed, Job, NewJob, queue,
            worker::{Batch, Failures},
        },
        lock,
    },
};

/// Comments of one transaction.
const TOGETHER: u64 = 100;

/// The job that begins with the first comment.
pub(super) fn job_for(answer: &name_answer::Model, now: DateTime<Utc>) -> NewJob {
    new_job(answer, None, now)
}

fn new_job(answer: &name_answer::Model, after: Option<Uuid>, now: DateTime<Utc>) -> NewJob {
    NewJob {
        organisation: answer.organisation_id,
        job: Job::AskAgain {
            answer: answer.id,
            is_undone: answer.undone_at.is_some(),
            after,
        },
        run_at: now,
        key: None,
    }
}

/// Goes on with each of a batch of answers.
pub async fn ask_again(app: AttributeApp, batch: Batch) -> anyhow::Result<Failures> {
    for job in batch.jobs {
        if batch.lost.is_cancelled() {
            break;
        }
        go_on(&app, &job).await?;
    }
    Ok(Failures::new())
}

async fn go_on(app: &AttributeApp, claimed: &Claimed) -> anyhow::Result<()> {
    let Job::AskAgain {
        answer,
        is_undone,
        after,
    } = claimed.job
    else {
        return Ok(());
    };
    let db = app.db.read();
    let answer = name_answer::Entity::find_by_id(answer).one(db).await?;
    // What was undone meanwhile is read again for that reason, by another job.
    let answer = answer.filter(|one| one.undone_at.is_some() == is_undone);
    let Some((answer, staff)) = answer.and_then(|one| Some((one.clone(), one.staff_id?))) else {
        let tx = app.db.write().await?;
        queue::finish(&tx, std::slice::from_ref(claimed)).await?;
        return Ok(tx.commit().await?);
    };
    let comments = concerned(&answer, staff, after).limit(TOGETHER).all(db).await?;
    let ids: Vec<Uuid> = comments.iter().map(|comment| comment.id).collect();
    let settled = comments.into_iter().filter(is_settled).collect();
    let questions = questions_on(app, settled).await?;
    let answers = tokio::task::spawn_blocking(|| questions.into_iter().map(engine::ask).collect()).await?;
    commit(app, claimed, (answer, staff), ids, answers).await
}

/// Words that are to be read, or looked at, are read with the roster as it is then.
fn is_settled(comment: &comment::Model) -> bool {
    matches!(comment.state, comment::State::Triage | comment::State::Done) && is_readable(comment)
}

async fn commit(
    app: &AttributeApp,
    claimed: &Claimed,
    (answer, staff): (name_answer::Model, Uuid),
    ids: Vec<Uuid>,
    mut answers: Vec<engine::Answer>,
) -> anyhow::Result<()> {
    let tx = app.db.write().await?;
    let locked = lock::comments(&tx, &ids).await?;
    if queue::finish(&tx, std::slice::from_ref(claimed))
        .await?
        .is_empty()
    {
        return Ok(());
    }
    // Undone, or said again, since it was read: what follows from that is another job's.
    if !still_holds(&tx, &answer).await? {
        return Ok(tx.commit().await?);
    }
    let now = app.clock.now();
    if answer.undone_at.is_none() {
        let praises_nobody = praise_nobody(&tx, &ids).await?;
        answers.retain(|answer| !praises_nobody.contains(&answer.question.comment.id));
    }
    answers.retain(|answer| {
        let asked = &answer.question.comment;
        let is_same = |comment: &&comment::Model| comment.id == asked.id && **comment == *asked;
        locked.iter().find(is_same).is_some_and(is_settled)
    });
    let aim = Aim {
        staff,
        undone: answer.undone_at.map(|_| answer.created_at),
    };
    let comments = effects::write_aimed(&tx, &answers, aim, now).await?;
    let won = derive::derive_quietly(&tx, &comments, now).await?;
    if answer.undone_at.is_some() {
        found::replace(&tx, &app.secrets, &answers, now).await?;
    }
    let changed = match answer.undone_at {
        None => won.iter().filter(|one| one.staff_id == Some(staff)).count(),
        Some(_) => comments.len(),
    };
    let last = ids.last().copied().filter(|_| ids.len() as u64 == TOGETHER);
    progress(&tx, &answer, (ids.len(), changed), last.is_none().then_some(now)).await?;
    if let Some(last) = last {
        job::enqueue_all(&tx, vec![new_job(&answer, Some(last), now)]).await?;
    }
    Ok(tx.commit().await?)
}

/// Whether the answer stands as it was read.
async fn still_holds(tx: &Tx, answer: &name_answer::Model) -> Result<bool, DbErr> {
    let mut found = name_answer::Entity::find_by_id(answer.id);
    if !tx.is_sqlite() {
        found = found.lock_shared();
    }
    let found = found.one(tx).await?;
    Ok(found.is_some_and(|now| now.undone_at == answer.undone_at))
}

/// Those of the comments of which somebody decided last that they praise nobody: no name changes that.
async fn praise_nobody(tx: &Tx, comments: &[Uuid]) -> Result<HashSet<Uuid>, DbErr> {
    let decided = decision::Entity::find()
        .filter(among(decision::Column::CommentId, comments.iter().copied()))
        .filter(decision::Column::UndoneAt.is_null())
        .order_by_asc(decision::Column::Number)
        .all(tx)
        .await?;
    let last: HashMap<Uuid, decision::Kind> = decided
        .into_iter()
        .map(|decision| (decision.comment_id, decision.kind))
        .collect();
    let nobody = last
        .into_iter()
        .filter(|(_, kind)| *kind == decision::Kind::NotPraise);
    Ok(nobody.map(|(comment, _)| comment).collect())
}

async fn progress(
    tx: &Tx,
    answer: &name_answer::Model,
    (read, changed): (usize, usize),
    finished_at: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    use name_answer::Column;
    let more = |column: Column, by: usize| Expr::col(column).add(i64::try_from(by).unwrap_or(i64::MAX));
    name_answer::Entity::update_many()
        .col_expr(Column::Read, more(Column::Read, read))
        .col_expr(Column::Credited, more(Column::Credited, changed))
        .col_expr(Column::FinishedAt, Expr::value(finished_at))
        .filter(Column::Id.eq(answer.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// How many comments there are to read.
pub(super) async fn count(
    connection: &impl ConnectionTrait,
    answer: &name_answer::Model,
) -> Result<i64, DbErr> {
    let Some(staff) = answer.staff_id else {
        return Ok(0);
    };
    let n = concerned(answer, staff, None).count(connection).await?;
    Ok(i64::try_from(n).unwrap_or(i64::MAX))
}

/// The comments that an answer concerns, in the order of their ids: those in which the name stands, and those at the site
/// that wait for a person to decide whether they mean this one. Once it is undone, those in which the engine said
/// something of the person since.
fn concerned(answer: &name_answer::Model, staff: Uuid, after: Option<Uuid>) -> Select<comment::Entity> {
    use comment::Column;
    let own = answer.organisation_id;
    let mut said = verdict::Entity::within(own)
        .filter(verdict::Column::StaffId.eq(staff))
        .filter(verdict::Column::DecidedBy.eq(verdict::DecidedBy::Engine));
    if answer.undone_at.is_some() {
        said = said.filter(verdict::Column::CreatedAt.gte(answer.created_at));
    } else {
        said = said.filter(verdict::Column::State.eq(verdict::State::Open));
    }
    let said = said.select_only().column(verdict::Column::CommentId).into_query();
    let named = unmet_name::Entity::within(own)
        .filter(unmet_name::Column::SiteId.eq(answer.site_id))
        .filter(unmet_name::Column::NameId.eq(answer.name_id))
        .select_only()
        .column(unmet_name::Column::CommentId)
        .into_query();
    let waits = Condition::all()
        .add(Column::State.eq(comment::State::Triage))
        .add(Column::SiteId.eq(answer.site_id))
        .add(Column::Id.in_subquery(said.clone()));
    let concerned = match answer.undone_at {
        None => Condition::any().add(Column::Id.in_subquery(named)).add(waits),
        Some(_) => Condition::all().add(Column::Id.in_subquery(said)),
    };
    let mut comments = comment::Entity::within(own).filter(concerned);
    if let Some(after) = after {
        comments = comments.filter(Column::Id.gt(after));
    }
    comments.order_by_asc(Column::Id)
}
