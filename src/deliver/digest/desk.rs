//! Who reads digests: their people, their site, and why it is theirs.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    account, among,
    assignment::{self, holding_on},
    deputy, organisation, site,
};
use sea_orm::{Condition, ConnectionTrait, DbErr, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::super::compose::said::{self, first_name};
use crate::{
    roster::{
        placement::{self, Placement, Wanted},
        site as sites,
    },
    route::reason::Every,
    template::context::{Because, BecauseKind},
};

/// Who reads a digest, and of what.
#[derive(Debug, Default)]
pub(super) struct Desk {
    /// First names of those who report to them, in order.
    team: Vec<String>,
    /// Those of the people who report to whomever they stand in for.
    covered: Vec<String>,
    /// The site that they lead, else the one they work at.
    site: Option<site::Model>,
    /// Its language, where it is not the organisation's.
    language: Option<String>,
    staff: Option<Uuid>,
}

/// What accounts of an organisation read on a day, by account.
pub(super) async fn of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    readers: &[&account::Model],
    day: NaiveDate,
) -> Result<HashMap<Uuid, Desk>, DbErr> {
    let staff: Vec<Uuid> = readers.iter().filter_map(|reader| reader.staff_id).collect();
    let mut teams = teams(connection, organisation, &staff, day).await?;
    let mut covered = covered(connection, organisation, &staff, day).await?;
    let sites = Sites::of(connection, organisation, &staff, day).await?;
    let desk = |reader: &&account::Model| {
        let Some(staff) = reader.staff_id else {
            return (reader.id, Desk::default());
        };
        let desk = Desk {
            team: teams.remove(&staff).unwrap_or_default(),
            covered: covered.remove(&staff).unwrap_or_default(),
            language: sites.language_of(staff, day).cloned(),
            site: sites.of_reader(staff, day).cloned(),
            staff: Some(staff),
        };
        (reader.id, desk)
    };
    Ok(readers.iter().map(desk).collect())
}

/// First names of those who report to each manager on a day.
async fn teams(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    managers: &[Uuid],
    day: NaiveDate,
) -> Result<HashMap<Uuid, Vec<String>>, DbErr> {
    use assignment::Column;
    let rows: Vec<(Uuid, Uuid)> =
        assignment::Entity::named(organisation, Column::ManagerId, managers.iter().copied())
            .filter(holding_on(day))
            .select_only()
            .columns([Column::ManagerId, Column::StaffId])
            .distinct()
            .into_tuple()
            .all(connection)
            .await?;
    let staff: HashSet<Uuid> = rows.iter().map(|(_, staff)| *staff).collect();
    let people = said::people(connection, organisation, staff).await?;
    let mut teams: HashMap<Uuid, Vec<String>> = HashMap::new();
    for (manager, staff) in rows {
        let name = people.get(&staff).map(|person| first_name(person).to_owned());
        teams.entry(manager).or_default().extend(name);
    }
    teams.values_mut().for_each(|names| names.sort_unstable());
    Ok(teams)
}

/// First names of those whose managers are away on a day, by who stands in.
async fn covered(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    deputies: &[Uuid],
    day: NaiveDate,
) -> Result<HashMap<Uuid, Vec<String>>, DbErr> {
    let rows = deputy::Entity::named(organisation, deputy::Column::DeputyId, deputies.iter().copied())
        .filter(deputy::holding_on(day))
        .all(connection)
        .await?;
    if rows.is_empty() {
        return Ok(HashMap::new());
    }
    let absent: Vec<Uuid> = rows.iter().map(|row| row.absent_id).collect();
    let teams = teams(connection, organisation, &absent, day).await?;
    let mut covered: HashMap<Uuid, Vec<String>> = HashMap::new();
    for row in rows {
        let team = teams.get(&row.absent_id).into_iter().flatten().cloned();
        covered.entry(row.deputy_id).or_default().extend(team);
    }
    Ok(covered)
}

/// The sites that staff members lead or work at.
struct Sites {
    languages: HashMap<Uuid, String>,
    by_id: HashMap<Uuid, site::Model>,
    led: HashMap<Uuid, Uuid>,
    places: HashMap<Wanted, Placement>,
}

impl Sites {
    async fn of(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
        staff: &[Uuid],
        day: NaiveDate,
    ) -> Result<Sites, DbErr> {
        let wanted: Vec<Wanted> = staff.iter().map(|staff| on(*staff, day)).collect();
        let places = placement::on_days(connection, organisation, &wanted).await?;
        let at = places.values().filter_map(|place| place.site);
        let theirs = Condition::any()
            .add(among(site::Column::LeadId, staff.iter().copied()))
            .add(among(site::Column::Id, at.collect::<HashSet<_>>()));
        let sites = site::Entity::within(organisation)
            .filter(theirs)
            .order_by_desc(site::Column::Path)
            .all(connection)
            .await?;
        let ids = sites.iter().map(|site| site.id).collect();
        Ok(Sites {
            languages: sites::languages(connection, organisation, ids).await?,
            led: sites
                .iter()
                .filter_map(|site| Some((site.lead_id?, site.id)))
                .collect(),
            by_id: sites.into_iter().map(|site| (site.id, site)).collect(),
            places,
        })
    }

    fn language_of(&self, staff: Uuid, day: NaiveDate) -> Option<&String> {
        self.languages.get(&self.of_reader(staff, day)?.id)
    }

    fn of_reader(&self, staff: Uuid, day: NaiveDate) -> Option<&site::Model> {
        let works_at = || self.places.get(&on(staff, day))?.site;
        self.by_id.get(&self.led.get(&staff).copied().or_else(works_at)?)
    }
}

fn on(staff: Uuid, day: NaiveDate) -> Wanted {
    Wanted {
        staff,
        site: None,
        on: day,
    }
}

impl Desk {
    /// The site, else the organisation.
    pub(super) fn about(&self, organisation: &organisation::Model) -> String {
        let site = self.site.as_ref();
        site.map_or_else(|| organisation.name.clone(), |site| site.path.clone())
    }

    /// The language of the site, where it is not the organisation's.
    pub(super) fn language(&self) -> Option<&str> {
        self.language.as_deref()
    }

    /// Why it is theirs.
    pub(super) fn reads_as(&self, organisation: &organisation::Model, every: Every) -> Because {
        let own = self.site.as_ref();
        let leads = own.filter(|site| self.staff.is_some() && site.lead_id == self.staff);
        match leads {
            _ if !self.team.is_empty() => because_of(of_team(every), &self.team),
            Some(site) => Because::of(of_site(every), site.path.clone()),
            None if !self.covered.is_empty() => because_of(BecauseKind::Deputy, &self.covered),
            None => Because::of(BecauseKind::Administrator, organisation.name.clone()),
        }
    }
}

/// "Amina and Daniel", "Amina, Daniel and 12 others".
fn because_of(key: BecauseKind, team: &[String]) -> Because {
    let named = if team.len() > 4 { 2 } else { team.len() };
    Because {
        key,
        what: team.iter().take(named).cloned().collect(),
        others: (team.len() - named) as u64,
    }
}

fn of_team(every: Every) -> BecauseKind {
    match every {
        Every::Day => BecauseKind::DigestTeamDaily,
        Every::Week => BecauseKind::DigestTeam,
        Every::Month => BecauseKind::DigestTeamMonthly,
    }
}

fn of_site(every: Every) -> BecauseKind {
    match every {
        Every::Day => BecauseKind::DigestSiteDaily,
        Every::Week => BecauseKind::DigestSite,
        Every::Month => BecauseKind::DigestSiteMonthly,
    }
}
