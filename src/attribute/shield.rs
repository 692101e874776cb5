//! Words that nobody should be told of before a safe reader has seen them: they are kept back before anybody is credited.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use domain::shield::{self, Kind};
use entity::{
    among,
    comment::{self, State},
    json::Words,
    spot_check, unmet_name,
};
use sea_orm::{
    ActiveEnum, ColumnTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, Value},
};
use uuid::Uuid;

use super::{
    app::AttributeApp,
    engine::{self, Question},
    stage,
};
use crate::{
    capture, ledger,
    platform::{blocking::blocking, db::Tx, job},
    route,
};

/// A comment that the shield keeps.
pub(super) struct Shielded {
    pub(super) question: Question,
    pub(super) kinds: Vec<Kind>,
}

/// What the shield sees in words that no safe reader let through.
pub(super) fn look(question: &Question) -> Vec<Kind> {
    let words = &question.words;
    if question.comment.cleared_revision == Some(words.number) {
        return Vec::new();
    }
    let said = [words.text.as_deref(), words.hint.as_deref()];
    let mut kinds: Vec<Kind> = said.into_iter().flatten().flat_map(shield::look).collect();
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// Whether words may be about somebody on the staff: the engine considers them, however unsure it is. Nobody decides about
/// words on themselves.
pub async fn may_be_about(
    app: &AttributeApp,
    organisation: Uuid,
    comment: Uuid,
    staff: Uuid,
) -> Result<bool, DbErr> {
    let found = capture::read::one(app.db.read(), organisation, comment).await?;
    let comments = found.into_iter().map(|(comment, _)| comment).collect();
    let questions = stage::questions_on(app, comments).await?;
    let considers = move |question: Question| {
        let candidates = engine::ask(question).attribution.candidates;
        candidates.iter().any(|candidate| candidate.staff == staff)
    };
    Ok(blocking(move || questions.into_iter().any(considers)).await)
}

/// Takes locked comments out of everything that people see, whatever was decided about their earlier words, and has safe
/// readers told.
pub(super) async fn keep_back(tx: &Tx, shielded: Vec<Shielded>, now: DateTime<Utc>) -> Result<(), DbErr> {
    if shielded.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = shielded.iter().map(|one| one.question.comment.id).collect();
    let mut alike: HashMap<Vec<Kind>, Vec<Uuid>> = HashMap::new();
    for one in &shielded {
        let same = alike.entry(one.kinds.clone()).or_default();
        same.push(one.question.comment.id);
    }
    for (kinds, ids) in alike {
        mark(tx, &kinds, ids).await?;
    }
    forget_questions(tx, &ids).await?;
    let kept: Vec<comment::Model> = shielded
        .into_iter()
        .map(|one| comment::Model {
            state: State::Shielded,
            ..one.question.comment
        })
        .collect();
    ledger::derive::derive_from(tx, &kept, Vec::new(), now).await?;
    let to_route = kept.iter().map(|comment| route::job_for(comment, now)).collect();
    job::enqueue_all(tx, to_route).await
}

async fn mark(tx: &Tx, kinds: &[Kind], ids: Vec<Uuid>) -> Result<(), DbErr> {
    use comment::Column;
    let codes = Words(kinds.iter().map(|kind| kind.code().to_owned()).collect());
    comment::Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Shielded.to_value()))
        .col_expr(Column::HeldFor, Expr::value(Some(codes)))
        .col_expr(Column::KeptAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::Tone, Expr::value(Value::String(None)))
        .col_expr(Column::ConcernSince, Expr::value(None::<DateTime<Utc>>))
        .filter(among(Column::Id, ids))
        .exec(tx)
        .await?;
    Ok(())
}

/// Nobody is asked about words that they may not see.
async fn forget_questions(tx: &Tx, ids: &[Uuid]) -> Result<(), DbErr> {
    spot_check::Entity::delete_many()
        .filter(among(spot_check::Column::CommentId, ids.iter().copied()))
        .filter(spot_check::Column::AnsweredAt.is_null())
        .exec(tx)
        .await?;
    unmet_name::Entity::delete_many()
        .filter(among(unmet_name::Column::CommentId, ids.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}
