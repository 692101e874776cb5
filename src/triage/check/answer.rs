//! What somebody says who was asked: whether they name the one who was credited is counted. Where they do not, their word is
//! a decision like any other.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{decision, organisation, spot_check, verdict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
    sea_query::Expr,
};
use serde_json::json;
use uuid::Uuid;

use super::precision;
use crate::{
    access::audit,
    attribute::app::AttributeApp,
    ledger::verdict as verdicts,
    platform::{db::Tx, lock},
    triage::{Answer, DecisionError, NewDecision, decide_and_learn},
};

/// The threshold changes by itself at most so often.
const WEEK: TimeDelta = TimeDelta::days(7);
/// Smaller changes are none.
const STEP: f64 = 0.005;

/// Counts an answer; `new` is what is decided where the answer is another one than the engine's. Answers the decision.
pub async fn answer(
    app: &AttributeApp,
    tx: &Tx,
    check: Uuid,
    new: NewDecision<'_>,
) -> Result<Option<decision::Model>, DecisionError> {
    let (organisation, actor, now) = (new.organisation, new.actor, new.now);
    let known = super::list::one(tx, organisation, check).await?;
    let known = known.ok_or(DecisionError::NoSuchComment)?;
    // The comment is locked first, as everywhere.
    lock::comment(tx, organisation, known.comment_id).await?;
    let check = open(tx, organisation, check).await?;
    if new.oneself == Some(check.staff_id) {
        return Err(DecisionError::Oneself);
    }
    let is_right = new.answer == Answer::Credit(vec![check.staff_id]);
    if !is_right && names_others_only(tx, &check, &new.answer).await? {
        return Err(DecisionError::NothingToDecide);
    }
    let decided = if is_right {
        None
    } else {
        let new = NewDecision {
            take_back: vec![check.staff_id],
            keeps_others: true,
            ..new
        };
        match decide_and_learn(app, tx, new).await {
            Ok(decided) => Some(decided),
            // Somebody took the credit back already.
            Err(DecisionError::NothingToDecide) => None,
            Err(other) => return Err(other),
        }
    };
    let entry = audit::Entry {
        organisation,
        at: now,
        actor,
        action: "answer_spot_check",
        subject_kind: "comment",
        subject_id: Some(check.comment_id.to_string()),
        detail: json!({ "is_right": is_right }),
    };
    audit::record(tx, entry).await?;
    let mut row: spot_check::ActiveModel = check.into();
    row.is_right = Set(Some(is_right));
    row.decision_id = Set(decided.as_ref().map(|decided| decided.id));
    row.actor = Set(Some(actor.to_owned()));
    row.answered_at = Set(Some(now));
    row.update(tx).await?;
    adjust(tx, organisation, now).await?;
    Ok(decided)
}

/// Whether people are named who are credited beside the one that was asked about: that says nothing against them.
async fn names_others_only(tx: &Tx, check: &spot_check::Model, answer: &Answer) -> Result<bool, DbErr> {
    let Answer::Credit(named) = answer else {
        return Ok(false);
    };
    let current = verdicts::current(tx, &[check.comment_id]).await?;
    let stands = |staff: &Uuid| {
        *staff != check.staff_id
            && current
                .iter()
                .any(|one| one.staff_id == Some(*staff) && one.state == verdict::State::Credited)
    };
    Ok(!named.is_empty() && named.iter().all(stands))
}

/// The question, locked.
async fn open(tx: &Tx, organisation: Uuid, id: Uuid) -> Result<spot_check::Model, DecisionError> {
    let mut found = spot_check::Entity::within(organisation).filter(spot_check::Column::Id.eq(id));
    if !tx.is_sqlite() {
        found = found.lock_exclusive();
    }
    let found = found.one(tx).await?.ok_or(DecisionError::NoSuchComment)?;
    match found.answered_at {
        None => Ok(found),
        Some(_) => Err(DecisionError::NothingToDecide),
    }
}

/// Asks again where a decision is undone that was somebody's answer.
pub(crate) async fn reopen(tx: &Tx, decision: Uuid) -> Result<(), DbErr> {
    use spot_check::Column;
    spot_check::Entity::update_many()
        .col_expr(Column::IsRight, Expr::value(None::<bool>))
        .col_expr(Column::Actor, Expr::value(None::<String>))
        .col_expr(Column::AnsweredAt, Expr::value(None::<DateTime<Utc>>))
        .col_expr(Column::DecisionId, Expr::value(None::<Uuid>))
        .filter(Column::DecisionId.eq(decision))
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes on the threshold that answers call for, if the organisation wants that and a week has passed since the last time.
async fn adjust(tx: &Tx, id: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
    lock::roster_changes(tx, id).await?;
    let Some(own) = organisation::Entity::find_by_id(id).one(tx).await? else {
        return Ok(());
    };
    let is_early = own.threshold_adjusted_at.is_some_and(|at| now < at + WEEK);
    if !own.adjusts_threshold || is_early {
        return Ok(());
    }
    let present = own
        .threshold
        .unwrap_or(domain::attribution::Settings::default().threshold);
    let Some(proposal) = precision::proposal(tx, &own, now).await? else {
        return Ok(());
    };
    // It is never lowered unasked: below it nothing has been asked about since it holds.
    if proposal.threshold < present + STEP {
        return Ok(());
    }
    let version = own.settings_version;
    let mut row: organisation::ActiveModel = own.into();
    row.threshold = Set(Some(proposal.threshold));
    row.threshold_adjusted_at = Set(Some(now));
    row.settings_version = Set(version + 1);
    row.update(tx).await?;
    let entry = audit::Entry {
        organisation: id,
        at: now,
        actor: "system",
        action: "adjust_threshold",
        subject_kind: "organisation",
        subject_id: Some(id.to_string()),
        detail: json!({
            "from": present,
            "to": proposal.threshold,
            "answers": proposal.tally.n,
            "right": proposal.tally.right,
        }),
    };
    audit::record(tx, entry).await
}
