//! The people who can be praised, indexed by every way a customer may write their names.

pub mod columns;
pub mod csv;
mod days;
mod full_name;
mod local;
mod name_at;
mod names;
mod people;
pub mod problem;
mod record;
pub(crate) use record::handle_key;
mod shifts;
mod sites;

use rustc_hash::{FxHashMap, FxHashSet};
use uuid::Uuid;

use crate::text::{hash_key, normal_form};

pub use local::LocalRoster;
pub(crate) use names::{Form, Near};
use names::{Names, Post};
use people::People;
pub(crate) use people::{Assignment, Person};
pub use record::{AssignmentRecord, NameAt, SiteRecord, StaffRecord};
pub use shifts::{Shifts, ShiftsError};
pub(crate) use sites::Scope;
use sites::Sites;

/// The name index of one organisation at one version of its roster. Put it behind an `Arc` to share it; to change a
/// shared one, change a clone.
#[derive(Clone, Default)]
pub struct Roster {
    version: i64,
    organisation: FxHashSet<u64>,
    pub(crate) sites: Sites,
    pub(crate) people: People,
    pub(crate) names: Names,
    exact: FxHashMap<u64, u32>,
    /// By staff: few have any.
    names_at: FxHashMap<u32, Box<[name_at::Local]>>,
}

impl Roster {
    /// Builds the index. `organisation_names` are the names customers call the organisation and its brands by.
    pub fn new(
        organisation_names: &[String],
        sites: Vec<SiteRecord>,
        staff: Vec<StaffRecord>,
        version: i64,
    ) -> Roster {
        let words = organisation_names
            .iter()
            .flat_map(|name| name.split_whitespace().chain([name.as_str()]));
        let organisation = words
            .map(normal_form)
            .filter(|k| k.chars().count() > 2)
            .map(|k| hash_key(0, &k))
            .collect();
        let mut roster = Roster {
            organisation,
            version,
            ..Roster::default()
        };
        roster.sites.upsert(sites);
        roster.people.reserve(staff.len());
        roster.exact.reserve(staff.len());
        roster.names.begin_bulk();
        for record in staff {
            roster.upsert(&record);
        }
        roster.names.end_bulk();
        roster.sites.end_bulk();
        roster
    }

    /// Adds or replaces sites and staff members by id and takes on `version`. Somebody who left comes with `ends_on`.
    pub fn apply(&mut self, sites: Vec<SiteRecord>, staff: Vec<StaffRecord>, version: i64) {
        self.sites.upsert(sites);
        for record in staff {
            self.upsert(&record);
        }
        self.version = version;
    }

    /// Forgets staff members altogether (erased, not merely gone). Unknown ids are ignored.
    pub fn remove(&mut self, staff: &[Uuid]) {
        for id in staff {
            if let Some(index) = self.people.find(*id) {
                self.detach(index);
                self.names_at.remove(&index);
                self.people.forget(index);
            }
        }
    }

    /// The version of the roster that this index shows.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// How many people are indexed.
    pub fn len(&self) -> usize {
        self.people.len()
    }

    /// Is nobody indexed?
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whose employee id, numbered alias or handle is this?
    pub(crate) fn exact(&self, hash: u64) -> Option<u32> {
        self.exact.get(&hash).copied()
    }

    /// Is the word with this key hash a name of the organisation?
    pub(crate) fn is_organisation(&self, hash: u64) -> bool {
        self.organisation.contains(&hash)
    }

    /// The people with a name form, inside the scope first: (staff, kind, works there).
    pub(crate) fn bearers(&self, form: &Form, scope: &Scope, limit: usize) -> Bearers {
        let mut found = Bearers {
            total: form.posts.len(),
            ..Bearers::default()
        };
        match scope {
            Scope::All => found.take(form.posts.iter(), true, limit),
            Scope::Sites(sites) => {
                for site in sites {
                    found.take(form.posts_at(*site).iter(), true, limit);
                }
                if found.list.is_empty() {
                    found.take(form.posts.iter(), false, limit.min(8));
                }
            }
        }
        found
    }

    fn upsert(&mut self, record: &StaffRecord) {
        let assignments = self.assignments(record);
        let index = match self.people.find(record.id) {
            Some(index) => {
                self.detach(index);
                index
            }
            None => self.people.add(record.id),
        };
        let names = record.name_forms();
        let forms: Box<[u32]> = names
            .iter()
            .map(|(key, kind)| self.names.form(key, *kind))
            .collect();
        let exact: Box<[u64]> = record.exact_keys().collect();
        for key in &exact {
            self.exact.insert(*key, index);
        }
        self.people.set(index, record, forms, assignments, exact);
        self.name_at_sites(index, record);
        self.attach(index);
    }

    fn assignments(&mut self, record: &StaffRecord) -> Box<[Assignment]> {
        let build = |a: &AssignmentRecord| Assignment {
            site: a.site.map_or(sites::NOWHERE, |id| self.sites.index(id)),
            title: self.people.title(a.job_title.as_deref()),
            shifts: self.people.shifts(a.shifts.as_ref()),
            starts: people::first_day(a.starts_on),
            ends: people::last_day(a.ends_on),
        };
        record.assignments.iter().map(build).collect()
    }

    fn attach(&mut self, index: u32) {
        let Some(person) = self.people.get(index) else {
            return;
        };
        for site in person.sites() {
            for form in &person.forms {
                self.names.add(*form, Post { site, staff: index });
            }
            self.sites.add_staff(site, index);
        }
        self.attach_at_sites(index);
    }

    fn detach(&mut self, index: u32) {
        let Some(person) = self.people.get(index) else {
            return;
        };
        for site in person.sites() {
            for form in &person.forms {
                self.names.drop(*form, Post { site, staff: index });
            }
            self.sites.drop_staff(site, index);
        }
        for key in &person.exact {
            if self.exact.get(key) == Some(&index) {
                self.exact.remove(key);
            }
        }
        self.detach_at_sites(index);
    }
}

/// People who bear a name.
#[derive(Debug, Default)]
pub(crate) struct Bearers {
    /// (staff, does the person belong to the scope).
    pub(crate) list: Vec<(u32, bool)>,
    /// How many belong to the scope, listed or not.
    pub(crate) in_scope: usize,
    /// How many bear it in the whole organisation.
    pub(crate) total: usize,
}

impl Bearers {
    fn take<'a>(&mut self, posts: impl ExactSizeIterator<Item = &'a Post>, in_scope: bool, limit: usize) {
        self.in_scope += if in_scope { posts.len() } else { 0 };
        for post in posts.take(limit.saturating_sub(self.list.len())) {
            if self.list.last().is_none_or(|(staff, _)| *staff != post.staff) {
                self.list.push((post.staff, in_scope));
            }
        }
    }
}
