//! Who stands in for a manager who is away: given from a day to a day, and taken back.
use chrono::{DateTime, Days, NaiveDate, NaiveTime, Utc};
use entity::{
    deputy::{self, Column},
    organisation, staff_member,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, ExprTrait, IntoActiveModel,
    PaginatorTrait, QueryFilter, QueryOrder,
};
use uuid::Uuid;

use super::{
    Change, RosterError,
    organisation::zone,
    staff::{self, full_name},
};
use crate::platform::paging::{Page, PageQuery};

/// Days of the longest absence.
pub const LONGEST: u64 = 366;

/// Who is to stand in for whom.
#[derive(Clone, Copy, Debug)]
pub struct NewDeputy {
    /// Who is away.
    pub absent: Uuid,
    /// Who has the praise of their team meanwhile.
    pub deputy: Uuid,
    /// First day; none, and a day that is over, for today.
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: NaiveDate,
}

/// Has somebody stand in for somebody who is away.
pub async fn give(change: &Change<'_>, new: NewDeputy) -> Result<deputy::Model, RosterError> {
    let own = change.organisation_id();
    let starts_on = new
        .starts_on
        .map_or(change.today(), |first| Ord::max(first, change.today()));
    let absent = staff::get(change.tx, own, new.absent).await?;
    let deputy = staff::get(change.tx, own, new.deputy).await?;
    check_days(change.today(), starts_on, new.ends_on)?;
    check_people(&absent, &deputy, starts_on, new.ends_on)?;
    refuse_second(change, &absent, (starts_on, new.ends_on)).await?;
    let rising = change.rising([deputy.id]).await?;
    let row = deputy::Model {
        id: Uuid::now_v7(),
        organisation_id: own,
        absent_id: absent.id,
        deputy_id: deputy.id,
        starts_on,
        ends_on: new.ends_on,
        given_by: change.actor.to_owned(),
        created_at: change.at,
        taken_back_at: None,
        next_at: Some(begins(&change.organisation, starts_on)),
    };
    let made = row.into_active_model().reset_all().insert(change.tx).await?;
    change.rose(&rising).await?;
    let detail = serde_json::json!({"absent": absent.id, "deputy": deputy.id, "from": starts_on, "until": new.ends_on});
    change.record("create_deputy", "deputy", made.id, detail).await?;
    Ok(made)
}

/// Ends it now; what is still open goes back within a minute.
pub async fn take_back(change: &Change<'_>, id: Uuid) -> Result<(), RosterError> {
    let found = get(change.tx, change.organisation_id(), id).await?;
    if found.taken_back_at.is_some() || found.ends_on < change.today() {
        return Ok(());
    }
    let mut row = found.into_active_model();
    row.taken_back_at = Set(Some(change.at));
    row.next_at = Set(Some(change.at));
    row.update(change.tx).await?;
    change
        .record("take_deputy_back", "deputy", id, serde_json::json!({}))
        .await?;
    Ok(())
}

/// The one with an id.
pub async fn get(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<deputy::Model, RosterError> {
    let found = deputy::Entity::within(organisation)
        .filter(Column::Id.eq(id))
        .one(connection)
        .await?;
    found.ok_or_else(|| RosterError::not_found("deputy", id.to_string()))
}

/// A page of all there were, in the order in which they were given.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    page: PageQuery,
) -> Result<Page<deputy::Model>, DbErr> {
    let all = deputy::Entity::within(organisation);
    page.fetch(connection, all, Column::Id, |row| row.id).await
}

/// Those that hold or will, of somebody who is away or stands in, the next first.
pub async fn of_person(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    person: Uuid,
    today: NaiveDate,
) -> Result<Vec<deputy::Model>, DbErr> {
    let theirs = Column::AbsentId.eq(person).or(Column::DeputyId.eq(person));
    deputy::Entity::within(organisation)
        .filter(theirs)
        .filter(Column::TakenBackAt.is_null())
        .filter(Column::EndsOn.gte(today))
        .order_by_asc(Column::StartsOn)
        .order_by_asc(Column::Id)
        .all(connection)
        .await
}

/// Whether somebody stands in for somebody who is away on a day.
pub async fn stands_in(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    (deputy, absent): (Uuid, Uuid),
    day: NaiveDate,
) -> Result<bool, DbErr> {
    let rows = deputy::Entity::named(organisation, Column::AbsentId, [absent])
        .filter(Column::DeputyId.eq(deputy))
        .filter(deputy::holding_on(day))
        .count(connection)
        .await?;
    Ok(rows > 0)
}

/// When the clock looks at one again whose time has come: at its end; not any more once that is over or it was taken back.
pub(crate) fn next(
    row: &deputy::Model,
    own: &organisation::Model,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let after = row.ends_on.checked_add_days(Days::new(1))?;
    let ends = begins(own, after);
    (row.taken_back_at.is_none() && ends > now).then_some(ends)
}

/// When a day begins in an organisation.
fn begins(own: &organisation::Model, day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN);
    let local = midnight.and_local_timezone(zone(own)).earliest();
    local.map_or_else(|| midnight.and_utc(), |local| local.with_timezone(&Utc))
}

fn check_days(today: NaiveDate, starts_on: NaiveDate, ends_on: NaiveDate) -> Result<(), RosterError> {
    if ends_on < today {
        return Err(RosterError::invalid(
            "ends_on",
            "is over; give today or a later day",
        ));
    }
    if ends_on < starts_on {
        return Err(RosterError::invalid(
            "ends_on",
            "is before the first day; give the last day of the absence",
        ));
    }
    let days = ends_on.signed_duration_since(starts_on).num_days();
    if days >= i64::try_from(LONGEST).unwrap_or(i64::MAX) {
        return Err(RosterError::invalid(
            "ends_on",
            format!("is too late: {LONGEST} days at most; give whoever stays away longer a successor"),
        ));
    }
    Ok(())
}

fn check_people(
    absent: &staff_member::Model,
    deputy: &staff_member::Model,
    starts_on: NaiveDate,
    ends_on: NaiveDate,
) -> Result<(), RosterError> {
    if absent.id == deputy.id {
        return Err(RosterError::invalid("deputy", "nobody stands in for themselves"));
    }
    if let Some(last) = absent.ends_on.filter(|last| *last < starts_on) {
        return Err(RosterError::invalid(
            "absent",
            format!(
                "{} works here until {last} only; nobody need stand in after that",
                full_name(absent)
            ),
        ));
    }
    if deputy.email.is_none() {
        return Err(RosterError::invalid(
            "deputy",
            format!(
                "{} has no mail address and could not be told; add one first",
                full_name(deputy)
            ),
        ));
    }
    match deputy.ends_on {
        Some(last) if last < ends_on => Err(RosterError::invalid(
            "deputy",
            format!(
                "{} works here until {last}, and the absence ends later",
                full_name(deputy)
            ),
        )),
        _ => Ok(()),
    }
}

/// Of one who is away there is one deputy a day.
async fn refuse_second(
    change: &Change<'_>,
    absent: &staff_member::Model,
    (first, last): (NaiveDate, NaiveDate),
) -> Result<(), RosterError> {
    let others = deputy::Entity::within(change.organisation_id())
        .filter(Column::AbsentId.eq(absent.id))
        .filter(Column::TakenBackAt.is_null())
        .filter(Column::StartsOn.lte(last))
        .filter(Column::EndsOn.gte(first))
        .count(change.tx)
        .await?;
    match others {
        0 => Ok(()),
        _ => Err(RosterError::invalid(
            "starts_on",
            format!(
                "somebody stands in for {} on some of these days already; take that back first",
                full_name(absent)
            ),
        )),
    }
}
