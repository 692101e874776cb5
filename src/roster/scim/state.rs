//! How things stand with an organisation's directory.
use chrono::{DateTime, Utc};
use entity::{assignment, scim_stop, scim_user};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};

use crate::roster::organisation;

/// What an administrator is shown.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// Whom the directory says to work here.
    pub people: u64,
    /// Those of them who report to somebody it has not brought yet.
    pub waiting: u64,
    /// When it changed something last.
    pub changed_at: Option<DateTime<Utc>>,
    /// Since when it ends nobody any more.
    pub stopped_at: Option<DateTime<Utc>>,
    /// Until when it ends as many as it likes.
    pub allowed_until: Option<DateTime<Utc>>,
}

/// How things stand.
pub async fn of(
    connection: &impl ConnectionTrait,
    own: &entity::organisation::Model,
    now: DateTime<Utc>,
) -> Result<State, DbErr> {
    let all = || scim_user::Entity::within(own.id);
    let active = || all().filter(scim_user::Column::Active.eq(true));
    let stop = scim_stop::Entity::within(own.id).one(connection).await?;
    let last = all()
        .order_by_desc(scim_user::Column::ChangedAt)
        .limit(1)
        .one(connection)
        .await?;
    let waiting = active()
        .filter(scim_user::Column::Manager.is_not_null())
        .filter(Expr::exists(with_manager(own, now)).not());
    Ok(State {
        people: active().count(connection).await?,
        waiting: waiting.count(connection).await?,
        changed_at: last.map(|user| user.changed_at),
        stopped_at: stop.as_ref().and_then(|stop| stop.stopped_at),
        allowed_until: stop
            .and_then(|stop| stop.allowed_until)
            .filter(|until| now < *until),
    })
}

fn with_manager(
    own: &entity::organisation::Model,
    now: DateTime<Utc>,
) -> sea_orm::sea_query::SelectStatement {
    use assignment::Column;
    let theirs = Expr::col((assignment::Entity, Column::StaffId))
        .eq(Expr::col((scim_user::Entity, scim_user::Column::StaffId)));
    Query::select()
        .expr(Expr::value(1))
        .from(assignment::Entity)
        .cond_where(Column::OrganisationId.eq(own.id))
        .cond_where(theirs)
        .cond_where(Column::ManagerId.is_not_null())
        .cond_where(assignment::holding_on(organisation::day_in(own, now)))
        .to_owned()
}
