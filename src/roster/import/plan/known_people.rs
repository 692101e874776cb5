//! People by what a file may call them: their address, their name, their number without its zeros.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use domain::{roster::csv::Row, text::normal_form};
use entity::staff_member;
use uuid::Uuid;

/// Everybody who is in the file, and on the roster.
#[derive(Debug, Default)]
pub(super) struct KnownPeople(HashMap<String, Vec<Uuid>>);

/// Whom a reference means.
pub(super) enum Found {
    Nobody,
    One(Uuid),
    Several(Vec<Uuid>),
}

impl KnownPeople {
    /// Empty where every manager is named by a number that is known.
    pub(super) fn new(
        rows: &[Row],
        stored: &HashMap<String, staff_member::Model>,
        ids: &HashMap<String, Uuid>,
        today: NaiveDate,
    ) -> KnownPeople {
        let mut known = KnownPeople::default();
        let mut managers = rows.iter().filter_map(|row| row.manager_employee_id.as_ref());
        if managers.all(|manager| ids.contains_key(manager)) {
            return known;
        }
        let mut in_file = HashSet::new();
        for row in rows {
            let Some(id) = ids.get(&row.employee_id) else {
                continue;
            };
            in_file.insert(*id);
            // What the file does not say of somebody is as it was.
            let before = stored.get(&row.employee_id);
            let preferred = before.and_then(|before| before.preferred_name.as_ref());
            let names = [Some(&row.given_name), row.preferred_name.as_ref().or(preferred)];
            let email = row.email.as_deref();
            let email = email.or_else(|| before.and_then(|before| before.email.as_deref()));
            known.add(*id, &row.employee_id, names, &row.family_name, email);
        }
        let is_here = |person: &&staff_member::Model| person.ends_on.is_none_or(|ends| ends >= today);
        for person in stored
            .values()
            .filter(is_here)
            .filter(|person| !in_file.contains(&person.id))
        {
            let names = [Some(&person.given_name), person.preferred_name.as_ref()];
            known.add(
                person.id,
                &person.employee_id,
                names,
                &person.family_name,
                person.email.as_deref(),
            );
        }
        known
    }

    fn add(
        &mut self,
        id: Uuid,
        number: &str,
        given: [Option<&String>; 2],
        family: &str,
        email: Option<&str>,
    ) {
        let mut keys = vec![by_number(number), by_name(number)];
        keys.extend(email.map(by_address));
        for given in given.into_iter().flatten() {
            keys.extend(
                [format!("{given} {family}"), format!("{family} {given}")].map(|name| by_name(&name)),
            );
        }
        keys.sort_unstable();
        keys.dedup();
        for key in keys {
            self.0.entry(key).or_default().push(id);
        }
    }

    /// `Ruth Adler`, `Adler, Ruth`, `ruth@example.org`, `0017`, `Ruth Adler (17)`.
    pub(super) fn find(&self, reference: &str) -> Found {
        let keys = [by_address(reference), by_number(reference), by_name(reference)];
        let mut found = keys.iter().find_map(|key| self.0.get(key));
        found = found.or_else(|| self.with_number(reference));
        match found.map(Vec::as_slice) {
            None | Some([]) => Found::Nobody,
            Some([one]) => Found::One(*one),
            Some(several) => Found::Several(several.to_vec()),
        }
    }

    /// `Ruth Adler (17)`, where 17 is Ruth Adler.
    fn with_number(&self, reference: &str) -> Option<&Vec<Uuid>> {
        let (name, number) = reference.trim().strip_suffix(')')?.rsplit_once('(')?;
        let found = self.0.get(&by_number(number))?;
        let named = self.0.get(&by_name(name));
        let is_theirs = named.is_some_and(|named| found.iter().all(|id| named.contains(id)));
        (is_theirs || name.trim().is_empty()).then_some(found)
    }
}

fn by_address(address: &str) -> String {
    format!("@{}", address.trim().to_lowercase())
}

fn by_number(number: &str) -> String {
    format!("#{}", without_zeros(number.trim()))
}

fn by_name(name: &str) -> String {
    normal_form(name)
}

fn without_zeros(number: &str) -> &str {
    number.trim_start_matches('0')
}

/// Spreadsheets take the zeros from the front of numbers: gives them back where exactly one person on the roster has the
/// number with them. Returns how often.
pub(super) fn restore_zeros(rows: &mut [Row], staff: &[staff_member::Model]) -> u64 {
    let mut with_zeros: HashMap<&str, Vec<&str>> = HashMap::new();
    for person in staff.iter().filter(|person| person.employee_id.starts_with('0')) {
        with_zeros
            .entry(without_zeros(&person.employee_id))
            .or_default()
            .push(&person.employee_id);
    }
    if with_zeros.is_empty() {
        return 0;
    }
    let stored: HashSet<&str> = staff.iter().map(|person| person.employee_id.as_str()).collect();
    let in_file: HashSet<String> = rows.iter().map(|row| row.employee_id.clone()).collect();
    let mut restored = 0;
    for row in rows
        .iter_mut()
        .filter(|row| !stored.contains(row.employee_id.as_str()))
    {
        let Some([one]) = with_zeros.get(row.employee_id.as_str()).map(Vec::as_slice) else {
            continue;
        };
        if !in_file.contains(*one) {
            row.employee_id = (*one).to_owned();
            restored += 1;
        }
    }
    restored
}
