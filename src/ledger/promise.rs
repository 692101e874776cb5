//! That somebody hears of praise by a day: what ends it, and what has it hold again.
use chrono::{DateTime, Utc};
use entity::{
    among, comment,
    promise::{self, Column, State},
    recognition,
};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, Select, UpdateMany,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::platform::db::Tx;

/// States of those that wait, or would if somebody could be found who keeps them.
const NOT_KEPT: [State; 4] = [State::Open, State::Reminded, State::Paused, State::Undeliverable];

/// Those of recognitions were kept: the people heard.
pub(crate) async fn heard(
    tx: &Tx,
    recognitions: impl IntoIterator<Item = Uuid>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = recognitions.into_iter().collect();
    end(tx, of(ids), State::Heard, now).await
}

/// Recognitions hold no more: the customer took the words back, or somebody says that it is not theirs.
pub(super) async fn lost(
    tx: &Tx,
    comments: &[comment::Model],
    lost: &[&recognition::Model],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let is_gone = |one: &&&recognition::Model| {
        let comment = comments.iter().find(|comment| comment.id == one.comment_id);
        comment.is_some_and(|comment| comment.withdrawn_at.is_some())
    };
    type Rows<'a> = Vec<&'a &'a recognition::Model>;
    let (withdrawn, declined): (Rows<'_>, Rows<'_>) = lost.iter().partition(is_gone);
    for (rows, state) in [(withdrawn, State::Withdrawn), (declined, State::Declined)] {
        let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
        if !ids.is_empty() {
            end(tx, of(ids), state, now).await?;
        }
    }
    Ok(())
}

/// The words of a comment are gone: nothing is left to pass on.
pub(crate) async fn erased(tx: &Tx, comment: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
    let of_comment = Condition::all().add(Column::CommentId.eq(comment));
    end(tx, of_comment, State::Withdrawn, now).await
}

/// Those whose praise it is are gone: nobody is left to tell.
pub(crate) async fn gone(tx: &Tx, recognitions: Vec<Uuid>, now: DateTime<Utc>) -> Result<(), DbErr> {
    end(tx, of(recognitions), State::Withdrawn, now).await
}

fn of(recognitions: Vec<Uuid>) -> Condition {
    Condition::all().add(among(Column::RecognitionId, recognitions))
}

async fn end(tx: &Tx, which: Condition, state: State, now: DateTime<Utc>) -> Result<(), DbErr> {
    set(state, None, Some(now))
        .filter(which)
        .filter(Column::State.is_in(NOT_KEPT))
        .exec(tx)
        .await?;
    Ok(())
}

/// Those of recognitions hold again, until when they were to be kept.
pub(super) async fn hold_again(
    tx: &Tx,
    recognitions: impl IntoIterator<Item = Uuid>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let ids: Vec<Uuid> = recognitions.into_iter().collect();
    if ids.is_empty() {
        return Ok(());
    }
    set(State::Open, Some(now), None)
        .filter(among(Column::RecognitionId, ids))
        .filter(Column::EndedAt.is_not_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// A person must decide about comments first.
pub(crate) async fn pause(tx: &Tx, comments: &[Uuid]) -> Result<(), DbErr> {
    if comments.is_empty() {
        return Ok(());
    }
    set(State::Paused, None, None)
        .filter(among(Column::CommentId, comments.iter().copied()))
        .filter(Column::State.is_in([State::Open, State::Reminded]))
        .exec(tx)
        .await?;
    Ok(())
}

/// Somebody has decided about comments: the clock looks at them.
pub(crate) async fn go_on(tx: &Tx, comments: &[Uuid], now: DateTime<Utc>) -> Result<(), DbErr> {
    if comments.is_empty() {
        return Ok(());
    }
    set(State::Paused, Some(now), None)
        .filter(among(Column::CommentId, comments.iter().copied()))
        .filter(Column::State.eq(State::Paused))
        .exec(tx)
        .await?;
    Ok(())
}

/// Those whom some accounts have are looked at now: their mail is refused.
pub(crate) async fn look_again(tx: &Tx, accounts: &[Uuid], now: DateTime<Utc>) -> Result<(), DbErr> {
    if accounts.is_empty() {
        return Ok(());
    }
    promise::Entity::update_many()
        .col_expr(Column::NextAt, Expr::value(now))
        .filter(among(Column::AccountId, accounts.iter().copied()))
        .filter(Column::NextAt.is_not_null())
        .exec(tx)
        .await?;
    Ok(())
}

fn set(
    state: State,
    next_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
) -> UpdateMany<promise::Entity> {
    promise::Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::NextAt, Expr::value(next_at))
        .col_expr(Column::EndedAt, Expr::value(ended_at))
}

/// Written into the statement: an index holds these rows alone, and SQLite takes it for no value that it is handed.
const UNDELIVERABLE: &str = r#""state" = 'undeliverable'"#;

/// Those of an organisation that nobody kept.
#[must_use]
pub fn undeliverable(organisation: Uuid) -> Select<promise::Entity> {
    promise::Entity::within(organisation).filter(Expr::cust(UNDELIVERABLE))
}

/// Those of recognitions.
pub async fn of_recognitions(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    recognitions: impl IntoIterator<Item = Uuid>,
) -> Result<Vec<promise::Model>, DbErr> {
    promise::Entity::named(organisation, Column::RecognitionId, recognitions)
        .all(connection)
        .await
}
