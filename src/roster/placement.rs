//! Where somebody worked on a day, and for whom: what a recognition keeps for ever.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{assignment, site_closure};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DbErr, QueryFilter};
use uuid::Uuid;

/// Whose placement is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Wanted {
    /// The person.
    pub staff: Uuid,
    /// Where the comment says it was.
    pub site: Option<Uuid>,
    /// The day, in the organisation's zone.
    pub on: NaiveDate,
}

/// Where somebody worked on a day, for whom and as what.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Placement {
    /// Where; empty for everywhere or nowhere.
    pub site: Option<Uuid>,
    /// For whom: the team.
    pub manager: Option<Uuid>,
    /// As what.
    pub job_title: Option<String>,
    /// In which shifts, as the roster writes them.
    pub shifts: Option<String>,
}

/// The placement of one person; empty where they had no assignment on the day.
pub async fn on_day(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    wanted: Wanted,
) -> Result<Placement, DbErr> {
    let mut placements = on_days(connection, organisation, &[wanted]).await?;
    Ok(placements.remove(&wanted).unwrap_or_default())
}

/// The placements of many people; who had no assignment on the day is left out.
pub async fn on_days(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    wanted: &[Wanted],
) -> Result<HashMap<Wanted, Placement>, DbErr> {
    let assignments = assignments_of(connection, organisation, wanted).await?;
    let related = related_sites(connection, organisation, wanted).await?;
    let choose = |wanted: &Wanted| {
        let own = assignments
            .get(&wanted.staff)
            .map(Vec::as_slice)
            .unwrap_or_default();
        choose(own, *wanted, &related).map(|row| (*wanted, Placement::of(row)))
    };
    Ok(wanted.iter().filter_map(choose).collect())
}

async fn assignments_of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    wanted: &[Wanted],
) -> Result<HashMap<Uuid, Vec<assignment::Model>>, DbErr> {
    let staff: HashSet<Uuid> = wanted.iter().map(|wanted| wanted.staff).collect();
    let rows = assignment::Entity::named(organisation, assignment::Column::StaffId, staff)
        .all(connection)
        .await?;
    let mut by_staff: HashMap<Uuid, Vec<assignment::Model>> = HashMap::new();
    for row in rows {
        by_staff.entry(row.staff_id).or_default().push(row);
    }
    Ok(by_staff)
}

/// Pairs of sites of which one lies above the other, both ways round.
async fn related_sites(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    wanted: &[Wanted],
) -> Result<HashSet<(Uuid, Uuid)>, DbErr> {
    let sites: HashSet<Uuid> = wanted.iter().filter_map(|wanted| wanted.site).collect();
    if sites.is_empty() {
        return Ok(HashSet::new());
    }
    let above_or_below = Condition::any()
        .add(site_closure::Column::AncestorId.is_in(sites.iter().copied()))
        .add(site_closure::Column::DescendantId.is_in(sites));
    let rows = site_closure::Entity::within(organisation)
        .filter(above_or_below)
        .all(connection)
        .await?;
    let both_ways = |row: site_closure::Model| {
        [
            (row.ancestor_id, row.descendant_id),
            (row.descendant_id, row.ancestor_id),
        ]
    };
    Ok(rows.into_iter().flat_map(both_ways).collect())
}

/// The assignment at the site itself, else at one above or below it, else the first of the day: the one that began
/// first, of several the one made first.
fn choose<'a>(
    assignments: &'a [assignment::Model],
    wanted: Wanted,
    related: &HashSet<(Uuid, Uuid)>,
) -> Option<&'a assignment::Model> {
    let distance = |row: &assignment::Model| match (row.site_id, wanted.site) {
        (Some(at), Some(site)) if at == site => 0,
        (Some(at), Some(site)) if related.contains(&(at, site)) => 1,
        _ => 2,
    };
    let that_day = assignments.iter().filter(|row| holds_on(row, wanted.on));
    that_day.min_by_key(|row| (distance(row), row.starts_on.unwrap_or(NaiveDate::MIN), row.id))
}

/// Whether an assignment holds on a day.
pub(crate) fn holds_on(row: &assignment::Model, day: NaiveDate) -> bool {
    row.starts_on.is_none_or(|starts| starts <= day) && row.ends_on.is_none_or(|ends| day <= ends)
}

impl Placement {
    fn of(row: &assignment::Model) -> Placement {
        Placement {
            site: row.site_id,
            manager: row.manager_id,
            job_title: row.job_title.clone(),
            shifts: row.shifts.clone(),
        }
    }
}
