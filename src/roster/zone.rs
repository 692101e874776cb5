//! In which time zone it is where somebody said something: the site's, else the nearest one's above it, else the
//! organisation's.
use std::collections::HashMap;

use chrono_tz::Tz;
use entity::{site, site_closure};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::organisation;

/// Zones of some sites of one organisation.
#[derive(Clone, Debug)]
pub struct Zones {
    organisation: Tz,
    sites: HashMap<Uuid, Tz>,
}

impl Zones {
    /// The zone at a site, or of the organisation.
    #[must_use]
    pub fn at(&self, site: Option<Uuid>) -> Tz {
        let own = site.and_then(|site| self.sites.get(&site));
        own.copied().unwrap_or(self.organisation)
    }
}

/// The zones of some sites, in two statements.
pub async fn zones(
    connection: &impl ConnectionTrait,
    organisation: &entity::organisation::Model,
    sites: impl IntoIterator<Item = Uuid>,
) -> Result<Zones, DbErr> {
    Ok(Zones {
        organisation: organisation::zone(organisation),
        sites: inherited(connection, sites).await?,
    })
}

/// The zones of sites of any organisation that have one, be it from above.
pub async fn inherited(
    connection: &impl ConnectionTrait,
    sites: impl IntoIterator<Item = Uuid>,
) -> Result<HashMap<Uuid, Tz>, DbErr> {
    let nearest_first = site_closure::Entity::find()
        .filter(site_closure::Column::DescendantId.is_in(sites))
        .order_by_asc(site_closure::Column::Depth)
        .all(connection)
        .await?;
    let above = nearest_first.iter().map(|row| row.ancestor_id);
    let with_zone = site::Entity::find()
        .filter(site::Column::Id.is_in(above))
        .filter(site::Column::TimeZone.is_not_null())
        .all(connection)
        .await?;
    let own = |site: site::Model| Some((site.id, site.time_zone?.parse().ok()?));
    let own: HashMap<Uuid, Tz> = with_zone.into_iter().filter_map(own).collect();
    let mut zones = HashMap::new();
    for row in nearest_first {
        if let Some(zone) = own.get(&row.ancestor_id) {
            zones.entry(row.descendant_id).or_insert(*zone);
        }
    }
    Ok(zones)
}
