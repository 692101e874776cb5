//! Staff members: made, changed, found. Nobody is ever removed here; who leaves gets a last day.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use entity::{
    assignment::{self, holding_on},
    json::Words,
    staff_member,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, sea_query::Expr,
};
use uuid::Uuid;

use super::{Change, RosterError};
use crate::access::{alert, role};
use crate::platform::paging::{Page, PageQuery};

mod check;
pub(crate) use check::{days_fault, fault};

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

/// Adds a person.
pub async fn create(change: &Change<'_>, fields: StaffFields) -> Result<staff_member::Model, RosterError> {
    let fields = tidied(fields);
    check(&fields)?;
    refuse_taken(change, &fields.employee_id).await?;
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
    let fields = patch.over(StaffFields::of(&before));
    replace(change, before, fields).await
}

/// Puts other fields in the place of a person's; their number too, which only the company's directory changes.
pub(crate) async fn replace(
    change: &Change<'_>,
    before: staff_member::Model,
    fields: StaffFields,
) -> Result<staff_member::Model, RosterError> {
    let (id, fields) = (before.id, tidied(fields));
    if before.erased_at.is_some() {
        return Err(RosterError::Erased);
    }
    check(&fields)?;
    if fields == StaffFields::of(&before) {
        return Ok(before);
    }
    if fields.employee_id != before.employee_id {
        refuse_taken(change, &fields.employee_id).await?;
    }
    let mut row = row(change, id, fields);
    row.created_at = Set(before.created_at);
    let saved = row.update(change.tx).await?;
    let was = Standing {
        email: before.email,
        ends_on: before.ends_on,
    };
    standing_changed(
        change,
        HashMap::from([(id, was)]),
        [(id, &StaffFields::of(&saved))],
    )
    .await?;
    change
        .record("update_staff_member", "staff_member", id, serde_json::json!({}))
        .await?;
    Ok(saved)
}

async fn refuse_taken(change: &Change<'_>, employee_id: &str) -> Result<(), RosterError> {
    let found = by_employee_id(change.tx, change.organisation_id(), employee_id).await?;
    match found {
        None => Ok(()),
        Some(_) => Err(RosterError::Taken {
            what: "staff member with the employee id",
            value: employee_id.to_owned(),
        }),
    }
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
    found.ok_or_else(|| RosterError::not_found("staff member", id.to_string()))
}

/// How many people are on the roster, those who left included.
pub async fn count(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<u64, DbErr> {
    staff_member::Entity::within(organisation).count(connection).await
}

/// Those who work here on a day and have no address of mail, in alphabetical order.
pub async fn without_address(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    today: NaiveDate,
    limit: u64,
) -> Result<Vec<staff_member::Model>, DbErr> {
    use staff_member::Column;
    let not_left = Column::EndsOn.is_null().or(Column::EndsOn.gte(today));
    staff_member::Entity::within(organisation)
        .filter(Column::Email.is_null())
        .filter(not_left)
        .order_by_asc(Column::FamilyName)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(connection)
        .await
}

/// Those who work at a site itself on a day, in alphabetical order.
pub async fn at_site(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    site: Uuid,
    today: NaiveDate,
    limit: u64,
) -> Result<Vec<staff_member::Model>, DbErr> {
    use staff_member::Column;
    let working = assignment::Entity::within(organisation)
        .filter(assignment::Column::SiteId.eq(site))
        .filter(holding_on(today))
        .select_only()
        .column(assignment::Column::StaffId)
        .into_query();
    staff_member::Entity::within(organisation)
        .filter(Column::Id.in_subquery(working))
        .filter(Column::EndsOn.is_null().or(Column::EndsOn.gte(today)))
        .order_by_asc(Column::FamilyName)
        .order_by_asc(Column::Id)
        .limit(limit)
        .all(connection)
        .await
}

/// The name somebody goes by: the preferred or given one, and the family name; of whoever was erased, that they were here.
#[must_use]
pub fn full_name(person: &staff_member::Model) -> String {
    person.full_name()
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

/// Every employee id of the organisation, of those who left too.
pub async fn employee_ids(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<HashSet<String>, DbErr> {
    let ids = staff_member::Entity::within(organisation)
        .select_only()
        .column(staff_member::Column::EmployeeId)
        .into_tuple::<String>()
        .all(connection)
        .await?;
    Ok(ids.into_iter().collect())
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

/// What of a person on the roster decides whether and how they sign in.
#[derive(Clone, Debug)]
pub(crate) struct Standing {
    /// Where they are told.
    pub email: Option<String>,
    /// Last day.
    pub ends_on: Option<NaiveDate>,
}

/// Lets access know of the addresses that differ from what they were `before`, and of those who had left and come back.
pub(crate) async fn standing_changed<'a>(
    change: &Change<'_>,
    before: HashMap<Uuid, Standing>,
    after: impl IntoIterator<Item = (Uuid, &'a StaffFields)>,
) -> Result<(), DbErr> {
    let folded = |address: &Option<String>| address.as_deref().map(str::to_lowercase);
    let today = change.today();
    let has_left = |last: Option<NaiveDate>| last.is_some_and(|last| last < today);
    let (mut addresses, mut returned) = (HashMap::new(), Vec::new());
    for (id, fields) in after {
        let Some(was) = before.get(&id) else { continue };
        if folded(&was.email) != folded(&fields.email) {
            addresses.insert(id, was.email.clone());
        }
        if has_left(was.ends_on) && !has_left(fields.ends_on) {
            returned.push(id);
        }
    }
    let (tx, own, actor, at) = (change.tx, change.organisation_id(), change.actor, change.at);
    alert::addresses_changed(tx, own, &addresses, actor, at).await?;
    role::end_of_returned(tx, own, &returned, actor, at).await
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
        erased_at: Set(None),
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

/// Every field that cannot be used as it was typed.
pub(crate) fn wrong_fields(fields: StaffFields) -> Vec<&'static str> {
    check::faults(&tidied(fields)).map(|(field, _)| field).collect()
}

fn check(fields: &StaffFields) -> Result<(), RosterError> {
    match fault(fields) {
        Some((field, message)) => Err(RosterError::invalid(field, message)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_patch_empties_what_may_be_empty() {
        let stored = StaffFields {
            preferred_name: Some("Annie".to_owned()),
            ..StaffFields::default()
        };
        let patch = StaffPatch {
            preferred_name: Some(Some("  ".to_owned())),
            ..StaffPatch::default()
        };
        assert_eq!(tidied(patch.over(stored)).preferred_name, None);
    }
}
