//! Staff members: made, changed, found. Nobody is ever removed here; who leaves gets a last day.
use chrono::NaiveDate;
use entity::{json::Words, staff_member};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::Expr,
};
use uuid::Uuid;

use super::{Change, RosterError};
use crate::page::{Page, PageQuery};

const LONGEST_EMPLOYEE_ID: usize = 100;
const LONGEST_NAME: usize = 200;
const MOST_WORDS: usize = 50;

/// Everything about a person but where they work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StaffFields {
    /// The organisation's own number or code.
    pub employee_id: String,
    /// Given name or names.
    pub given_name: String,
    /// Family name or names.
    pub family_name: String,
    /// The name they go by.
    pub preferred_name: Option<String>,
    /// Further names, till or badge numbers.
    pub aliases: Vec<String>,
    /// Names in social networks.
    pub handles: Vec<String>,
    /// Where they are told.
    pub email: Option<String>,
    /// Telephone number.
    pub phone: Option<String>,
    /// First day.
    pub starts_on: Option<NaiveDate>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
}

/// What is to change; an outer `None` leaves it as it is, an inner one empties it.
#[derive(Clone, Debug, Default)]
pub struct StaffPatch {
    /// Given name or names.
    pub given_name: Option<String>,
    /// Family name or names.
    pub family_name: Option<String>,
    /// The name they go by.
    pub preferred_name: Option<Option<String>>,
    /// Further names, till or badge numbers.
    pub aliases: Option<Vec<String>>,
    /// Names in social networks.
    pub handles: Option<Vec<String>>,
    /// Where they are told.
    pub email: Option<Option<String>>,
    /// Telephone number.
    pub phone: Option<Option<String>>,
    /// First day.
    pub starts_on: Option<Option<NaiveDate>>,
    /// Last day.
    pub ends_on: Option<Option<NaiveDate>>,
}

/// A value that cannot be used: its field, and what would be right.
pub(crate) type Fault = (&'static str, String);

/// Adds a person.
pub async fn create(change: &Change<'_>, fields: StaffFields) -> Result<staff_member::Model, RosterError> {
    let fields = tidied(fields);
    check(&fields)?;
    if by_employee_id(change.tx, change.organisation_id(), &fields.employee_id)
        .await?
        .is_some()
    {
        return Err(RosterError::Taken {
            what: "staff member with the employee id",
            value: fields.employee_id,
        });
    }
    let made = row(change, Uuid::now_v7(), fields).insert(change.tx).await?;
    change
        .record(
            "create_staff_member",
            "staff_member",
            made.id,
            serde_json::json!({}),
        )
        .await?;
    Ok(made)
}

/// Changes a person.
pub async fn update(
    change: &Change<'_>,
    id: Uuid,
    patch: StaffPatch,
) -> Result<staff_member::Model, RosterError> {
    let before = get(change.tx, change.organisation_id(), id).await?;
    let fields = tidied(patch.over(StaffFields::of(&before)));
    check(&fields)?;
    if fields == StaffFields::of(&before) {
        return Ok(before);
    }
    let mut row = row(change, id, fields);
    row.created_at = Set(before.created_at);
    let saved = row.update(change.tx).await?;
    change
        .record("update_staff_member", "staff_member", id, serde_json::json!({}))
        .await?;
    Ok(saved)
}

/// The person with an id.
pub async fn get(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<staff_member::Model, RosterError> {
    let found = staff_member::Entity::within(organisation)
        .filter(staff_member::Column::Id.eq(id))
        .one(connection)
        .await?;
    found.ok_or_else(|| RosterError::not_found("staff member", id))
}

/// The name somebody goes by: the preferred or given one, and the family name.
#[must_use]
pub fn full_name(person: &staff_member::Model) -> String {
    let given = person.preferred_name.as_deref().unwrap_or(&person.given_name);
    format!("{given} {}", person.family_name).trim().to_owned()
}

/// The person with an employee id.
pub async fn by_employee_id(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    employee_id: &str,
) -> Result<Option<staff_member::Model>, DbErr> {
    staff_member::Entity::within(organisation)
        .filter(staff_member::Column::EmployeeId.eq(employee_id))
        .one(connection)
        .await
}

/// A page of the organisation's staff in the order in which they were added, those who left included;
/// of one `employee_id` where given.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    employee_id: Option<&str>,
    page: PageQuery,
) -> Result<Page<staff_member::Model>, DbErr> {
    let mut query = staff_member::Entity::within(organisation);
    if let Some(employee_id) = employee_id {
        query = query.filter(staff_member::Column::EmployeeId.eq(employee_id));
    }
    page.fetch(connection, query, staff_member::Column::Id, |row| row.id)
        .await
}

/// Stamps people whose assignments changed with the version of the change.
pub(crate) async fn touch(change: &Change<'_>, staff: &[Uuid]) -> Result<(), DbErr> {
    staff_member::Entity::update_many()
        .col_expr(
            staff_member::Column::ChangedInVersion,
            Expr::value(change.version()),
        )
        .filter(staff_member::Column::OrganisationId.eq(change.organisation_id()))
        .filter(staff_member::Column::Id.is_in(staff.iter().copied()))
        .exec(change.tx)
        .await?;
    Ok(())
}

/// The row of a person as the change makes it.
pub(crate) fn row(change: &Change<'_>, id: Uuid, fields: StaffFields) -> staff_member::ActiveModel {
    staff_member::ActiveModel {
        id: Set(id),
        organisation_id: Set(change.organisation_id()),
        employee_id: Set(fields.employee_id),
        given_name: Set(fields.given_name),
        family_name: Set(fields.family_name),
        preferred_name: Set(fields.preferred_name),
        aliases: Set(Words(fields.aliases)),
        handles: Set(Words(fields.handles)),
        email: Set(fields.email),
        phone: Set(fields.phone),
        starts_on: Set(fields.starts_on),
        ends_on: Set(fields.ends_on),
        changed_in_version: Set(change.version()),
        created_at: Set(change.at),
    }
}

impl StaffFields {
    /// What is stored about a person.
    #[must_use]
    pub fn of(row: &staff_member::Model) -> StaffFields {
        StaffFields {
            employee_id: row.employee_id.clone(),
            given_name: row.given_name.clone(),
            family_name: row.family_name.clone(),
            preferred_name: row.preferred_name.clone(),
            aliases: row.aliases.0.clone(),
            handles: row.handles.0.clone(),
            email: row.email.clone(),
            phone: row.phone.clone(),
            starts_on: row.starts_on,
            ends_on: row.ends_on,
        }
    }
}

impl StaffPatch {
    fn over(self, stored: StaffFields) -> StaffFields {
        StaffFields {
            employee_id: stored.employee_id,
            given_name: self.given_name.unwrap_or(stored.given_name),
            family_name: self.family_name.unwrap_or(stored.family_name),
            preferred_name: self.preferred_name.unwrap_or(stored.preferred_name),
            aliases: self.aliases.unwrap_or(stored.aliases),
            handles: self.handles.unwrap_or(stored.handles),
            email: self.email.unwrap_or(stored.email),
            phone: self.phone.unwrap_or(stored.phone),
            starts_on: self.starts_on.unwrap_or(stored.starts_on),
            ends_on: self.ends_on.unwrap_or(stored.ends_on),
        }
    }
}

fn tidied(mut fields: StaffFields) -> StaffFields {
    let trim = |text: &mut String| *text = text.trim().to_owned();
    trim(&mut fields.employee_id);
    trim(&mut fields.given_name);
    trim(&mut fields.family_name);
    for optional in [&mut fields.preferred_name, &mut fields.email, &mut fields.phone] {
        *optional = optional
            .take()
            .map(|text| text.trim().to_owned())
            .filter(|text| !text.is_empty());
    }
    for list in [&mut fields.aliases, &mut fields.handles] {
        list.iter_mut().for_each(trim);
        list.retain(|word| !word.is_empty());
    }
    fields
}

fn check(fields: &StaffFields) -> Result<(), RosterError> {
    match fault(fields) {
        Some((field, message)) => Err(RosterError::invalid(field, message)),
        None => Ok(()),
    }
}

/// The first thing that is wrong with a person's fields.
pub(crate) fn fault(fields: &StaffFields) -> Option<Fault> {
    id_fault(fields)
        .or_else(|| name_fault(fields))
        .or_else(|| words_fault("aliases", &fields.aliases))
        .or_else(|| words_fault("handles", &fields.handles))
        .or_else(|| contact_fault(fields))
        .or_else(|| days_fault(fields.starts_on, fields.ends_on))
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
        .find(|(_, name)| name.as_ref().is_some_and(|name| too_long(name)))?;
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

fn contact_fault(fields: &StaffFields) -> Option<Fault> {
    let bad_email = fields.email.as_deref().is_some_and(|email| !is_address(email));
    if bad_email {
        return Some((
            "email",
            "is no mail address; right is, for example, ann@example.com".to_owned(),
        ));
    }
    let bad_phone = fields
        .phone
        .as_deref()
        .is_some_and(|phone| phone.chars().count() > 40 || has_control(phone));
    bad_phone.then(|| ("phone", "needs at most 40 characters".to_owned()))
}

fn is_address(email: &str) -> bool {
    email.len() <= 254 && !email.chars().any(char::is_whitespace) && email.parse::<lettre::Address>().is_ok()
}

/// A last day before the first.
pub(crate) fn days_fault(starts: Option<NaiveDate>, ends: Option<NaiveDate>) -> Option<Fault> {
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
    fn nobody_leaves_before_they_came() {
        let day = |text: &str| Some(text.parse().unwrap());
        let fields = StaffFields {
            starts_on: day("2026-02-01"),
            ends_on: day("2026-01-01"),
            ..ann()
        };
        assert_eq!(field_at_fault(&fields), Some("ends_on"));
    }

    #[test]
    fn a_blank_patch_empties_what_may_be_empty() {
        let stored = StaffFields {
            preferred_name: Some("Annie".to_owned()),
            ..ann()
        };
        let patch = StaffPatch {
            preferred_name: Some(Some("  ".to_owned())),
            ..StaffPatch::default()
        };
        assert_eq!(tidied(patch.over(stored)).preferred_name, None);
    }
}
