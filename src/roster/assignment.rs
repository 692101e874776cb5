//! Assignments: who works where, for whom and as what, from a day to a day.
use chrono::NaiveDate;
use entity::{
    among,
    assignment::{self, holding_on},
    staff_member,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QuerySelect,
    QueryTrait,
};
use uuid::Uuid;

use super::{
    Change, RosterError,
    managers::{self, Reporting},
    site, staff,
};
use crate::platform::paging::{Page, PageQuery};

const LONGEST_TITLE: usize = 200;

/// What an assignment says, its person aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssignmentFields {
    /// Where; empty for everywhere.
    pub site: Option<Uuid>,
    /// For whom.
    pub manager: Option<Uuid>,
    /// As what.
    pub job_title: Option<String>,
    /// First day; empty means since ever.
    pub starts_on: Option<NaiveDate>,
    /// Last day; empty means until further notice.
    pub ends_on: Option<NaiveDate>,
    /// `1-5@8-16;6@22-6`
    pub shifts: Option<String>,
}

/// What is to change; an outer `None` leaves it as it is, an inner one empties it.
#[derive(Clone, Debug, Default)]
pub struct AssignmentPatch {
    /// Where.
    pub site: Option<Option<Uuid>>,
    /// For whom.
    pub manager: Option<Option<Uuid>>,
    /// As what.
    pub job_title: Option<Option<String>>,
    /// First day.
    pub starts_on: Option<Option<NaiveDate>>,
    /// Last day.
    pub ends_on: Option<Option<NaiveDate>>,
    /// `1-5@8-16;6@22-6`
    pub shifts: Option<Option<String>>,
}

/// Which assignments are listed; what is empty does not matter.
#[derive(Clone, Copy, Debug, Default)]
pub struct AssignmentFilter {
    /// Of one person.
    pub staff: Option<Uuid>,
    /// At one site.
    pub site: Option<Uuid>,
    /// For one manager.
    pub manager: Option<Uuid>,
}

/// Gives a person a further assignment.
pub async fn create(
    change: &Change<'_>,
    person: Uuid,
    fields: AssignmentFields,
) -> Result<assignment::Model, RosterError> {
    let whose = staff::get(change.tx, change.organisation_id(), person).await?;
    if whose.erased_at.is_some() {
        return Err(RosterError::Erased);
    }
    let fields = checked(change, person, None, fields).await?;
    let rising = change.rising(fields.manager).await?;
    let made = row(change, Uuid::now_v7(), person, fields)
        .insert(change.tx)
        .await?;
    refuse_circle(change, &made).await?;
    change.rose(&rising).await?;
    staff::touch(change, &[person]).await?;
    change
        .record("create_assignment", "assignment", made.id, serde_json::json!({}))
        .await?;
    Ok(made)
}

/// Changes an assignment; ending it and making another keeps who worked where when.
pub async fn update(
    change: &Change<'_>,
    id: Uuid,
    patch: AssignmentPatch,
) -> Result<assignment::Model, RosterError> {
    let before = get(change.tx, change.organisation_id(), id).await?;
    let whose = staff::get(change.tx, change.organisation_id(), before.staff_id).await?;
    if whose.erased_at.is_some() {
        return Err(RosterError::Erased);
    }
    let stored = AssignmentFields::of(&before);
    let patched = patch.over(stored.clone());
    let fields = checked(change, before.staff_id, before.site_id, patched).await?;
    if fields == stored {
        return Ok(before);
    }
    let rising = change.rising(fields.manager).await?;
    let mut row = row(change, id, before.staff_id, fields);
    row.created_at = Set(before.created_at);
    let saved = row.update(change.tx).await?;
    refuse_circle(change, &saved).await?;
    change.rose(&rising).await?;
    staff::touch(change, &[saved.staff_id]).await?;
    change
        .record("update_assignment", "assignment", id, serde_json::json!({}))
        .await?;
    Ok(saved)
}

/// The assignment with an id.
pub async fn get(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<assignment::Model, RosterError> {
    let found = assignment::Entity::within(organisation)
        .filter(assignment::Column::Id.eq(id))
        .one(connection)
        .await?;
    found.ok_or_else(|| RosterError::not_found("assignment", id.to_string()))
}

/// Everybody to whom somebody reports on a day.
pub async fn managers_on(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    day: NaiveDate,
) -> Result<Vec<staff_member::Model>, DbErr> {
    let managers = assignment::Entity::within(organisation)
        .filter(assignment::Column::ManagerId.is_not_null())
        .filter(holding_on(day))
        .select_only()
        .column(assignment::Column::ManagerId)
        .into_query();
    staff_member::Entity::within(organisation)
        .filter(staff_member::Column::Id.in_subquery(managers))
        .all(connection)
        .await
}

/// Whether anybody reports to somebody on a day.
pub async fn is_manager(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    person: Uuid,
    day: NaiveDate,
) -> Result<bool, DbErr> {
    let theirs = assignment::Entity::named(organisation, assignment::Column::ManagerId, [person])
        .filter(holding_on(day))
        .limit(1)
        .all(connection)
        .await?;
    Ok(!theirs.is_empty())
}

/// The sites at which any of these people work on a day, each once.
pub async fn sites_of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    people: impl Iterator<Item = Uuid>,
    day: NaiveDate,
) -> Result<Vec<Uuid>, DbErr> {
    use assignment::Column;
    assignment::Entity::within(organisation)
        .filter(among(Column::StaffId, people))
        .filter(Column::SiteId.is_not_null())
        .filter(holding_on(day))
        .select_only()
        .column(Column::SiteId)
        .distinct()
        .into_tuple()
        .all(connection)
        .await
}

/// A page of assignments in the order in which they were made, ended ones included.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    filter: AssignmentFilter,
    page: PageQuery,
) -> Result<Page<assignment::Model>, DbErr> {
    let mut query = assignment::Entity::within(organisation);
    if let Some(staff) = filter.staff {
        query = query.filter(assignment::Column::StaffId.eq(staff));
    }
    if let Some(site) = filter.site {
        query = query.filter(assignment::Column::SiteId.eq(site));
    }
    if let Some(manager) = filter.manager {
        query = query.filter(assignment::Column::ManagerId.eq(manager));
    }
    page.fetch(connection, query, assignment::Column::Id, |row| row.id)
        .await
}

/// The row of an assignment as the change makes it.
pub(crate) fn row(
    change: &Change<'_>,
    id: Uuid,
    person: Uuid,
    fields: AssignmentFields,
) -> assignment::ActiveModel {
    assignment::ActiveModel {
        id: Set(id),
        organisation_id: Set(change.organisation_id()),
        staff_id: Set(person),
        site_id: Set(fields.site),
        manager_id: Set(fields.manager),
        job_title: Set(fields.job_title),
        starts_on: Set(fields.starts_on),
        ends_on: Set(fields.ends_on),
        shifts: Set(fields.shifts),
        created_at: Set(change.at),
    }
}

async fn checked(
    change: &Change<'_>,
    person: Uuid,
    stays_at: Option<Uuid>,
    mut fields: AssignmentFields,
) -> Result<AssignmentFields, RosterError> {
    let organisation = change.organisation_id();
    fields.job_title = valid_title(fields.job_title)?;
    fields.shifts = valid_shifts(fields.shifts)?;
    if let Some((field, message)) = staff::days_fault(fields.starts_on, fields.ends_on) {
        return Err(RosterError::invalid(field, message));
    }
    // Whoever is at a closed site already can still be changed and given a last day.
    if let Some(id) = fields.site.filter(|id| stays_at != Some(*id)) {
        let site = site::get(change.tx, organisation, id).await?;
        if site.closed_at.is_some() {
            return Err(RosterError::ClosedSite { path: site.path });
        }
    }
    if let Some(manager) = fields.manager {
        if manager == person {
            return Err(RosterError::invalid("manager", "nobody is their own manager"));
        }
        staff::get(change.tx, organisation, manager).await?;
    }
    Ok(fields)
}

fn valid_title(title: Option<String>) -> Result<Option<String>, RosterError> {
    let title = title
        .map(|title| site::tidy(&title))
        .filter(|title| !title.is_empty());
    match title {
        Some(title) if title.chars().count() > LONGEST_TITLE => Err(RosterError::invalid(
            "job_title",
            format!("needs at most {LONGEST_TITLE} characters"),
        )),
        title => Ok(title),
    }
}

fn valid_shifts(shifts: Option<String>) -> Result<Option<String>, RosterError> {
    let Some(shifts) = shifts.filter(|shifts| !shifts.trim().is_empty()) else {
        return Ok(None);
    };
    match shifts.parse::<domain::roster::Shifts>() {
        Ok(shifts) => Ok(Some(shifts.to_string())),
        Err(error) => Err(RosterError::invalid("shifts", error.to_string())),
    }
}

/// Looks only at the people above the one whose manager changed.
async fn refuse_circle(change: &Change<'_>, changed: &assignment::Model) -> Result<(), RosterError> {
    let mut lines: Vec<Reporting> = Vec::new();
    let mut seen = vec![changed.staff_id];
    let mut frontier = vec![changed.staff_id];
    while !frontier.is_empty() {
        let rows = assignment::Entity::named(change.organisation_id(), assignment::Column::StaffId, frontier)
            .all(change.tx)
            .await?;
        let found: Vec<Reporting> = rows.iter().filter_map(Reporting::of).collect();
        frontier = found
            .iter()
            .map(|line| line.manager)
            .filter(|id| !seen.contains(id))
            .collect();
        frontier.sort_unstable();
        frontier.dedup();
        seen.extend(&frontier);
        lines.extend(found);
    }
    match managers::circle(&lines) {
        Some(circle) => Err(RosterError::ManagerCycle {
            employee_ids: employee_ids(change, &circle).await?,
        }),
        None => Ok(()),
    }
}

async fn employee_ids(change: &Change<'_>, people: &[Uuid]) -> Result<Vec<String>, DbErr> {
    let rows = staff_member::Entity::named(
        change.organisation_id(),
        staff_member::Column::Id,
        people.iter().copied(),
    )
    .all(change.tx)
    .await?;
    let id_of = |person: &Uuid| {
        rows.iter()
            .find(|row| row.id == *person)
            .map(|row| row.employee_id.clone())
    };
    Ok(people.iter().filter_map(id_of).collect())
}

impl AssignmentFields {
    /// What is stored.
    #[must_use]
    pub fn of(row: &assignment::Model) -> AssignmentFields {
        AssignmentFields {
            site: row.site_id,
            manager: row.manager_id,
            job_title: row.job_title.clone(),
            starts_on: row.starts_on,
            ends_on: row.ends_on,
            shifts: row.shifts.clone(),
        }
    }
}

impl AssignmentPatch {
    fn over(self, stored: AssignmentFields) -> AssignmentFields {
        AssignmentFields {
            site: self.site.unwrap_or(stored.site),
            manager: self.manager.unwrap_or(stored.manager),
            job_title: self.job_title.unwrap_or(stored.job_title),
            starts_on: self.starts_on.unwrap_or(stored.starts_on),
            ends_on: self.ends_on.unwrap_or(stored.ends_on),
            shifts: self.shifts.unwrap_or(stored.shifts),
        }
    }
}
