//! What makes a person's fields unusable.
use chrono::{Datelike, NaiveDate};

use super::StaffFields;

const LONGEST_EMPLOYEE_ID: usize = 100;
const LONGEST_NAME: usize = 200;
const MOST_WORDS: usize = 50;

/// A value that cannot be used: its field, and what would be right.
pub(crate) type Fault = (&'static str, String);

/// The first thing that is wrong with a person's fields.
pub(crate) fn fault(fields: &StaffFields) -> Option<Fault> {
    faults(fields).next()
}

/// What is wrong with a person's fields, in their order.
pub(super) fn faults(fields: &StaffFields) -> impl Iterator<Item = Fault> {
    let all = [
        id_fault(fields),
        name_fault(fields),
        words_fault("aliases", &fields.aliases),
        words_fault("handles", &fields.handles),
        email_fault(fields),
        phone_fault(fields),
        days_fault(fields.starts_on, fields.ends_on),
    ];
    all.into_iter().flatten()
}

fn id_fault(fields: &StaffFields) -> Option<Fault> {
    let length = fields.employee_id.chars().count();
    let good = (1..=LONGEST_EMPLOYEE_ID).contains(&length) && !has_control(&fields.employee_id);
    (!good).then(|| {
        (
            "employee_id",
            format!("needs 1 to {LONGEST_EMPLOYEE_ID} characters"),
        )
    })
}

fn name_fault(fields: &StaffFields) -> Option<Fault> {
    if fields.given_name.is_empty() && fields.family_name.is_empty() {
        return Some((
            "given_name",
            "give at least one of given_name and family_name".to_owned(),
        ));
    }
    let names = [
        ("given_name", Some(&fields.given_name)),
        ("family_name", Some(&fields.family_name)),
        ("preferred_name", fields.preferred_name.as_ref()),
    ];
    let too_long = |name: &&String| name.chars().count() > LONGEST_NAME || has_control(name);
    let (field, _) = names
        .into_iter()
        .find(|(_, name)| name.as_ref().is_some_and(&too_long))?;
    Some((
        field,
        format!("needs at most {LONGEST_NAME} characters on one line"),
    ))
}

fn words_fault(field: &'static str, words: &[String]) -> Option<Fault> {
    if words.len() > MOST_WORDS {
        return Some((
            field,
            format!("has {} entries; at most {MOST_WORDS}", words.len()),
        ));
    }
    let bad = words
        .iter()
        .any(|word| word.chars().count() > LONGEST_NAME || has_control(word));
    bad.then(|| {
        (
            field,
            format!("each needs at most {LONGEST_NAME} characters on one line"),
        )
    })
}

fn email_fault(fields: &StaffFields) -> Option<Fault> {
    let bad_email = fields.email.as_deref().is_some_and(|email| !is_address(email));
    bad_email.then(|| {
        (
            "email",
            "is no mail address; right is, for example, ann@example.com".to_owned(),
        )
    })
}

fn phone_fault(fields: &StaffFields) -> Option<Fault> {
    let bad_phone = fields
        .phone
        .as_deref()
        .is_some_and(|phone| phone.chars().count() > 40 || has_control(phone));
    bad_phone.then(|| ("phone", "needs at most 40 characters".to_owned()))
}

fn is_address(email: &str) -> bool {
    email.len() <= 254 && !email.chars().any(char::is_whitespace) && email.parse::<lettre::Address>().is_ok()
}

/// The years in which somebody can begin or leave: others are mistyped.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

/// A day that nobody lives to see, or a last day before the first.
pub(crate) fn days_fault(starts: Option<NaiveDate>, ends: Option<NaiveDate>) -> Option<Fault> {
    let is_off = |day: &Option<NaiveDate>| day.is_some_and(|day| !YEARS.contains(&day.year()));
    let days = [("starts_on", starts), ("ends_on", ends)];
    if let Some((field, Some(day))) = days.into_iter().find(|(_, day)| is_off(day)) {
        let (first, last) = (YEARS.start(), YEARS.end());
        return Some((
            field,
            format!("{day} is out of range; give a day of the years {first} to {last}"),
        ));
    }
    match (starts, ends) {
        (Some(starts), Some(ends)) if ends < starts => {
            Some(("ends_on", format!("{ends} is before starts_on {starts}")))
        }
        _ => None,
    }
}

fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ann() -> StaffFields {
        StaffFields {
            employee_id: "E1".to_owned(),
            given_name: "Ann".to_owned(),
            ..StaffFields::default()
        }
    }

    fn field_at_fault(fields: &StaffFields) -> Option<&'static str> {
        fault(fields).map(|(field, _)| field)
    }

    #[test]
    fn a_person_needs_an_id_and_a_name() {
        assert_eq!(field_at_fault(&ann()), None);
        assert_eq!(
            field_at_fault(&StaffFields {
                employee_id: String::new(),
                ..ann()
            }),
            Some("employee_id")
        );
        assert_eq!(
            field_at_fault(&StaffFields {
                given_name: String::new(),
                ..ann()
            }),
            Some("given_name")
        );
    }

    #[test]
    fn what_is_no_mail_address_is_refused() {
        for email in ["ann", "ann@", "a b@c.de", "Ann <ann@example.com>"] {
            let fields = StaffFields {
                email: Some(email.to_owned()),
                ..ann()
            };
            assert_eq!(field_at_fault(&fields), Some("email"), "{email}");
        }
        let fields = StaffFields {
            email: Some("ann.o'neil@example.com".to_owned()),
            ..ann()
        };
        assert_eq!(field_at_fault(&fields), None);
    }

    #[test]
    fn a_day_is_one_that_somebody_can_live_to_see() {
        let day = |text: &str| Some(text.parse().unwrap());
        for (starts_on, ends_on, field) in [
            (day("+262142-12-31"), None, Some("starts_on")),
            (None, day("+262142-12-31"), Some("ends_on")),
            (day("0001-01-01"), None, Some("starts_on")),
            (day("1961-04-01"), day("2199-12-31"), None),
        ] {
            let fields = StaffFields {
                starts_on,
                ends_on,
                ..ann()
            };
            assert_eq!(field_at_fault(&fields), field, "{starts_on:?} {ends_on:?}");
        }
    }

    #[test]
    fn nobody_leaves_before_they_came() {
        let day = |text: &str| Some(text.parse().unwrap());
        let fields = StaffFields {
            starts_on: day("2026-02-01"),
            ends_on: day("2026-01-01"),
            ..ann()
        };
        assert_eq!(field_at_fault(&fields), Some("ends_on"));
    }
}
