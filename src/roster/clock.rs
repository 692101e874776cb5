//! By which clock somebody who is told lives: their own, else that of the site where they work, else the organisation's.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::{account, organisation};
use sea_orm::{ConnectionTrait, DbErr};
use uuid::Uuid;

use super::{
    organisation as organisations,
    placement::{self, Wanted},
    site,
};

/// The zones of accounts of one organisation, by account.
pub(crate) async fn of(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    accounts: &[&account::Model],
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Tz>, DbErr> {
    let today = organisations::day_in(organisation, now);
    let at = |staff| Wanted {
        staff,
        site: None,
        on: today,
    };
    let wanted: Vec<Wanted> = accounts
        .iter()
        .filter(|account| account.time_zone.is_none())
        .filter_map(|account| account.staff_id.map(at))
        .collect();
    let places = placement::on_days(connection, organisation.id, &wanted).await?;
    let site_of = |account: &account::Model| places.get(&at(account.staff_id?))?.site;
    let sites: HashSet<Uuid> = accounts.iter().filter_map(|account| site_of(account)).collect();
    let of_site = site::time_zones(connection, organisation, sites).await?;
    let zone = |account: &account::Model| {
        let own = account.time_zone.as_deref().and_then(|name| name.parse().ok());
        let of_site = || site_of(account).and_then(|site| of_site.get(&site).copied());
        own.or_else(of_site)
            .unwrap_or_else(|| organisations::zone(organisation))
    };
    Ok(accounts
        .iter()
        .map(|account| (account.id, zone(account)))
        .collect())
}
