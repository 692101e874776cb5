//! Words that are to go: erased for good, or withdrawn with everything they earned.
use chrono::{DateTime, Utc};
use entity::{
    answer, comment, comment_revision, json::Author, kept_post, passed_on, spot_check, unmet_name, verdict,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, QueryFilter, prelude::Json,
    sea_query::Expr,
};
use uuid::Uuid;

use super::search;
use crate::{
    access::audit,
    capture::source::inbox,
    ledger::{self, promise, verdict as verdicts},
    platform::{db::Tx, lock},
};

/// Who asked for it, and why.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// As in the audit log.
    pub actor: &'a str,
    /// `erasure_request`, `withdrawn_by_customer`, `import_undone`, `deleted_at_source`, …
    pub reason: &'a str,
    /// Our time.
    pub now: DateTime<Utc>,
}

/// Erases a comment's words and author; who was recognised when and where stays. `false` where there is none.
pub async fn erase(tx: &Tx, organisation: Uuid, id: Uuid, request: Request<'_>) -> Result<bool, DbErr> {
    let Some(comment) = lock::comment(tx, organisation, id).await? else {
        return Ok(false);
    };
    if comment.erased_at.is_some() {
        return Ok(true);
    }
    if comment.state == comment::State::Shielded {
        // Nobody read it, so nobody is to be credited for it.
        withdraw_verdicts(tx, std::slice::from_ref(&comment), request).await?;
    }
    erase_revisions(tx, &comment).await?;
    search::forget(tx, &[comment.id]).await?;
    erase_replies(tx, &comment).await?;
    spot_check::Entity::delete_many()
        .filter(spot_check::Column::CommentId.eq(comment.id))
        .filter(spot_check::Column::AnsweredAt.is_null())
        .exec(tx)
        .await?;
    unmet_name::Entity::delete_many()
        .filter(unmet_name::Column::CommentId.eq(comment.id))
        .exec(tx)
        .await?;
    let mut erased: comment::ActiveModel = comment.clone().into();
    erased.erased_at = Set(Some(request.now));
    erased.erased_reason = Set(Some(request.reason.to_owned()));
    erased.concern_since = Set(None);
    // Without words nothing is left to find out, to decide or to release.
    erased.state = Set(comment::State::Done);
    erased.update(tx).await?;
    promise::erased(tx, comment.id, request.now).await?;
    inbox::forget_comment(tx, comment.id).await?;
    // Nothing is left that could be looked up again at a public network.
    kept_post::Entity::delete_by_id(comment.id).exec(tx).await?;
    record(tx, &comment, "erase_comment", request).await?;
    Ok(true)
}

async fn erase_revisions(tx: &Tx, comment: &comment::Model) -> Result<(), DbErr> {
    use comment_revision::Column;
    comment_revision::Entity::update_many()
        .col_expr(Column::Text, Expr::value(None::<String>))
        .col_expr(Column::Hint, Expr::value(None::<String>))
        .col_expr(Column::Author, Expr::value(None::<Author>))
        .col_expr(Column::StaffReference, Expr::value(None::<String>))
        .col_expr(Column::Post, Expr::value(None::<String>))
        .col_expr(Column::Permalink, Expr::value(None::<String>))
        .col_expr(Column::Metadata, Expr::value(None::<Json>))
        .filter(Column::CommentId.eq(comment.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// What colleagues wrote to the customer may repeat the customer's words or name.
async fn erase_replies(tx: &Tx, comment: &comment::Model) -> Result<(), DbErr> {
    answer::Entity::delete_many()
        .filter(answer::Column::CommentId.eq(comment.id))
        .exec(tx)
        .await?;
    passed_on::Entity::update_many()
        .col_expr(passed_on::Column::Note, Expr::value(None::<String>))
        .filter(passed_on::Column::CommentId.eq(comment.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes comments back: their credits are withdrawn, they leave feeds and counts, and their words are erased. They are
/// locked in the order of their ids, and what counts them once in that of its keys.
pub async fn withdraw(tx: &Tx, organisation: Uuid, ids: &[Uuid], request: Request<'_>) -> Result<(), DbErr> {
    let mut withdrawn = Vec::new();
    for comment in lock::comments(tx, ids).await? {
        if comment.organisation_id != organisation || comment.withdrawn_at.is_some() {
            continue;
        }
        let mut row: comment::ActiveModel = comment.into();
        row.withdrawn_at = Set(Some(request.now));
        row.state = Set(comment::State::Done);
        withdrawn.push(row.update(tx).await?);
    }
    withdraw_verdicts(tx, &withdrawn, request).await?;
    ledger::derive::derive(tx, &withdrawn, request.now).await?;
    for comment in &withdrawn {
        record(tx, comment, "withdraw_comment", request).await?;
        erase(tx, organisation, comment.id, request).await?;
    }
    Ok(())
}

async fn withdraw_verdicts(tx: &Tx, comments: &[comment::Model], request: Request<'_>) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = comments.iter().map(|comment| comment.id).collect();
    let current = verdicts::current(tx, &ids).await?;
    let standing = current
        .into_iter()
        .filter(|verdict| matches!(verdict.state, verdict::State::Credited | verdict::State::Open));
    let decisions = standing.map(|verdict| verdicts::Decision {
        state: verdict::State::Withdrawn,
        decided_by: verdict::DecidedBy::Person,
        actor: Some(request.actor.to_owned()),
        ..verdicts::Decision::following(&verdict)
    });
    verdicts::append(tx, decisions.collect(), request.now).await?;
    Ok(())
}

async fn record(tx: &Tx, comment: &comment::Model, action: &str, request: Request<'_>) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: comment.organisation_id,
        at: request.now,
        actor: request.actor,
        action,
        subject_kind: "comment",
        subject_id: Some(comment.id.to_string()),
        detail: serde_json::json!({ "reason": request.reason }),
    };
    audit::record(tx, entry).await
}
