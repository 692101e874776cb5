//! Questions that wait on a desk: of sites that its reader leads, and, once it is no longer fresh in their mind, of their own
//! team.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{comment, notice, spot_check, staff_member};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, ExprTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Select,
    sea_query::{Expr, Query},
};
use uuid::Uuid;

use super::FORGOTTEN_AFTER;
use crate::{
    capture::read::{self, WithWords},
    triage::desk::{COUNTED, Desk},
};

/// A question.
#[derive(Clone, Debug)]
pub struct Asked {
    /// What is asked.
    pub check: spot_check::Model,
    /// About what.
    pub comment: WithWords,
    /// Those who are offered, in order.
    pub people: Vec<staff_member::Model>,
}

/// Who reads the desk, and when.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    /// Their account.
    pub account: Uuid,
    /// Who they are on the roster.
    pub staff: Option<Uuid>,
    /// When.
    pub now: DateTime<Utc>,
}

/// What waits on a desk, oldest first.
pub async fn waiting(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    (desk, reader): (&Desk, Reader),
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<Asked>, DbErr> {
    use spot_check::Column;
    let mut select = on_desk(organisation, desk, reader);
    if let Some((at, id)) = after {
        let later = Condition::any()
            .add(Column::CreatedAt.gt(at))
            .add(Column::Id.gt(id));
        select = select.filter(Column::CreatedAt.gte(at)).filter(later);
    }
    let checks = select
        .order_by_asc(Column::CreatedAt)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(connection)
        .await?;
    with_words(connection, organisation, checks).await
}

/// How many wait, counted up to [`COUNTED`].
pub async fn count(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    desk: &Desk,
    reader: Reader,
) -> Result<u64, DbErr> {
    on_desk(organisation, desk, reader)
        .limit(COUNTED)
        .count(connection)
        .await
}

/// One question that waits.
pub async fn one(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<Option<spot_check::Model>, DbErr> {
    spot_check::Entity::within(organisation)
        .filter(spot_check::Column::Id.eq(id))
        .one(connection)
        .await
}

fn on_desk(organisation: Uuid, desk: &Desk, reader: Reader) -> Select<spot_check::Entity> {
    use spot_check::Column;
    let long_ago = Column::CreatedAt.lte(reader.now - FORGOTTEN_AFTER);
    let told = Query::select()
        .expr(Expr::val(1))
        .from(notice::Entity)
        .and_where(
            Expr::col((notice::Entity, notice::Column::CommentId))
                .equals((spot_check::Entity, Column::CommentId)),
        )
        .and_where(notice::Column::ReaderId.eq(reader.account))
        .take();
    let holds = Query::select()
        .expr(Expr::val(1))
        .from(comment::Entity)
        .and_where(
            Expr::col((comment::Entity, comment::Column::Id)).equals((spot_check::Entity, Column::CommentId)),
        )
        .and_where(
            Expr::col((comment::Entity, comment::Column::Revision))
                .equals((spot_check::Entity, Column::Revision)),
        )
        .and_where(comment::Column::ErasedAt.is_null())
        .and_where(comment::Column::State.eq(comment::State::Done))
        .take();
    let mut mine = Condition::any();
    if desk.everything {
        mine = mine.add(Column::Id.is_not_null());
    }
    mine = mine.add(Column::SiteId.is_in(desk.sites.iter().copied()));
    if let Some(manager) = desk.manager {
        mine = mine.add(
            Condition::all()
                .add(Column::ManagerId.eq(manager))
                .add(long_ago.clone()),
        );
    }
    let mut select = spot_check::Entity::within(organisation)
        .filter(Column::AnsweredAt.is_null())
        .filter(mine)
        .filter(Condition::any().add(long_ago).add(Expr::exists(told).not()))
        .filter(Expr::exists(holds));
    if let Some(staff) = reader.staff {
        select = select.filter(Column::StaffId.ne(staff));
    }
    select
}

async fn with_words(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    checks: Vec<spot_check::Model>,
) -> Result<Vec<Asked>, DbErr> {
    let comments = comment::Entity::named(
        organisation,
        comment::Column::Id,
        checks.iter().map(|check| check.comment_id),
    )
    .all(connection)
    .await?;
    let said: HashMap<Uuid, WithWords> = read::with_words(connection, comments)
        .await?
        .into_iter()
        .map(|said| (said.0.id, said))
        .collect();
    let offered = checks.iter().flat_map(|check| check.candidates.0.iter().copied());
    let people: HashMap<Uuid, staff_member::Model> =
        staff_member::Entity::named(organisation, staff_member::Column::Id, offered)
            .all(connection)
            .await?
            .into_iter()
            .map(|person| (person.id, person))
            .collect();
    let asked = |check: spot_check::Model| {
        let own = check.candidates.0.iter();
        Some(Asked {
            comment: said.get(&check.comment_id).cloned()?,
            people: own.filter_map(|staff| people.get(staff).cloned()).collect(),
            check,
        })
    };
    let asked = checks.into_iter().filter_map(asked).collect();
    Ok(asked)
}
