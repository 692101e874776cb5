//! A roster straight from a file, with invented ids: for `plaudit attribute`, the trainer and tests.

use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::csv::Row;
use super::problem::Problem;
use super::{AssignmentRecord, Roster, SiteRecord, StaffRecord};

/// A roster, and the file's words for the ids invented for it.
pub struct LocalRoster {
    /// The index.
    pub roster: Roster,
    employee_ids: FxHashMap<Uuid, String>,
    staff: FxHashMap<String, Uuid>,
    sites: SitePaths,
}

impl LocalRoster {
    /// Indexes the rows. Problems are managers who do not stand in the file and site names that are not unique.
    pub fn new(organisation_names: &[String], rows: &[Row]) -> (LocalRoster, Vec<Problem>) {
        let sites = SitePaths::of(rows);
        let ids = rows
            .iter()
            .zip(1..)
            .map(|(row, n)| (row.employee_id.clone(), Uuid::from_u128(STAFF + n)));
        let staff: FxHashMap<String, Uuid> = ids.collect();
        let mut problems = Vec::new();
        let records = rows
            .iter()
            .map(|row| record(row, &staff, &sites, &mut problems))
            .collect();
        let roster = Roster::new(organisation_names, sites.records(), records, 1);
        let employee_ids = staff
            .iter()
            .map(|(employee_id, id)| (*id, employee_id.clone()))
            .collect();
        (
            LocalRoster {
                roster,
                employee_ids,
                staff,
                sites,
            },
            problems,
        )
    }

    /// The employee id of a staff member.
    pub fn employee_id(&self, staff: Uuid) -> Option<&str> {
        self.employee_ids.get(&staff).map(String::as_str)
    }

    /// The staff member with an employee id.
    pub fn staff(&self, employee_id: &str) -> Option<Uuid> {
        self.staff.get(employee_id).copied()
    }

    /// The site with a path (`North / Leeds`) or a unique name.
    pub fn site(&self, path_or_name: &str) -> Option<Uuid> {
        self.sites.find(path_or_name).ok()
    }
}

/// Where invented ids begin, so that staff and sites never share one.
const STAFF: u128 = 1 << 64;
const SITES: u128 = 2 << 64;

fn record(
    row: &Row,
    staff: &FxHashMap<String, Uuid>,
    sites: &SitePaths,
    problems: &mut Vec<Problem>,
) -> StaffRecord {
    let mut problem = |column: &str, message: String| {
        problems.push(Problem::new(row.line, Some(column), message));
    };
    let manager = row.manager_employee_id.as_ref().and_then(|m| {
        let found = staff.get(m).copied();
        if found.is_none() {
            problem(
                "manager_employee_id",
                format!("no staff member of the file has the employee_id {m}"),
            );
        }
        found
    });
    let site = row
        .site
        .as_ref()
        .and_then(|s| sites.find(s).map_err(|m| problem("site", m)).ok());
    let assignment = AssignmentRecord {
        site,
        manager,
        job_title: row.job_title.clone(),
        shifts: row.shifts.clone(),
        ..AssignmentRecord::default()
    };
    StaffRecord {
        id: staff.get(&row.employee_id).copied().unwrap_or_default(),
        employee_id: row.employee_id.clone(),
        given_name: row.given_name.clone(),
        family_name: row.family_name.clone(),
        preferred_name: row.preferred_name.clone(),
        aliases: row.aliases.clone(),
        handles: row.handles.clone(),
        names_at: Vec::new(),
        starts_on: row.starts_on,
        ends_on: row.ends_on,
        assignments: vec![assignment],
    }
}

/// Every site of a file by its path, with the sites above it.
#[derive(Default)]
struct SitePaths {
    by_path: FxHashMap<String, Uuid>,
    by_name: FxHashMap<String, Vec<Uuid>>,
    list: Vec<(Uuid, Option<Uuid>, String)>,
}

impl SitePaths {
    fn of(rows: &[Row]) -> SitePaths {
        let mut paths = SitePaths::default();
        // Paths first, so that a bare name means a site that a path describes.
        let (nested, bare): (Vec<&str>, Vec<&str>) = rows
            .iter()
            .filter_map(|r| r.site.as_deref())
            .partition(|s| s.contains(" / "));
        for path in nested {
            paths.add(path);
        }
        for name in bare {
            if !paths.by_name.contains_key(name) {
                paths.add(name);
            }
        }
        paths
    }

    fn add(&mut self, path: &str) {
        let mut above = None;
        let mut full = String::new();
        for name in path.split(" / ").map(str::trim).filter(|n| !n.is_empty()) {
            full = if full.is_empty() {
                name.to_owned()
            } else {
                format!("{full} / {name}")
            };
            above = Some(match self.by_path.get(&full) {
                Some(id) => *id,
                None => self.make(&full, name, above),
            });
        }
    }

    fn make(&mut self, path: &str, name: &str, parent: Option<Uuid>) -> Uuid {
        let id = Uuid::from_u128(SITES + self.list.len() as u128 + 1);
        self.by_path.insert(path.to_owned(), id);
        self.by_name.entry(name.to_owned()).or_default().push(id);
        self.list.push((id, parent, name.to_owned()));
        id
    }

    fn find(&self, site: &str) -> Result<Uuid, String> {
        let names = self.by_name.get(site).map_or(&[][..], Vec::as_slice);
        match (self.by_path.get(site), names) {
            (_, [only]) => Ok(*only),
            (Some(id), []) => Ok(*id),
            (_, []) => Err(format!("there is no site \"{site}\"")),
            (_, several) => Err(format!(
                "{} sites are called \"{site}\"; write the path, such as North / {site}",
                several.len()
            )),
        }
    }

    fn records(&self) -> Vec<SiteRecord> {
        self.list
            .iter()
            .map(|(id, parent, name)| SiteRecord {
                id: *id,
                parent: *parent,
                name: name.clone(),
            })
            .collect()
    }
}
