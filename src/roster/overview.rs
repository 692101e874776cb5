//! The places of an organisation as a tree, each with what follows from those above it and with who works there.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    assignment::{self, holding_on},
    organisation, site, staff_member,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::{Expr, ExprTrait, Func},
};
use uuid::Uuid;

use super::staff::full_name;

/// A place with what holds there.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The place.
    pub site: site::Model,
    /// IANA name of its time zone: its own, else that of the nearest place above that has one, else the organisation's.
    pub time_zone: String,
    /// Code of its language, found in the same way.
    pub language: String,
    /// Who leads it by the roster, if they are here.
    pub lead: Option<String>,
    /// How many people work there today, those below not counted.
    pub people: u64,
    /// The open places right below, by name.
    pub below: Vec<Placed>,
}

/// All open places from the top down, at most `limit` of them.
pub async fn open(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    today: NaiveDate,
    limit: u64,
) -> Result<Vec<Placed>, DbErr> {
    let sites = super::site::open(connection, organisation.id, limit).await?;
    let leads = leads(connection, organisation.id, &sites, today).await?;
    let people = people(connection, organisation.id, today).await?;
    let known: HashSet<Uuid> = sites.iter().map(|site| site.id).collect();
    let mut by_parent: HashMap<Option<Uuid>, Vec<site::Model>> = HashMap::new();
    for site in sites {
        // What lies below a closed place stands at the top.
        let parent = site.parent_id.filter(|parent| known.contains(parent));
        by_parent.entry(parent).or_default().push(site);
    }
    let mut planting = Planting {
        by_parent,
        leads,
        people,
    };
    Ok(planting.below(None, (&organisation.time_zone, &organisation.language)))
}

struct Planting {
    by_parent: HashMap<Option<Uuid>, Vec<site::Model>>,
    leads: HashMap<Uuid, String>,
    people: HashMap<Uuid, u64>,
}

impl Planting {
    fn below(&mut self, parent: Option<Uuid>, (zone, language): (&str, &str)) -> Vec<Placed> {
        let mut sites = self.by_parent.remove(&parent).unwrap_or_default();
        sites.sort_by_key(|site| (site.name.to_lowercase(), site.id));
        let mut placed = Vec::new();
        for site in sites {
            let time_zone = site.time_zone.clone().unwrap_or_else(|| zone.to_owned());
            let spoken = site.language.clone().unwrap_or_else(|| language.to_owned());
            placed.push(Placed {
                below: self.below(Some(site.id), (&time_zone, &spoken)),
                lead: site.lead_id.and_then(|lead| self.leads.get(&lead).cloned()),
                people: self.people.get(&site.id).copied().unwrap_or_default(),
                language: spoken,
                time_zone,
                site,
            });
        }
        placed
    }
}

async fn leads(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    sites: &[site::Model],
    today: NaiveDate,
) -> Result<HashMap<Uuid, String>, DbErr> {
    let ids = sites.iter().filter_map(|site| site.lead_id).collect();
    let found = super::people::of_ids(connection, organisation, ids).await?;
    let here = found
        .into_iter()
        .filter(|one| one.ends_on.is_none_or(|last| last >= today));
    Ok(here.map(|one| (one.id, full_name(&one))).collect())
}

/// How many people work at each place on a day.
pub async fn people(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    day: NaiveDate,
) -> Result<HashMap<Uuid, u64>, DbErr> {
    use assignment::Column;
    let here = staff_member::Entity::within(organisation)
        .filter(
            staff_member::Column::EndsOn
                .is_null()
                .or(staff_member::Column::EndsOn.gte(day)),
        )
        .select_only()
        .column(staff_member::Column::Id)
        .into_query();
    let rows: Vec<(Uuid, i64)> = assignment::Entity::within(organisation)
        .filter(holding_on(day))
        .filter(Column::SiteId.is_not_null())
        .filter(Column::StaffId.in_subquery(here))
        .select_only()
        .column(Column::SiteId)
        .expr_as(Func::count_distinct(Expr::col(Column::StaffId)), "n")
        .group_by(Column::SiteId)
        .into_tuple()
        .all(connection)
        .await?;
    let row = |(site, n): (Uuid, i64)| (site, u64::try_from(n).unwrap_or_default());
    Ok(rows.into_iter().map(row).collect())
}

/// Closed places by their names, at most `limit`.
pub async fn closed(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    limit: u64,
) -> Result<Vec<site::Model>, DbErr> {
    site::Entity::within(organisation)
        .filter(site::Column::ClosedAt.is_not_null())
        .order_by_asc(site::Column::Path)
        .limit(limit)
        .all(connection)
        .await
}
