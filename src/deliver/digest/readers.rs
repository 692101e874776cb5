//! Whose digest is due: every open account, on its own clock.
use std::collections::{HashMap, HashSet};

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use domain::digest::{Rhythm, Week};
use entity::{
    account,
    notice::{self, Kind},
    organisation,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QuerySelect};
use uuid::Uuid;

use crate::roster::{
    organisation as organisations,
    placement::{self, Wanted},
    site,
};

/// The readers of an organisation whose digest is to be made now, with the week.
pub(super) async fn due(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    now: DateTime<Utc>,
) -> Result<Vec<(account::Model, Week)>, DbErr> {
    let accounts = account::Entity::within(organisation.id)
        .filter(account::Column::ClosedAt.is_null())
        .all(connection)
        .await?;
    let last = last_mondays(connection, organisation.id).await?;
    // Nobody whose digest of this week is made is looked at further, whatever their zone.
    let newest = Rhythm {
        zone: Tz::Pacific__Kiritimati,
        hour: 0,
    }
    .latest(now)
    .monday;
    let open: Vec<account::Model> = accounts
        .into_iter()
        .filter(|account| last.get(&account.id).is_none_or(|last| *last < newest))
        .collect();
    let zones = zones(connection, organisation, &open, now).await?;
    let week = |account: account::Model| {
        let rhythm = Rhythm {
            zone: zones.get(&account.id).copied().unwrap_or(Tz::UTC),
            hour: u32::try_from(account.digest_hour).unwrap_or_default(),
        };
        let week = rhythm.due(now, account.created_at, last.get(&account.id).copied())?;
        Some((account, week))
    };
    Ok(open.into_iter().filter_map(week).collect())
}

async fn last_mondays(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<HashMap<Uuid, NaiveDate>, DbErr> {
    let rows: Vec<(Option<Uuid>, Option<NaiveDate>)> = notice::Entity::within(organisation)
        .filter(notice::Column::Kind.eq(Kind::Digest))
        .select_only()
        .column(notice::Column::ReaderId)
        .column_as(notice::Column::PeriodStart.max(), "last")
        .group_by(notice::Column::ReaderId)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows
        .into_iter()
        .filter_map(|(reader, last)| Some((reader?, last?)))
        .collect())
}

/// The zone of each reader: their own, else that of the site where they work, else the organisation's.
async fn zones(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    accounts: &[account::Model],
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
    let sites: HashSet<Option<Uuid>> = accounts.iter().map(site_of).collect();
    let mut of_site = HashMap::new();
    for site in sites {
        of_site.insert(site, site::time_zone(connection, organisation, site).await?);
    }
    let zone = |account: &account::Model| {
        let own = account.time_zone.as_deref().and_then(|name| name.parse().ok());
        own.or_else(|| of_site.get(&site_of(account)).copied())
    };
    Ok(accounts
        .iter()
        .filter_map(|account| Some((account.id, zone(account)?)))
        .collect())
}
