//! The board of the reader's team in a digest.
use std::collections::HashMap;

use chrono::NaiveDate;
use domain::period::PeriodKind;
use entity::{
    organisation::{self, BoardMode},
    recognition_count as count, staff_member,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::super::compose::said::full_name;
use crate::{
    recognition::scope,
    template::context::{Band, Standing},
};

/// The people who report to `manager` on a day.
pub(super) async fn team(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    manager: Uuid,
    day: NaiveDate,
) -> Result<Vec<staff_member::Model>, DbErr> {
    staff_member::Entity::within(organisation)
        .filter(staff_member::Column::Id.in_subquery(scope::team_on(organisation, manager, day)))
        .all(connection)
        .await
}

/// How often each of a team was thanked in the month of a day; empty where boards are off.
pub(super) async fn month(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    team: &[staff_member::Model],
    day: NaiveDate,
) -> Result<Vec<Band>, DbErr> {
    if organisation.board_mode == BoardMode::Off {
        return Ok(Vec::new());
    }
    let rows = count::Entity::find()
        .filter(count::Column::OrganisationId.eq(organisation.id))
        .filter(count::Column::PeriodKind.eq(PeriodKind::Month.name()))
        .filter(count::Column::PeriodStart.eq(PeriodKind::Month.start(day)))
        .filter(count::Column::StaffId.is_in(team.iter().map(|person| person.id)))
        .all(connection)
        .await?;
    let mut thanks: HashMap<Uuid, u64> = HashMap::new();
    for row in rows {
        *thanks.entry(row.staff_id).or_default() += u64::try_from(row.n).unwrap_or_default();
    }
    let standing = |person: &staff_member::Model| {
        let count = thanks.get(&person.id).copied().filter(|count| *count > 0)?;
        let standing = Standing {
            name: full_name(person),
            site: None,
            url: None,
            me: false,
        };
        Some((count, standing))
    };
    Ok(Band::of(team.iter().filter_map(standing).collect()))
}
