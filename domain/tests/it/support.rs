//! A small roster for the tests of attribution.

use domain::attribution::{Attribution, Candidate, Comment, Decision, Model, Settings, attribute};
use domain::roster::{AssignmentRecord, Roster, SiteRecord, StaffRecord};
use uuid::Uuid;

/// The site North with its branches Leeds and York.
pub(crate) const NORTH: Uuid = Uuid::from_u128(1);
pub(crate) const LEEDS: Uuid = Uuid::from_u128(2);
pub(crate) const YORK: Uuid = Uuid::from_u128(3);

pub(crate) fn sites() -> Vec<SiteRecord> {
    let site = |id, parent, name: &str| SiteRecord {
        id,
        parent,
        name: name.to_owned(),
    };
    vec![
        site(NORTH, None, "North"),
        site(LEEDS, Some(NORTH), "Leeds"),
        site(YORK, Some(NORTH), "York"),
    ]
}

/// A staff member by number, name, title and site.
pub(crate) fn person(id: u128, name: &str, title: &str, site: Uuid) -> StaffRecord {
    let (given, family) = name.split_once(' ').unwrap_or((name, ""));
    StaffRecord {
        id: Uuid::from_u128(100 + id),
        employee_id: format!("E{id:04}"),
        given_name: given.to_owned(),
        family_name: family.to_owned(),
        assignments: vec![AssignmentRecord {
            site: Some(site),
            job_title: Some(title.to_owned()),
            ..AssignmentRecord::default()
        }],
        ..StaffRecord::default()
    }
}

pub(crate) fn id(number: u128) -> Uuid {
    Uuid::from_u128(100 + number)
}

pub(crate) fn staff() -> Vec<StaffRecord> {
    vec![
        person(1, "Katherine Wong", "pharmacist", LEEDS),
        person(2, "Priya Nair", "cashier", LEEDS),
        person(3, "Tom Green", "technician", LEEDS),
        person(4, "Joy Adeyemi", "receptionist", LEEDS),
        person(5, "Sarah Mitchell", "cashier", YORK),
        person(6, "Siobhán O'Neill-Smith", "nurse", YORK),
        person(7, "Rose Martin", "waiter", YORK),
    ]
}

pub(crate) fn roster() -> Roster {
    Roster::new(&["Fairway".to_owned()], sites(), staff(), 1)
}

pub(crate) fn answer(roster: &Roster, comment: &Comment) -> Attribution {
    attribute(roster, comment, &Settings::default(), Model::shipped())
}

pub(crate) fn at<'a>(site: Uuid, text: &'a str) -> Comment<'a> {
    Comment {
        text,
        site: Some(site),
        ..Comment::default()
    }
}

pub(crate) fn credited(answer: &Attribution) -> Vec<Uuid> {
    let credit = |c: &&Candidate| c.decision == Decision::Credit;
    answer.candidates.iter().filter(credit).map(|c| c.staff).collect()
}
