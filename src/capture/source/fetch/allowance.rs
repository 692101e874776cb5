//! How often a tool may be asked: so many calls a minute, counted in the database, so that several processes keep to it
//! together.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{fetching, source};
use sea_orm::{
    ColumnTrait, DbErr, EntityTrait, ExprTrait, QueryFilter,
    sea_query::{CaseStatement, Expr},
};

use super::of;
use crate::{capture::app::CaptureApp, platform::db::Tx};

const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Where a tool says that it was asked too often, and not for how long.
const UNKNOWN_WAIT: TimeDelta = TimeDelta::minutes(1);
/// No tool is waited for longer, whatever it says.
pub(super) const LONGEST_ASKED_WAIT: TimeDelta = TimeDelta::days(1);

/// Takes a call out of the minute's allowance before it is made. None where there was one; else when there is one again.
pub(super) async fn take(
    app: &CaptureApp,
    source: &source::Model,
    per_minute: u16,
    now: DateTime<Utc>,
) -> Result<Option<DateTime<Utc>>, DbErr> {
    use fetching::Column;
    let is_open = || Expr::col(Column::WindowEndsAt).gt(now);
    let left = CaseStatement::new()
        .case(is_open(), Expr::col(Column::CallsLeft).sub(1))
        .finally(Expr::value(i32::from(per_minute) - 1));
    let ends_at = CaseStatement::new()
        .case(is_open(), Expr::col(Column::WindowEndsAt))
        .finally(Expr::value(now + WINDOW));
    let may = Column::WindowEndsAt
        .is_null()
        .or(Column::WindowEndsAt.lte(now))
        .or(Column::CallsLeft.gt(0));
    let tx = app.db.write().await?;
    let taken = fetching::Entity::update_many()
        .col_expr(Column::CallsLeft, left.into())
        .col_expr(Column::WindowEndsAt, ends_at.into())
        .filter(Column::SourceId.eq(source.id))
        .filter(may)
        .exec(&tx)
        .await?;
    if taken.rows_affected > 0 {
        tx.commit().await?;
        return Ok(None);
    }
    let row = of(&tx, source).await?;
    tx.rollback().await?;
    let until = row.and_then(|row| row.window_ends_at);
    Ok(Some(until.unwrap_or(now + WINDOW)))
}

/// Nobody asks before the tool's own time.
pub(super) async fn close(
    tx: &Tx,
    source: &source::Model,
    until: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use fetching::Column;
    let until = Ord::min(until.unwrap_or(now + UNKNOWN_WAIT), now + LONGEST_ASKED_WAIT);
    fetching::Entity::update_many()
        .col_expr(Column::CallsLeft, Expr::value(0))
        .col_expr(Column::WindowEndsAt, Expr::value(until))
        .filter(Column::SourceId.eq(source.id))
        .exec(tx)
        .await?;
    Ok(())
}
