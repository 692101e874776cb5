//! Where somebody works, for whom and as what, as the directory says.
use chrono::NaiveDate;
use entity::{assignment, scim_user, staff_member};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter};
use uuid::Uuid;

use super::{ScimError, document::Document};
use crate::roster::{
    Change, SiteIndex,
    assignment::{self as assignments, AssignmentFields, AssignmentPatch},
    import::people,
    staff,
};

/// Moves somebody who works here to where the document says; what it does not say stays, but what it no longer says goes.
pub(super) async fn settle(
    change: &Change<'_>,
    person: &staff_member::Model,
    before: &Document,
    document: &Document,
) -> Result<(), ScimError> {
    let known = of(change, person.id).await?;
    let today = change.today();
    let site = site(change, document).await?;
    let current = people::current(&known, site, today);
    let mut wanted = current.map(AssignmentFields::of).unwrap_or_default();
    let manager = match document.manager() {
        Some(named) => find_manager(change, named).await?.filter(|one| *one != person.id),
        None => None,
    };
    let department = |document: &Document| document.enterprise("department").map(str::to_owned);
    let title = |document: &Document| document.text("title").map(str::to_owned);
    if site.is_some() || (department(before).is_some() && department(document).is_none()) {
        wanted.site = site;
    }
    if manager.is_some() || (before.manager().is_some() && document.manager().is_none()) {
        wanted.manager = manager;
    }
    if title(document).is_some() || title(before).is_some() {
        wanted.job_title = title(document);
    }
    let moves = people::moves(wanted, current, &known, person.starts_on, today);
    write(change, person.id, moves).await
}

async fn write(
    change: &Change<'_>,
    person: Uuid,
    moves: Vec<(Option<Uuid>, AssignmentFields)>,
) -> Result<(), ScimError> {
    for (id, fields) in moves {
        match id {
            Some(id) => assignments::update(change, id, whole(fields)).await?,
            None => assignments::create(change, person, fields).await?,
        };
    }
    Ok(())
}

fn whole(fields: AssignmentFields) -> AssignmentPatch {
    AssignmentPatch {
        site: Some(fields.site),
        manager: Some(fields.manager),
        job_title: Some(fields.job_title),
        starts_on: Some(fields.starts_on),
        ends_on: Some(fields.ends_on),
        shifts: Some(fields.shifts),
    }
}

/// Ends what goes on behind somebody's last day.
pub(super) async fn end(change: &Change<'_>, person: Uuid, last_day: NaiveDate) -> Result<(), ScimError> {
    for row in of(change, person).await? {
        if row.ends_on.is_none_or(|ends| ends > last_day) {
            let ends_on = row.starts_on.map_or(last_day, |starts| starts.max(last_day));
            until(change, row.id, Some(ends_on)).await?;
        }
    }
    Ok(())
}

/// Whoever comes back on their last day never left.
pub(super) async fn reopen(change: &Change<'_>, person: Uuid) -> Result<(), ScimError> {
    let today = change.today();
    for row in of(change, person).await? {
        if row.ends_on == Some(today) {
            until(change, row.id, None).await?;
        }
    }
    Ok(())
}

async fn until(change: &Change<'_>, assignment: Uuid, ends_on: Option<NaiveDate>) -> Result<(), ScimError> {
    let patch = AssignmentPatch {
        ends_on: Some(ends_on),
        ..AssignmentPatch::default()
    };
    assignments::update(change, assignment, patch).await?;
    Ok(())
}

async fn of(change: &Change<'_>, person: Uuid) -> Result<Vec<assignment::Model>, DbErr> {
    assignment::Entity::within(change.organisation_id())
        .filter(assignment::Column::StaffId.eq(person))
        .all(change.tx)
        .await
}

/// The site of that name or path; one that is not there, or of which there are several, is waited for.
async fn site(change: &Change<'_>, document: &Document) -> Result<Option<Uuid>, DbErr> {
    let Some(named) = document.enterprise("department") else {
        return Ok(None);
    };
    let sites = SiteIndex::load(change.tx, change.organisation_id()).await?;
    Ok(sites.resolve(named).ok())
}

/// Whom a directory means by its id here, its id there, its name or its number.
pub(super) async fn find_manager(change: &Change<'_>, named: &str) -> Result<Option<Uuid>, DbErr> {
    let organisation = change.organisation_id();
    if let Ok(id) = Uuid::try_parse(named)
        && let Ok(person) = staff::get(change.tx, organisation, id).await
    {
        return Ok(Some(person.id));
    }
    for such in [
        scim_user::Column::ExternalId.eq(named),
        scim_user::Column::UserName.eq(named.to_lowercase()),
    ] {
        let found = scim_user::Entity::within(organisation)
            .filter(such)
            .all(change.tx)
            .await?;
        if let [only] = found.as_slice() {
            return Ok(Some(only.staff_id));
        }
    }
    let by_number = staff::by_employee_id(change.tx, organisation, named).await?;
    Ok(by_number.map(|person| person.id))
}

/// Whether somebody is above another today, directly or through others.
pub(super) async fn is_above(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    above: Uuid,
    person: Uuid,
    today: NaiveDate,
) -> Result<bool, DbErr> {
    let (mut seen, mut frontier) = (vec![person], vec![person]);
    while !frontier.is_empty() {
        let rows = assignment::Entity::named(organisation, assignment::Column::StaffId, frontier)
            .filter(assignment::holding_on(today))
            .all(connection)
            .await?;
        frontier = rows.iter().filter_map(|row| row.manager_id).collect();
        frontier.retain(|one| !seen.contains(one));
        frontier.sort_unstable();
        frontier.dedup();
        if frontier.contains(&above) {
            return Ok(true);
        }
        seen.extend(&frontier);
    }
    Ok(false)
}
