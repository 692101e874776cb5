//! Undoing the last decision on a comment: by verdicts that say again what was said before it.
use chrono::{DateTime, Utc};
use entity::{comment, decision, verdict};
use sea_orm::{ActiveEnum, ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, QueryFilter, QueryOrder};
use serde_json::json;
use uuid::Uuid;

use super::{DecisionError, check, decide::decidable, settle};
use crate::{
    access::audit,
    attribute::names,
    ledger::verdict::{self as verdicts, Decision},
    platform::db::Tx,
};

/// Undoes the last decision on a comment, if nothing else has happened to its verdicts since. `oneself` is who undoes it,
/// unless they may credit themselves.
pub async fn undo(
    tx: &Tx,
    organisation: Uuid,
    comment: Uuid,
    actor: &str,
    oneself: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<decision::Model, DecisionError> {
    let comment = decidable(tx, organisation, comment).await?;
    let last = last_decision(tx, &comment).await?;
    let last = last
        .filter(|decision| decision.undone_at.is_none())
        .ok_or(DecisionError::NothingToUndo)?;
    let restored = restored(tx, &comment, &last, actor).await?;
    let is_credit = |said: &Decision| said.state == verdict::State::Credited && said.staff == oneself;
    if oneself.is_some() && restored.iter().any(is_credit) {
        return Err(DecisionError::Oneself);
    }
    verdicts::append(tx, restored, now).await?;
    let undone = record(tx, &comment, last, actor, now).await?;
    names::found::forget(tx, comment.id).await?;
    check::answer::reopen(tx, undone.id).await?;
    settle::settle(tx, &comment, undone.words_had_changed, now).await?;
    Ok(undone)
}

async fn last_decision(tx: &Tx, comment: &comment::Model) -> Result<Option<decision::Model>, DbErr> {
    decision::Entity::within(comment.organisation_id)
        .filter(decision::Column::CommentId.eq(comment.id))
        .order_by_desc(decision::Column::Number)
        .one(tx)
        .await
}

async fn restored(
    tx: &Tx,
    comment: &comment::Model,
    decision: &decision::Model,
    actor: &str,
) -> Result<Vec<Decision>, DecisionError> {
    let all = verdicts::history(tx, &[comment.id]).await?;
    let mut restored = Vec::new();
    for verdict in all
        .iter()
        .filter(|verdict| decision.verdicts.0.contains(&verdict.id))
    {
        let own = || all.iter().filter(|other| other.staff_id == verdict.staff_id);
        if own().any(|other| other.sequence > verdict.sequence) {
            return Err(DecisionError::ChangedSince);
        }
        let before = own().find(|other| other.sequence + 1 == verdict.sequence);
        restored.push(again(verdict, before, actor));
    }
    Ok(restored)
}

/// What was said before, said again: by the engine if it was the engine's word, so that it may speak again. Somebody
/// of whom nothing had been said is withdrawn.
fn again(verdict: &verdict::Model, before: Option<&verdict::Model>, actor: &str) -> Decision {
    let said = before.map_or_else(
        || Decision {
            state: verdict::State::Withdrawn,
            ..Decision::following(verdict)
        },
        Decision::following,
    );
    Decision {
        sequence: verdict.sequence + 1,
        actor: Some(actor.to_owned()),
        ..said
    }
}

async fn record(
    tx: &Tx,
    comment: &comment::Model,
    decision: decision::Model,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<decision::Model, DbErr> {
    let entry = audit::Entry {
        organisation: comment.organisation_id,
        at: now,
        actor,
        action: "undo_decision",
        subject_kind: "comment",
        subject_id: Some(comment.id.to_string()),
        detail: json!({ "decision": decision.kind.to_value(), "number": decision.number }),
    };
    audit::record(tx, entry).await?;
    let mut undone: decision::ActiveModel = decision.into();
    undone.undone_at = Set(Some(now));
    undone.undone_by = Set(Some(actor.to_owned()));
    undone.update(tx).await
}
