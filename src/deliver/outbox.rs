//! The outbox: what became of each attempt to deliver a notice.
use chrono::{DateTime, Utc};
use entity::{
    among,
    delivery::{self, Column, State},
};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};
use uuid::Uuid;

use crate::platform::db::Tx;

/// Notes an attempt for each of these notices.
pub(crate) async fn note(
    tx: &Tx,
    notices: impl IntoIterator<Item = Uuid>,
    state: State,
    code: Option<u16>,
    at: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    delivery::Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::Attempt, Expr::col(Column::Attempt).add(1))
        .col_expr(Column::Code, Expr::value(code.map(i32::from)))
        .col_expr(Column::AttemptedAt, Expr::value(at))
        .filter(among(Column::NoticeId, notices))
        .exec(tx)
        .await?;
    Ok(())
}

/// Has deliveries that were given up wait for another attempt.
pub(crate) async fn wait_again(tx: &Tx, notices: impl IntoIterator<Item = Uuid>) -> Result<(), DbErr> {
    delivery::Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Waiting))
        .filter(among(Column::NoticeId, notices))
        .filter(Column::State.eq(State::Refused))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends deliveries without an attempt.
pub(crate) async fn end(tx: &Tx, notices: impl Iterator<Item = Uuid>, state: State) -> Result<(), DbErr> {
    let notices: Vec<Uuid> = notices.collect();
    if notices.is_empty() {
        return Ok(());
    }
    delivery::Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .filter(among(Column::NoticeId, notices))
        .filter(Column::State.eq(State::Waiting))
        .exec(tx)
        .await?;
    Ok(())
}
