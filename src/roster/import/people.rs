//! One row beside what is stored about that person.
use chrono::{Days, NaiveDate};
use domain::roster::{columns::Columns, csv::Row};
use entity::assignment;
use uuid::Uuid;

use super::FieldChange;
use crate::roster::{assignment::AssignmentFields, staff::StaffFields};

/// The person as the file wants them; what it has no column for stays as stored.
pub(super) fn wanted_person(row: &Row, columns: &Columns, stored: Option<StaffFields>) -> StaffFields {
    let mut person = stored.unwrap_or_default();
    person.employee_id.clone_from(&row.employee_id);
    person.given_name.clone_from(&row.given_name);
    person.family_name.clone_from(&row.family_name);
    if columns.has("preferred_name") {
        person.preferred_name.clone_from(&row.preferred_name);
    }
    if columns.has("aliases") {
        person.aliases.clone_from(&row.aliases);
    }
    if columns.has("handles") {
        person.handles.clone_from(&row.handles);
    }
    if columns.has("email") {
        person.email.clone_from(&row.email);
    }
    if columns.has("phone") {
        person.phone.clone_from(&row.phone);
    }
    if columns.has("starts_on") {
        person.starts_on = row.starts_on;
    }
    if columns.has("ends_on") {
        person.ends_on = row.ends_on;
    }
    person
}

/// The assignment of a person that the file's row is about: one that has not ended, at the row's site if there is one,
/// else the one that began first.
pub(in crate::roster) fn current(
    assignments: &[assignment::Model],
    site: Option<Uuid>,
    today: NaiveDate,
) -> Option<&assignment::Model> {
    let open = assignments
        .iter()
        .filter(|row| row.ends_on.is_none_or(|ends| ends >= today));
    open.min_by_key(|row| (row.site_id != site, row.starts_on, row.id))
}

/// Where the file wants the person, their site and manager already found.
pub(super) fn wanted_place(
    row: &Row,
    columns: &Columns,
    site: Option<Uuid>,
    manager: Option<Uuid>,
    current: Option<&assignment::Model>,
) -> AssignmentFields {
    let mut place = current.map(AssignmentFields::of).unwrap_or_default();
    place.site = site;
    if columns.has("manager_employee_id") {
        place.manager = manager;
    }
    if columns.has("job_title") {
        place.job_title.clone_from(&row.job_title);
    }
    if columns.has("shifts") {
        place.shifts = row.shifts.as_ref().map(ToString::to_string);
    }
    place
}

/// What happens to a person's assignments: rows to be written, changed ones and new ones alike.
pub(in crate::roster) fn moves(
    mut wanted: AssignmentFields,
    current: Option<&assignment::Model>,
    known: &[assignment::Model],
    person_starts_on: Option<NaiveDate>,
    today: NaiveDate,
) -> Vec<(Option<Uuid>, AssignmentFields)> {
    let Some(current) = current else {
        wanted.starts_on = first_day(known, person_starts_on, today);
        wanted.ends_on = None;
        return vec![(None, wanted)];
    };
    let before = AssignmentFields::of(current);
    if before == wanted {
        return Vec::new();
    }
    if current.starts_on.is_some_and(|starts| starts >= today) {
        return vec![(Some(current.id), wanted)];
    }
    let ended = AssignmentFields {
        ends_on: Some(yesterday(today)),
        ..before
    };
    wanted.starts_on = Some(today);
    vec![(Some(current.id), ended), (None, wanted)]
}

/// The first assignment holds from the person's first day, or since ever; one after a break from its end on.
fn first_day(
    known: &[assignment::Model],
    person_starts_on: Option<NaiveDate>,
    today: NaiveDate,
) -> Option<NaiveDate> {
    match known.iter().filter_map(|row| row.ends_on).max() {
        None => person_starts_on,
        Some(last) => Some(person_starts_on.filter(|starts| *starts > last).unwrap_or(today)),
    }
}

/// The day before.
pub(in crate::roster) fn yesterday(today: NaiveDate) -> NaiveDate {
    today.checked_sub_days(Days::new(1)).unwrap_or(today)
}

/// What changes about a person, field by field.
pub(super) fn person_changes(before: &StaffFields, after: &StaffFields) -> Vec<FieldChange> {
    let day = |day: Option<NaiveDate>| day.map(|day| day.to_string());
    let optional = |text: &Option<String>| text.clone();
    let list = |words: &[String]| Some(words.join("; "));
    let pairs = [
        (
            "given_name",
            Some(before.given_name.clone()),
            Some(after.given_name.clone()),
        ),
        (
            "family_name",
            Some(before.family_name.clone()),
            Some(after.family_name.clone()),
        ),
        (
            "preferred_name",
            optional(&before.preferred_name),
            optional(&after.preferred_name),
        ),
        ("aliases", list(&before.aliases), list(&after.aliases)),
        ("handles", list(&before.handles), list(&after.handles)),
        ("email", optional(&before.email), optional(&after.email)),
        ("phone", optional(&before.phone), optional(&after.phone)),
        ("starts_on", day(before.starts_on), day(after.starts_on)),
        ("ends_on", day(before.ends_on), day(after.ends_on)),
    ];
    pairs
        .into_iter()
        .filter_map(|(field, from, to)| changed(field, from, to))
        .collect()
}

/// A change of one field, if it is one.
pub(super) fn changed(field: &'static str, from: Option<String>, to: Option<String>) -> Option<FieldChange> {
    let (from, to) = (from.unwrap_or_default(), to.unwrap_or_default());
    (from != to).then_some(FieldChange { field, from, to })
}
