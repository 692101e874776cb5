//! The name index of each organisation, brought up to its `roster_version` when it is needed: only rows that changed
//! since are read. Each process holds its own; what is derived from the tables can be built anew at any time.
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use domain::roster::{AssignmentRecord, NameAt, Roster, SiteRecord, StaffRecord};
use entity::{assignment, name_answer, organisation, site, staff_member};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QuerySelect};
use uuid::Uuid;

/// People read at once: rows take several times the room of what is kept of them.
const TOGETHER: usize = 1024;

/// An index and the settings it was built under.
#[derive(Clone)]
struct Snapshot {
    roster: Arc<Roster>,
    settings_version: i64,
}

/// Indices in memory, by organisation.
#[derive(Default)]
pub struct RosterCache {
    snapshots: Mutex<HashMap<Uuid, Snapshot>>,
}

impl std::fmt::Debug for RosterCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RosterCache")
    }
}

impl RosterCache {
    /// The index at the organisation's present version or a newer one.
    pub async fn get(
        &self,
        connection: &impl ConnectionTrait,
        organisation: &organisation::Model,
    ) -> Result<Arc<Roster>, DbErr> {
        let known = self.lock().get(&organisation.id).cloned();
        let known = known.filter(|known| known.settings_version == organisation.settings_version);
        let roster = match known {
            Some(known) if known.roster.version() >= organisation.roster_version => return Ok(known.roster),
            Some(known) => updated(connection, organisation, known.roster).await?,
            None => built(connection, organisation).await?,
        };
        let snapshot = Snapshot {
            roster: roster.clone(),
            settings_version: organisation.settings_version,
        };
        self.lock().insert(organisation.id, snapshot);
        Ok(roster)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Uuid, Snapshot>> {
        self.snapshots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn built(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
) -> Result<Arc<Roster>, DbErr> {
    let (sites, staff) = changed_since(connection, organisation, -1).await?;
    let mut names = organisation.brands.0.clone();
    names.push(organisation.name.clone());
    Ok(Arc::new(Roster::new(
        &names,
        sites,
        staff,
        organisation.roster_version,
    )))
}

async fn updated(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    mut known: Arc<Roster>,
) -> Result<Arc<Roster>, DbErr> {
    let (sites, staff) = changed_since(connection, organisation, known.version()).await?;
    Arc::make_mut(&mut known).apply(sites, staff, organisation.roster_version);
    Ok(known)
}

async fn changed_since(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    version: i64,
) -> Result<(Vec<SiteRecord>, Vec<StaffRecord>), DbErr> {
    let sites = site::Entity::within(organisation.id)
        .filter(site::Column::ChangedInVersion.gt(version))
        .all(connection)
        .await?;
    let mut changed: Vec<Uuid> = staff_member::Entity::within(organisation.id)
        .filter(staff_member::Column::ChangedInVersion.gt(version))
        .select_only()
        .column(staff_member::Column::Id)
        .into_tuple()
        .all(connection)
        .await?;
    changed.sort_unstable();
    let mut names = names_at_sites(connection, organisation.id).await?;
    let mut staff = Vec::with_capacity(changed.len());
    for ids in changed.chunks(TOGETHER) {
        staff.extend(people(connection, organisation.id, ids, &mut names).await?);
    }
    Ok((sites.into_iter().map(site_record).collect(), staff))
}

async fn people(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    ids: &[Uuid],
    names: &mut HashMap<Uuid, Vec<NameAt>>,
) -> Result<Vec<StaffRecord>, DbErr> {
    let people = staff_member::Entity::named(organisation, staff_member::Column::Id, ids.iter().copied())
        .all(connection)
        .await?;
    let mut assignments = assignments_of(connection, organisation, ids).await?;
    let record = |person: staff_member::Model| {
        // Whoever was erased bears no name and is looked for nowhere.
        let own = assignments
            .remove(&person.id)
            .filter(|_| person.erased_at.is_none());
        let own = own.unwrap_or_default();
        let names_at = names.remove(&person.id).unwrap_or_default();
        StaffRecord {
            names_at,
            ..staff_record(person, own)
        }
    };
    Ok(people.into_iter().map(record).collect())
}

async fn assignments_of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    staff: &[Uuid],
) -> Result<HashMap<Uuid, Vec<AssignmentRecord>>, DbErr> {
    let rows = assignment::Entity::named(organisation, assignment::Column::StaffId, staff.iter().copied())
        .all(connection)
        .await?;
    let mut by_staff: HashMap<Uuid, Vec<AssignmentRecord>> = HashMap::new();
    for row in rows {
        by_staff
            .entry(row.staff_id)
            .or_default()
            .push(assignment_record(row));
    }
    Ok(by_staff)
}

/// What people are called at one site each, as somebody said of names that nobody bore.
async fn names_at_sites(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<HashMap<Uuid, Vec<NameAt>>, DbErr> {
    let answers = name_answer::Entity::within(organisation)
        .filter(name_answer::Column::StaffId.is_not_null())
        .filter(name_answer::Column::UndoneAt.is_null())
        .all(connection)
        .await?;
    let mut by_staff: HashMap<Uuid, Vec<NameAt>> = HashMap::new();
    for answer in answers {
        let (Some(staff), Some(name)) = (answer.staff_id, answer.name) else {
            continue;
        };
        by_staff.entry(staff).or_default().push(NameAt {
            site: answer.site_id,
            name,
            starts_on: answer.starts_on,
            ends_on: answer.ends_on,
        });
    }
    Ok(by_staff)
}

fn site_record(site: site::Model) -> SiteRecord {
    SiteRecord {
        id: site.id,
        parent: site.parent_id,
        name: site.name,
    }
}

fn assignment_record(row: assignment::Model) -> AssignmentRecord {
    AssignmentRecord {
        site: row.site_id,
        manager: row.manager_id,
        job_title: row.job_title,
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        shifts: row.shifts.and_then(|shifts| shifts.parse().ok()),
    }
}

fn staff_record(person: staff_member::Model, assignments: Vec<AssignmentRecord>) -> StaffRecord {
    StaffRecord {
        id: person.id,
        employee_id: person.employee_id,
        given_name: person.given_name,
        family_name: person.family_name,
        preferred_name: person.preferred_name,
        aliases: person.aliases.0,
        handles: person.handles.0,
        names_at: Vec::new(),
        starts_on: person.starts_on,
        ends_on: person.ends_on,
        assignments,
    }
}
