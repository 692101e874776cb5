//! Within how many working days somebody is to hear of praise at a site, and by which calendar: the site's own, else that of the
//! nearest one above it, else the organisation's.
use std::collections::{HashMap, HashSet};

use chrono_tz::Tz;
use domain::working_days::{self, Calendar};
use entity::{organisation, site, site_closure};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{RosterError, organisation as organisations};

/// Working days where nobody chose.
pub(super) const USUAL: i32 = 2;
/// The most there may be.
const MOST: i32 = 30;

/// What holds at one place.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// The days on which people work.
    pub(crate) calendar: Calendar,
    /// How many of them there are.
    pub(crate) days: usize,
}

/// What holds at sites of one organisation.
#[derive(Clone, Debug)]
pub(crate) struct OfSites {
    sites: HashMap<Uuid, Terms>,
    elsewhere: Terms,
}

impl OfSites {
    /// What holds at a site, or nowhere in particular.
    pub(crate) fn at(&self, site: Option<Uuid>) -> &Terms {
        site.and_then(|site| self.sites.get(&site))
            .unwrap_or(&self.elsewhere)
    }
}

/// Reads what holds at some sites, in two statements.
pub(crate) async fn of_sites(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    sites: HashSet<Uuid>,
) -> Result<OfSites, DbErr> {
    let own = Chosen {
        zone: Some(organisations::zone(organisation)),
        holidays: organisation.holidays.clone(),
        days: Some(organisation.heard_within),
    };
    let column = site_closure::Column::DescendantId;
    let mut upwards = site_closure::Entity::named(organisation.id, column, sites)
        .all(connection)
        .await?;
    upwards.sort_by_key(|row| row.depth);
    let above: HashSet<Uuid> = upwards.iter().map(|row| row.ancestor_id).collect();
    let rows = site::Entity::named(organisation.id, site::Column::Id, above)
        .all(connection)
        .await?;
    let by_id: HashMap<Uuid, Chosen> = rows.iter().map(|row| (row.id, Chosen::at(row))).collect();
    let mut chosen: HashMap<Uuid, Chosen> = HashMap::new();
    for row in upwards {
        if let Some(nearest) = by_id.get(&row.ancestor_id) {
            let so_far = chosen.entry(row.descendant_id).or_default();
            *so_far = std::mem::take(so_far).or(nearest);
        }
    }
    let mut calendars = HashMap::new();
    let sites = chosen
        .into_iter()
        .map(|(site, chosen)| (site, chosen.or(&own).terms(&mut calendars)))
        .collect();
    Ok(OfSites {
        sites,
        elsewhere: own.terms(&mut calendars),
    })
}

type Calendars = HashMap<(Option<String>, Tz), Calendar>;

/// What somebody chose for one place.
#[derive(Clone, Debug, Default)]
struct Chosen {
    zone: Option<Tz>,
    holidays: Option<String>,
    days: Option<i32>,
}

impl Chosen {
    fn at(site: &site::Model) -> Chosen {
        Chosen {
            zone: site.time_zone.as_deref().and_then(|name| name.parse().ok()),
            holidays: site.holidays.clone(),
            days: site.heard_within,
        }
    }

    /// With what is chosen above, where nothing is here.
    fn or(self, above: &Chosen) -> Chosen {
        Chosen {
            zone: self.zone.or(above.zone),
            holidays: self.holidays.or_else(|| above.holidays.clone()),
            days: self.days.or(above.days),
        }
    }

    fn terms(self, calendars: &mut Calendars) -> Terms {
        let zone = self.zone.unwrap_or(Tz::UTC);
        let calendar = calendars
            .entry((self.holidays.clone(), zone))
            .or_insert_with(|| Calendar::of(self.holidays.as_deref(), zone));
        Terms {
            calendar: calendar.clone(),
            days: usize::try_from(self.days.unwrap_or(USUAL)).unwrap_or(1),
        }
    }
}

/// A number of working days, or what would be right.
pub(super) fn valid_days(days: i32) -> Result<i32, RosterError> {
    if (1..=MOST).contains(&days) {
        return Ok(days);
    }
    let message = format!("{days} is out of range; give 1 to {MOST} working days");
    Err(RosterError::invalid("heard_within", message))
}

/// The code of a country or region, or what would be right.
pub(super) fn valid_holidays(given: &str) -> Result<String, RosterError> {
    let code = given.trim().to_uppercase();
    if working_days::known().contains(&code) {
        return Ok(code);
    }
    let message = format!(
        "the holidays of {given:?} are not known; give the code of a country, such as GB, or of a region, such as DE-BY: {}",
        working_days::known().join(", ")
    );
    Err(RosterError::invalid("holidays", message))
}
