//! The people themselves: when and where they work, as what, at which hours.

use chrono::{Datelike, NaiveDate};
use rustc_hash::FxHashMap;
use uuid::Uuid;

use super::{Shifts, StaffRecord, sites};
use crate::text::{hash_key, normal_form};

/// One person.
#[derive(Clone, Debug, Default)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) starts: i32,
    pub(crate) ends: i32,
    /// Name forms (see `names`).
    pub(crate) forms: Box<[u32]>,
    pub(crate) assignments: Box<[Assignment]>,
    /// Keys of ids and handles.
    pub(crate) exact: Box<[u64]>,
}

impl Person {
    /// The sites of the person's assignments, or nowhere.
    pub(crate) fn sites(&self) -> impl Iterator<Item = u32> + '_ {
        let none = self.assignments.is_empty().then_some(sites::NOWHERE);
        self.assignments.iter().map(|a| a.site).chain(none)
    }

    /// Was the person employed on this day? Without a day: has the employment no end?
    pub(crate) fn employed(&self, day: Option<i32>) -> bool {
        within(self.starts, self.ends, day)
    }
}

/// Where somebody works, from a day to a day.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) site: u32,
    /// Index of the job title; 0 for none.
    pub(crate) title: u32,
    /// Index of the shifts; 0 for none.
    pub(crate) shifts: u32,
    pub(crate) starts: i32,
    pub(crate) ends: i32,
}

impl Assignment {
    /// Did it hold on this day?
    pub(crate) fn holds(&self, day: Option<i32>) -> bool {
        within(self.starts, self.ends, day)
    }
}

pub(super) fn within(starts: i32, ends: i32, day: Option<i32>) -> bool {
    day.map_or(ends == i32::MAX, |day| (starts..=ends).contains(&day))
}

/// Days as numbers; no date is the beginning of time.
pub(super) fn first_day(date: Option<NaiveDate>) -> i32 {
    date.map_or(i32::MIN, |d| d.num_days_from_ce())
}

/// Days as numbers; no date is the end of time.
pub(super) fn last_day(date: Option<NaiveDate>) -> i32 {
    date.map_or(i32::MAX, |d| d.num_days_from_ce())
}

/// Everybody, and the tables they share.
#[derive(Clone, Default)]
pub(crate) struct People {
    list: Vec<Person>,
    by_id: FxHashMap<Uuid, u32>,
    titles: Vec<Vec<u64>>,
    title_index: FxHashMap<Box<str>, u32>,
    shifts: Vec<Shifts>,
    shifts_index: FxHashMap<Shifts, u32>,
    gone: usize,
}

impl People {
    pub(super) fn reserve(&mut self, more: usize) {
        self.list.reserve_exact(more);
        self.by_id.reserve(more);
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len() - self.gone
    }

    pub(crate) fn find(&self, id: Uuid) -> Option<u32> {
        self.by_id.get(&id).copied()
    }

    pub(crate) fn get(&self, index: u32) -> Option<&Person> {
        self.list.get(index as usize)
    }

    pub(super) fn add(&mut self, id: Uuid) -> u32 {
        let index = self.list.len() as u32;
        self.list.push(Person {
            id,
            ..Person::default()
        });
        self.by_id.insert(id, index);
        index
    }

    pub(super) fn set(
        &mut self,
        index: u32,
        record: &StaffRecord,
        forms: Box<[u32]>,
        assignments: Box<[Assignment]>,
        exact: Box<[u64]>,
    ) {
        if let Some(person) = self.list.get_mut(index as usize) {
            let (starts, ends) = (first_day(record.starts_on), last_day(record.ends_on));
            *person = Person {
                id: record.id,
                starts,
                ends,
                forms,
                assignments,
                exact,
            };
        }
    }

    pub(super) fn forget(&mut self, index: u32) {
        if let Some(person) = self.list.get_mut(index as usize) {
            self.by_id.remove(&person.id);
            *person = Person::default();
            self.gone += 1;
        }
    }

    /// The index of a job title; 0 for none.
    pub(super) fn title(&mut self, title: Option<&str>) -> u32 {
        let Some(title) = title.map(str::trim).filter(|t| !t.is_empty()) else {
            return 0;
        };
        let title = title.to_lowercase();
        if let Some(index) = self.title_index.get(title.as_str()) {
            return *index;
        }
        let words = title
            .split(|c: char| !c.is_alphanumeric())
            .map(normal_form)
            .filter(|w| !w.is_empty());
        self.titles.push(words.map(|w| hash_key(0, &w)).collect());
        let index = self.titles.len() as u32;
        self.title_index.insert(title.into(), index);
        index
    }

    /// Key hashes of the words of a job title.
    pub(crate) fn title_words(&self, title: u32) -> &[u64] {
        title
            .checked_sub(1)
            .and_then(|i| self.titles.get(i as usize))
            .map_or(&[], Vec::as_slice)
    }

    /// The index of some shifts; 0 for none.
    pub(super) fn shifts(&mut self, shifts: Option<&Shifts>) -> u32 {
        let Some(shifts) = shifts.filter(|s| **s != Shifts::default()) else {
            return 0;
        };
        if let Some(index) = self.shifts_index.get(shifts) {
            return *index;
        }
        self.shifts.push(shifts.clone());
        let index = self.shifts.len() as u32;
        self.shifts_index.insert(shifts.clone(), index);
        index
    }

    /// The shifts with an index.
    pub(crate) fn shifts_of(&self, index: u32) -> Option<&Shifts> {
        index.checked_sub(1).and_then(|i| self.shifts.get(i as usize))
    }
}
