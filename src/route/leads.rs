//! Who leads sites, or one above them: read for many sites at once.
use std::collections::{HashMap, HashSet};

use entity::{
    account, among,
    grant::{self, Role},
    site, site_closure,
};
use sea_orm::{ColumnTrait, DbErr, QueryFilter};
use uuid::Uuid;

use crate::platform::db::Tx;

/// Who leads a site or one above it.
#[derive(Clone, Debug)]
pub(super) struct Lead {
    pub(super) site: Uuid,
    pub(super) who: LeadBy,
}

#[derive(Clone, Debug)]
pub(super) enum LeadBy {
    Roster(Uuid),
    Grant(Box<account::Model>),
}

impl Lead {
    /// The staff member, where it is one.
    pub(super) fn staff(&self) -> Option<Uuid> {
        match &self.who {
            LeadBy::Roster(staff) => Some(*staff),
            LeadBy::Grant(account) => account.staff_id,
        }
    }
}

/// The leads of each site, its own first, then those of the nearest above it; of one site, whom the roster names first.
pub(super) async fn of_sites(
    tx: &Tx,
    organisation: Uuid,
    sites: &HashSet<Uuid>,
) -> Result<HashMap<Uuid, Vec<Lead>>, DbErr> {
    if sites.is_empty() {
        return Ok(HashMap::new());
    }
    use site_closure::Column;
    let mut upwards = site_closure::Entity::named(organisation, Column::DescendantId, sites.iter().copied())
        .all(tx)
        .await?;
    upwards.sort_by_key(|row| row.depth);
    let above: HashSet<Uuid> = upwards.iter().map(|row| row.ancestor_id).collect();
    let by_roster = by_roster(tx, organisation, &above).await?;
    let by_grant = by_grant(tx, organisation, &above).await?;
    let mut leads: HashMap<Uuid, Vec<Lead>> = sites.iter().map(|site| (*site, Vec::new())).collect();
    for row in upwards {
        let site = row.ancestor_id;
        let by = |who| Lead { site, who };
        let own = leads.entry(row.descendant_id).or_default();
        own.extend(by_roster.get(&site).map(|staff| by(LeadBy::Roster(*staff))));
        let granted = by_grant.get(&site).into_iter().flatten();
        own.extend(granted.map(|account| by(LeadBy::Grant(Box::new(account.clone())))));
    }
    Ok(leads)
}

async fn by_roster(tx: &Tx, organisation: Uuid, sites: &HashSet<Uuid>) -> Result<HashMap<Uuid, Uuid>, DbErr> {
    let sites = site::Entity::named(organisation, site::Column::Id, sites.iter().copied())
        .all(tx)
        .await?;
    Ok(sites
        .into_iter()
        .filter_map(|site| Some((site.id, site.lead_id?)))
        .collect())
}

/// Open accounts that hold the role over a site, by site; oldest first.
async fn by_grant(
    tx: &Tx,
    organisation: Uuid,
    sites: &HashSet<Uuid>,
) -> Result<HashMap<Uuid, Vec<account::Model>>, DbErr> {
    let grants = grant::Entity::within(organisation)
        .filter(grant::Column::Role.eq(Role::SiteLead))
        .filter(grant::Column::EndedAt.is_null())
        .filter(among(grant::Column::SiteId, sites.iter().copied()))
        .all(tx)
        .await?;
    let accounts = grants.iter().map(|grant| grant.account_id);
    let accounts = account::Entity::named(organisation, account::Column::Id, accounts)
        .filter(account::Column::ClosedAt.is_null())
        .all(tx)
        .await?;
    let accounts: HashMap<Uuid, account::Model> = accounts
        .into_iter()
        .map(|account| (account.id, account))
        .collect();
    let mut by_site: HashMap<Uuid, Vec<account::Model>> = HashMap::new();
    for grant in grants {
        if let (Some(site), Some(account)) = (grant.site_id, accounts.get(&grant.account_id)) {
            by_site.entry(site).or_default().push(account.clone());
        }
    }
    for accounts in by_site.values_mut() {
        accounts.sort_by_key(|account| account.id);
        accounts.dedup_by_key(|account| account.id);
    }
    Ok(by_site)
}
