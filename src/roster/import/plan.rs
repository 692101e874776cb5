//! What a file would do to a roster: pure, so that the dry run and the application cannot differ.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use domain::{
    roster::{
        columns::Columns,
        csv::Row,
        problem::{self, Problem, Told},
    },
    text::normal_form,
};
use entity::{assignment, site, staff_member};
use sea_orm::{ConnectionTrait, DbErr, prelude::Json};
use uuid::Uuid;

use super::{
    Changed, FieldChange, ImportError, Leaving, Options, Person, Preview, Refusal, Warning, people,
    read::RosterFile,
};
use crate::roster::{
    SiteIndex,
    assignment::AssignmentFields,
    erased::Erased,
    managers::{self, Reporting},
    staff::{self, StaffFields},
};

mod known_people;
mod sites;

use known_people::{Found, KnownPeople};

/// Where more than one in this many would leave, somebody has to say that this is right.
const LEAVERS_ONE_IN: usize = 20;

/// The roster as it is.
#[derive(Debug, Default)]
pub(super) struct Snapshot {
    pub(super) staff: Vec<staff_member::Model>,
    pub(super) assignments: HashMap<Uuid, Vec<assignment::Model>>,
    pub(super) sites: SiteIndex,
}

/// What is to be written.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) preview: Preview,
    /// Sites to be made, those above before those below.
    pub(super) sites: Vec<PlannedSite>,
    /// People to be added or changed, as they will be.
    pub(super) staff: Vec<(Uuid, StaffFields)>,
    /// Assignments to be added or changed, as they will be: id, person.
    pub(super) assignments: Vec<(Uuid, Uuid, AssignmentFields)>,
    /// What is known of columns by now, for the next file.
    pub(super) columns: Option<Json>,
}

/// A site that the file names and that does not exist.
#[derive(Debug)]
pub(super) struct PlannedSite {
    pub(super) id: Uuid,
    pub(super) parent: Option<Uuid>,
    pub(super) name: String,
}

impl Snapshot {
    pub(super) async fn load(
        connection: &impl ConnectionTrait,
        organisation: Uuid,
    ) -> Result<Snapshot, DbErr> {
        let staff = staff_member::Entity::within(organisation).all(connection).await?;
        let sites = site::Entity::within(organisation).all(connection).await?;
        let mut assignments: HashMap<Uuid, Vec<assignment::Model>> = HashMap::new();
        for row in assignment::Entity::within(organisation).all(connection).await? {
            assignments.entry(row.staff_id).or_default().push(row);
        }
        Ok(Snapshot {
            staff,
            assignments,
            sites: SiteIndex::new(&sites),
        })
    }
}

pub(super) fn plan(
    mut file: RosterFile,
    snapshot: Snapshot,
    erased: &Erased,
    options: &Options,
    today: NaiveDate,
) -> Result<Plan, ImportError> {
    let scope = scope(&snapshot.sites, options)?;
    let with_zeros = known_people::restore_zeros(&mut file.rows, &snapshot.staff);
    let mut planner = Planner::new(&file.rows, snapshot, today);
    planner.plan.preview.problems = file.problems;
    planner.plan.preview.lines = file.lines;
    planner.find_sites(&file.rows, options.create_sites);
    for row in &file.rows {
        match erased.knows(&row.employee_id) {
            true => planner.refuse_erased(row),
            false => planner.take(row, &file.columns),
        }
    }
    if let Some(scope) = scope {
        planner.end_absent(&scope, options.allow_leavers);
    }
    planner.refuse_circles(&file.rows);
    planner.warn(&file.columns, file.formula_cells, with_zeros);
    let mut plan = planner.plan;
    plan.preview.problems = problem::by_cause(plan.preview.problems);
    plan.preview.columns = file.seen;
    Ok(plan)
}

/// For whom the file is complete.
enum Scope {
    Everybody,
    Below(Uuid),
}

fn scope(sites: &SiteIndex, options: &Options) -> Result<Option<Scope>, ImportError> {
    match (options.complete, &options.site) {
        (false, Some(_)) => {
            let message = "a site without --complete says nothing; add --complete or leave --site out";
            Err(ImportError::Options(message.to_owned()))
        }
        (false, None) => Ok(None),
        (true, None) => Ok(Some(Scope::Everybody)),
        (true, Some(site)) => Ok(Some(Scope::Below(sites.resolve(site)?))),
    }
}

struct Planner {
    plan: Plan,
    today: NaiveDate,
    assignments: HashMap<Uuid, Vec<assignment::Model>>,
    sites: SiteIndex,
    stored: HashMap<String, staff_member::Model>,
    /// Everybody after the import: employee id to id, and back.
    ids: HashMap<String, Uuid>,
    employee_ids: HashMap<Uuid, String>,
    in_file: HashSet<Uuid>,
    /// The file's way of writing a site to the site.
    places: HashMap<String, Uuid>,
    /// And to what is wrong with it.
    unknown_sites: HashMap<String, Told>,
    /// By what managers are called who are not named by their number.
    known: KnownPeople,
    /// Numbers that would be somebody else's.
    others: Vec<Warning>,
}

impl Planner {
    fn new(rows: &[Row], snapshot: Snapshot, today: NaiveDate) -> Planner {
        let staff = snapshot.staff.into_iter();
        let stored: HashMap<_, _> = staff.map(|person| (person.employee_id.clone(), person)).collect();
        let mut ids: HashMap<_, _> = stored
            .iter()
            .map(|(key, person)| (key.clone(), person.id))
            .collect();
        for row in rows {
            ids.entry(row.employee_id.clone()).or_insert_with(Uuid::now_v7);
        }
        let known = KnownPeople::new(rows, &stored, &ids, today);
        let in_file = rows
            .iter()
            .filter_map(|row| ids.get(&row.employee_id).copied())
            .collect();
        Planner {
            plan: Plan::default(),
            today,
            assignments: snapshot.assignments,
            sites: snapshot.sites,
            stored,
            employee_ids: ids
                .iter()
                .map(|(employee_id, id)| (*id, employee_id.clone()))
                .collect(),
            ids,
            in_file,
            places: HashMap::new(),
            unknown_sites: HashMap::new(),
            known,
            others: Vec::new(),
        }
    }

    fn problem(&mut self, line: u64, column: &str, message: Told) {
        let problem = Problem::new(line, Some(column), message);
        self.plan.preview.problems.push(problem);
    }

    fn refuse_erased(&mut self, row: &Row) {
        let words = "somebody of this number was erased as a former employee; take the line out, or give whoever it is now \
                     another number; plaudit person readmit lets the number in again";
        let message = Told::new("erased", words).with("number", &row.employee_id);
        self.problem(row.line, "employee_id", message);
    }

    fn take(&mut self, row: &Row, columns: &Columns) {
        let Some(id) = self.ids.get(&row.employee_id).copied() else {
            return;
        };
        let before = self.stored.get(&row.employee_id).map(StaffFields::of);
        let person = people::wanted_person(row, columns, before.clone());
        if let Some((field, message)) = staff::fault(&person) {
            self.problem(row.line, field, Told::new(unusable(field), message));
            return;
        }
        let unknown = row
            .site
            .as_ref()
            .and_then(|site| self.unknown_sites.get(site))
            .cloned();
        if let Some(why) = &unknown {
            self.problem(row.line, "site", why.clone());
        }
        let (Some(manager), None) = (self.manager(row), unknown) else {
            return;
        };
        let site = row.site.as_ref().and_then(|site| self.places.get(site).copied());
        let known = self.assignments.remove(&id).unwrap_or_default();
        let current = people::current(&known, site, self.today);
        let place = people::wanted_place(row, columns, site, manager, current);
        if let Some(before) = before.as_ref().filter(|before| is_somebody_else(before, &person)) {
            self.others.push(Warning::SomebodyElse {
                employee_id: row.employee_id.clone(),
                before: shown_name(before),
                after: shown_name(&person),
            });
        }
        let mut fields = before
            .as_ref()
            .map(|before| people::person_changes(before, &person));
        if let Some(fields) = &mut fields {
            fields.extend(self.place_changes(current.map(AssignmentFields::of).unwrap_or_default(), &place));
        }
        let moves = people::moves(place, current, &known, person.starts_on, self.today);
        let is_same = moves.is_empty() && before.as_ref() == Some(&person);
        self.note(row, &person, fields, is_same);
        self.write(id, person, moves, is_same);
        self.assignments.insert(id, known);
    }

    /// The row's manager; none (outer) where the file names somebody who does not exist.
    fn manager(&mut self, row: &Row) -> Option<Option<Uuid>> {
        let Some(manager) = &row.manager_employee_id else {
            return Some(None);
        };
        let message = match self.ids.get(manager) {
            Some(id) => return Some(Some(*id)),
            None => match self.known.find(manager) {
                Found::One(id) => return Some(Some(id)),
                Found::Nobody => {
                    let words = format!(
                        "nobody {manager:?} is in the file or on the roster; right is the number, the address or the full name of somebody who is"
                    );
                    Told::new("no_manager", words).with("manager", manager)
                }
                Found::Several(ids) => {
                    let numbers: Vec<String> =
                        ids.iter().filter_map(|id| self.employee_id(Some(*id))).collect();
                    let words = format!(
                        "{manager:?} may be {}; right is the number of the one who is meant",
                        numbers.join(" or ")
                    );
                    Told::new("several_managers", words)
                        .with("manager", manager)
                        .with("numbers", numbers.join(", "))
                }
            },
        };
        self.problem(row.line, "manager_employee_id", message);
        None
    }

    fn note(&mut self, row: &Row, person: &StaffFields, fields: Option<Vec<FieldChange>>, is_same: bool) {
        let preview = &mut self.plan.preview;
        let shown = Person {
            line: row.line,
            employee_id: row.employee_id.clone(),
            name: shown_name(person),
        };
        match fields {
            _ if is_same => preview.same += 1,
            None => preview.added.push(shown),
            Some(fields) => preview.changed.push(Changed {
                person: shown,
                fields,
            }),
        }
    }

    fn write(
        &mut self,
        id: Uuid,
        person: StaffFields,
        moves: Vec<(Option<Uuid>, AssignmentFields)>,
        is_same: bool,
    ) {
        if is_same {
            return;
        }
        self.plan.staff.push((id, person));
        for (assignment, fields) in moves {
            self.plan
                .assignments
                .push((assignment.unwrap_or_else(Uuid::now_v7), id, fields));
        }
    }

    fn place_changes(&self, before: AssignmentFields, after: &AssignmentFields) -> Vec<FieldChange> {
        let site = |site: Option<Uuid>| site.and_then(|site| self.sites.path(site)).map(str::to_owned);
        let pairs = [
            ("site", site(before.site), site(after.site)),
            (
                "manager_employee_id",
                self.employee_id(before.manager),
                self.employee_id(after.manager),
            ),
            ("job_title", before.job_title, after.job_title.clone()),
            ("shifts", before.shifts, after.shifts.clone()),
        ];
        pairs
            .into_iter()
            .filter_map(|(field, from, to)| people::changed(field, from, to))
            .collect()
    }

    fn employee_id(&self, person: Option<Uuid>) -> Option<String> {
        let person = person?;
        self.employee_ids.get(&person).cloned()
    }

    /// Gives those who are not in a complete file their last day.
    fn end_absent(&mut self, scope: &Scope, allowed: Option<u64>) {
        let mut absent: Vec<staff_member::Model> = Vec::new();
        let mut total = 0;
        for person in self.stored.values().filter(|person| self.is_here(person, scope)) {
            total += 1;
            if !self.in_file.contains(&person.id) {
                absent.push(person.clone());
            }
        }
        absent.sort_by(|a, b| a.employee_id.cmp(&b.employee_id));
        self.refuse_many_leavers(absent.len(), total, allowed);
        for person in &absent {
            self.end(person);
        }
    }

    fn is_here(&self, person: &staff_member::Model, scope: &Scope) -> bool {
        let is_employed = person.ends_on.is_none_or(|ends| ends >= self.today);
        let top = match scope {
            Scope::Everybody => return is_employed,
            Scope::Below(top) => *top,
        };
        let mut own = self.assignments.get(&person.id).into_iter().flatten();
        is_employed
            && own.any(|row| {
                let is_open = row.ends_on.is_none_or(|ends| ends >= self.today);
                is_open && row.site_id.is_some_and(|site| self.sites.is_within(site, top))
            })
    }

    fn refuse_many_leavers(&mut self, leavers: usize, total: usize, allowed: Option<u64>) {
        let is_allowed = allowed.is_some_and(|allowed| leavers as u64 <= allowed);
        if leavers * LEAVERS_ONE_IN > total && !is_allowed {
            self.plan.preview.refusals.push(Refusal::ManyLeave {
                leavers: leavers as u64,
                total: total as u64,
            });
        }
    }

    fn end(&mut self, person: &staff_member::Model) {
        let yesterday = people::yesterday(self.today);
        let last_day = person.starts_on.map_or(yesterday, |starts| starts.max(yesterday));
        let mut fields = StaffFields::of(person);
        fields.ends_on = Some(last_day);
        self.plan.preview.leaving.push(Leaving {
            employee_id: person.employee_id.clone(),
            name: shown_name(&fields),
            last_day,
        });
        self.plan.staff.push((person.id, fields));
        for row in self.assignments.get(&person.id).into_iter().flatten() {
            if row.ends_on.is_none_or(|ends| ends > last_day) {
                let mut fields = AssignmentFields::of(row);
                fields.ends_on = Some(row.starts_on.map_or(last_day, |starts| starts.max(last_day)));
                self.plan.assignments.push((row.id, person.id, fields));
            }
        }
    }

    /// Looks at everybody's managers as they will be.
    fn refuse_circles(&mut self, rows: &[Row]) {
        let planned: HashSet<Uuid> = self.plan.assignments.iter().map(|(id, _, _)| *id).collect();
        let stored = self
            .assignments
            .values()
            .flatten()
            .filter(|row| !planned.contains(&row.id));
        let mut lines: Vec<Reporting> = stored.filter_map(Reporting::of).collect();
        let new = self.plan.assignments.iter();
        lines.extend(new.filter_map(|(_, person, fields)| Reporting::planned(*person, fields)));
        let Some(circle) = managers::circle(&lines) else {
            return;
        };
        let names: Vec<String> = circle
            .iter()
            .filter_map(|id| self.employee_id(Some(*id)))
            .collect();
        let line = rows
            .iter()
            .find(|row| names.contains(&row.employee_id))
            .map_or(0, |row| row.line);
        let words = format!("this makes a circle of managers: {}", names.join(" reports to "));
        let message = Told::new("circle", words).with("numbers", names.join(" → "));
        self.problem(line, "manager_employee_id", message);
    }

    fn warn(&mut self, columns: &Columns, formula_cells: u64, with_zeros: u64) {
        let warnings = &mut self.plan.preview.warnings;
        if formula_cells > 0 {
            warnings.push(Warning::Formulas(formula_cells));
        }
        if with_zeros > 0 {
            warnings.push(Warning::ZerosLost(with_zeros));
        }
        let left_out: Vec<String> = columns.left_out().map(str::to_owned).collect();
        if !left_out.is_empty() {
            warnings.push(Warning::NotRead(left_out));
        }
        if !columns.has("manager_employee_id") {
            warnings.push(Warning::NoManagers);
        }
        let others = std::mem::take(&mut self.others);
        self.plan.preview.warnings.extend(others);
    }
}

/// What is wrong with a person's field.
fn unusable(field: &str) -> &'static str {
    match field {
        "email" => "no_address",
        "starts_on" | "ends_on" => "odd_day",
        _ => "too_long",
    }
}

/// Whether the names have nothing in common: a number that was given to somebody else.
fn is_somebody_else(before: &StaffFields, after: &StaffFields) -> bool {
    let names = |person: &StaffFields| -> HashSet<String> {
        let own = [&person.given_name, &person.family_name];
        let own = own
            .into_iter()
            .chain(&person.preferred_name)
            .chain(&person.aliases);
        let words = own.flat_map(|name| {
            normal_form(name)
                .split(' ')
                .map(str::to_owned)
                .collect::<Vec<_>>()
        });
        words.filter(|word| !word.is_empty()).collect()
    };
    names(before).is_disjoint(&names(after))
}

fn shown_name(person: &StaffFields) -> String {
    let given = person.preferred_name.as_deref().unwrap_or(&person.given_name);
    format!("{given} {}", person.family_name).trim().to_owned()
}
