//! Where a person worked on a day, for whom and as what.
use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{assignment, site_closure};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

/// The assignments of some people, and how their sites nest.
#[derive(Debug, Default)]
pub struct Placements {
    by_staff: HashMap<Uuid, Vec<assignment::Model>>,
    /// Pairs of a site and one above it (or itself), with their distance.
    above: HashMap<(Uuid, Uuid), i32>,
}

/// Loads the assignments of people, in a fixed order.
pub async fn load(connection: &impl ConnectionTrait, staff: &[Uuid]) -> Result<Placements, DbErr> {
    if staff.is_empty() {
        return Ok(Placements::default());
    }
    let assignments = assignment::Entity::find()
        .filter(assignment::Column::StaffId.is_in(staff.iter().copied()))
        .order_by_asc(assignment::Column::Id)
        .all(connection)
        .await?;
    let sites: Vec<Uuid> = assignments
        .iter()
        .filter_map(|assignment| assignment.site_id)
        .collect();
    let pairs = site_closure::Entity::find()
        .filter(site_closure::Column::DescendantId.is_in(sites.clone()))
        .all(connection)
        .await?;
    let below = site_closure::Entity::find()
        .filter(site_closure::Column::AncestorId.is_in(sites))
        .all(connection)
        .await?;
    let above = pairs
        .into_iter()
        .chain(below)
        .map(|p| ((p.descendant_id, p.ancestor_id), p.depth))
        .collect();
    let mut by_staff: HashMap<Uuid, Vec<assignment::Model>> = HashMap::new();
    for assignment in assignments {
        by_staff.entry(assignment.staff_id).or_default().push(assignment);
    }
    Ok(Placements { by_staff, above })
}

impl Placements {
    /// The assignment of a person on a day: the one nearest to `site`, else the first of that day.
    #[must_use]
    pub fn on(&self, staff: Uuid, day: NaiveDate, site: Option<Uuid>) -> Option<&assignment::Model> {
        let of_day = self
            .by_staff
            .get(&staff)?
            .iter()
            .filter(|assignment| holds_on(assignment, day));
        of_day.min_by_key(|assignment| self.distance(assignment.site_id, site))
    }

    /// Steps up or down between two sites; large where neither lies above the other.
    fn distance(&self, own: Option<Uuid>, wanted: Option<Uuid>) -> i32 {
        let (Some(own), Some(wanted)) = (own, wanted) else {
            return i32::MAX;
        };
        let up = self
            .above
            .get(&(own, wanted))
            .or_else(|| self.above.get(&(wanted, own)));
        up.copied().unwrap_or(i32::MAX)
    }
}

fn holds_on(assignment: &assignment::Model, day: NaiveDate) -> bool {
    assignment.starts_on.is_none_or(|first| first <= day) && assignment.ends_on.is_none_or(|last| day <= last)
}
