//! What a directory says of somebody becomes the roster's, in one transaction.
use chrono::NaiveDate;
use entity::{scim_user, staff_member};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, DbErr, ExprTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, Func},
};
use uuid::Uuid;

use super::{ScimError, document::Document, guard, place, waiting};
use crate::{
    access::{account, person as people, role},
    roster::{
        Change,
        erased::Erased,
        import::people::yesterday,
        staff::{self, StaffFields},
    },
};

/// Somebody as they are before a change.
struct Known {
    row: Option<scim_user::Model>,
    person: Option<staff_member::Model>,
}

/// Makes or changes somebody.
pub(super) async fn apply(
    change: &Change<'_>,
    erased: &Erased,
    row: Option<scim_user::Model>,
    document: Document,
) -> Result<scim_user::Model, ScimError> {
    let user_name = document
        .text("userName")
        .ok_or_else(|| ScimError::Value("userName is needed".to_owned()))?
        .to_lowercase();
    let numbers = [document.enterprise("employeeNumber"), document.text("externalId")];
    erased.refuse(numbers.into_iter().flatten().chain([user_name.as_str()]))?;
    refuse_taken(change, row.as_ref(), &user_name).await?;
    let known = match row {
        Some(row) => Known {
            person: Some(staff::get(change.tx, change.organisation_id(), row.staff_id).await?),
            row: Some(row),
        },
        None => met(change, &document).await?,
    };
    let (was_active, active) = (known.is_active(change.today()), document.active().unwrap_or(true));
    let before = known.document();
    let ends = was_active && !active && !known.has_left(change.today());
    if let Some(person) = known.person.as_ref().filter(|_| ends) {
        refuse_to_end(change, person).await?;
    }
    let mut fields = fields(change, &known, &before, &document, (was_active, active));
    if let Some(person) = &known.person
        && holds_role(change, person).await?
    {
        fields.email.clone_from(&person.email);
    }
    let person = match known.person.clone() {
        Some(person) => staff::replace(change, person, fields).await?,
        None => staff::create(change, fields).await?,
    };
    match (was_active, active) {
        (_, true) => work_here(change, &person, &before, &document, !was_active).await?,
        (true, false) => end(change, &person).await?,
        (false, false) => {}
    }
    let saved = save(change, &known, person.id, document, (ends, active)).await?;
    if active
        && known
            .row
            .as_ref()
            .is_none_or(|row| is_named_otherwise(row, &saved))
    {
        waiting::settle(change, &saved, &person).await?;
    }
    Ok(saved)
}

/// Ends somebody for good: the directory knows them no more, and forgets what it wrote.
pub(super) async fn forget(change: &Change<'_>, row: scim_user::Model) -> Result<(), ScimError> {
    let person = staff::get(change.tx, change.organisation_id(), row.staff_id).await?;
    let ends = (row.active || person.ends_on.is_none()) && !people::has_left(&person, change.today());
    if ends {
        refuse_to_end(change, &person).await?;
        let mut fields = StaffFields::of(&person);
        fields.ends_on = Some(last_day(&fields, change.today()));
        let person = staff::replace(change, person, fields).await?;
        end(change, &person).await?;
    }
    let ended_at = if ends { Some(change.at) } else { row.ended_at };
    let id = row.staff_id;
    let forgotten = scim_user::ActiveModel {
        user_name: Set(None),
        external_id: Set(None),
        manager: Set(None),
        active: Set(false),
        document: Set(serde_json::json!({})),
        changed_at: Set(change.at),
        ended_at: Set(ended_at),
        ..row.into_active_model()
    };
    forgotten.update(change.tx).await?;
    let nothing = serde_json::json!({});
    change
        .record("delete_scim_user", "staff_member", id, nothing)
        .await?;
    Ok(())
}

impl Known {
    fn document(&self) -> Document {
        let stored = self.row.as_ref().map(|row| Document::stored(&row.document));
        stored.unwrap_or_default()
    }

    fn has_left(&self, today: NaiveDate) -> bool {
        let person = self.person.as_ref();
        person.is_some_and(|person| people::has_left(person, today))
    }

    /// Whether the directory, or who is on the roster without it, had them work here.
    fn is_active(&self, today: NaiveDate) -> bool {
        let person = self.person.as_ref();
        match &self.row {
            // Whom somebody took back by hand, the directory can end again.
            Some(row) => row.active || person.is_some_and(|person| person.ends_on.is_none()),
            None => person.is_some() && !self.has_left(today),
        }
    }
}

async fn refuse_taken(
    change: &Change<'_>,
    row: Option<&scim_user::Model>,
    user_name: &str,
) -> Result<(), ScimError> {
    let found = scim_user::Entity::within(change.organisation_id())
        .filter(scim_user::Column::UserName.eq(user_name))
        .one(change.tx)
        .await?;
    match found {
        Some(found) if row.is_none_or(|row| row.staff_id != found.staff_id) => Err(ScimError::Taken {
            what: "userName",
            value: user_name.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Somebody new to the directory's list may be on the roster already: they keep their id, their dates and their praise.
async fn met(change: &Change<'_>, document: &Document) -> Result<Known, ScimError> {
    let organisation = change.organisation_id();
    let number = document
        .enterprise("employeeNumber")
        .or(document.text("userName"));
    let by_number = staff::by_employee_id(change.tx, organisation, number.unwrap_or_default()).await?;
    let person = match by_number {
        Some(person) => Some(person),
        None => by_address(change, document).await?,
    };
    let Some(person) = person else {
        return Ok(Known {
            row: None,
            person: None,
        });
    };
    let row = row_of(change, person.id).await?;
    match row {
        Some(row) if row.user_name.is_some() => Err(ScimError::Taken {
            what: "employeeNumber",
            value: person.employee_id,
        }),
        row => Ok(Known {
            row,
            person: Some(person),
        }),
    }
}

/// The only one on the roster with the work address whom no directory knows; whoever has a number of their own is met by
/// that alone.
async fn by_address(
    change: &Change<'_>,
    document: &Document,
) -> Result<Option<staff_member::Model>, ScimError> {
    let (None, Some(address)) = (document.enterprise("employeeNumber"), document.work_address()) else {
        return Ok(None);
    };
    let email = Expr::expr(Func::lower(Expr::col(staff_member::Column::Email)));
    let found = staff_member::Entity::within(change.organisation_id())
        .filter(email.eq(address.to_lowercase()))
        .all(change.tx)
        .await?;
    let [only] = found.as_slice() else { return Ok(None) };
    let is_known = row_of(change, only.id)
        .await?
        .is_some_and(|row| row.user_name.is_some());
    Ok((!is_known).then(|| only.clone()))
}

async fn row_of(change: &Change<'_>, person: Uuid) -> Result<Option<scim_user::Model>, DbErr> {
    scim_user::Entity::within(change.organisation_id())
        .filter(scim_user::Column::StaffId.eq(person))
        .one(change.tx)
        .await
}

async fn refuse_to_end(change: &Change<'_>, person: &staff_member::Model) -> Result<(), ScimError> {
    let organisation = change.organisation_id();
    if role::is_last_administrator(change.tx, organisation, person.id, change.at).await? {
        return Err(ScimError::LastAdministrator);
    }
    guard::check(change.tx, person, change.at).await
}

/// Whoever holds a role keeps their address, so that the directory decides about nobody who decides about it.
async fn holds_role(change: &Change<'_>, person: &staff_member::Model) -> Result<bool, DbErr> {
    match account::of_person(change.tx, change.organisation_id(), person.id).await? {
        Some(account) => role::holds_any(change.tx, &account).await,
        None => Ok(false),
    }
}

/// The roster's fields: what the document does not say stays, but what it no longer says goes.
fn fields(
    change: &Change<'_>,
    known: &Known,
    before: &Document,
    document: &Document,
    (was_active, active): (bool, bool),
) -> StaffFields {
    let stored = known.person.as_ref().map(StaffFields::of);
    let is_new = stored.is_none();
    let mut fields = stored.unwrap_or_default();
    if let Some(number) = document.enterprise("employeeNumber") {
        number.clone_into(&mut fields.employee_id);
    } else if is_new {
        document
            .text("userName")
            .unwrap_or_default()
            .clone_into(&mut fields.employee_id);
    }
    if let Some((given, family)) = names(document, is_new) {
        (fields.given_name, fields.family_name) = (given, family);
    }
    let said = |now: Option<&str>, before: Option<&str>, kept: Option<String>| match (now, before) {
        (Some(now), _) => Some(now.to_owned()),
        (None, Some(_)) => None,
        (None, None) => kept,
    };
    let nick = "nickName";
    fields.preferred_name = said(document.text(nick), before.text(nick), fields.preferred_name);
    fields.email = said(document.work_address(), before.work_address(), fields.email);
    let today = change.today();
    match (was_active, active) {
        (false, true) => fields.ends_on = None,
        (true, false) => fields.ends_on = Some(last_day(&fields, today)),
        // They have never worked here yet.
        (false, false) if is_new => fields.ends_on = Some(yesterday(today)),
        _ => {}
    }
    fields
}

/// Today, or the first day of whoever has not begun; an earlier last day stays.
fn last_day(fields: &StaffFields, today: NaiveDate) -> NaiveDate {
    let last = fields
        .starts_on
        .map_or(today, |starts| std::cmp::max(starts, today));
    fields.ends_on.map_or(last, |ends| std::cmp::min(ends, last))
}

/// Given and family name; where the directory has only a whole name, its last word is the family's.
fn names(document: &Document, is_new: bool) -> Option<(String, String)> {
    let (given, family) = (document.text("name.givenName"), document.text("name.familyName"));
    if given.is_some() || family.is_some() {
        let owned = |name: Option<&str>| name.unwrap_or_default().to_owned();
        return Some((owned(given), owned(family)));
    }
    let whole = document.text("name.formatted").or(document.text("displayName"));
    let whole = whole.or_else(|| document.text("userName").filter(|_| is_new))?;
    let (given, family) = whole.rsplit_once(' ').unwrap_or((whole, ""));
    Some((given.to_owned(), family.to_owned()))
}

async fn work_here(
    change: &Change<'_>,
    person: &staff_member::Model,
    before: &Document,
    document: &Document,
    returns: bool,
) -> Result<(), ScimError> {
    if people::has_left(person, change.today()) {
        return Ok(());
    }
    if returns {
        place::reopen(change, person.id).await?;
    }
    place::settle(change, person, before, document).await
}

/// Assignments end with the last day, sessions now.
async fn end(change: &Change<'_>, person: &staff_member::Model) -> Result<(), ScimError> {
    let last_day = person.ends_on.unwrap_or(change.today());
    place::end(change, person.id, last_day).await?;
    let account = account::of_person(change.tx, change.organisation_id(), person.id).await?;
    if let Some(account) = account {
        account::sign_out_everywhere(change.tx, &account, change.actor, change.at).await?;
    }
    Ok(())
}

async fn save(
    change: &Change<'_>,
    known: &Known,
    person: Uuid,
    document: Document,
    (ends, active): (bool, bool),
) -> Result<scim_user::Model, ScimError> {
    let stored_end = known.row.as_ref().and_then(|row| row.ended_at);
    let ended_at = match ends {
        true => Some(change.at),
        false => stored_end.filter(|_| !active),
    };
    let own = |text: Option<&str>| text.map(str::to_owned);
    let is_forgotten = known.row.as_ref().is_some_and(|row| row.user_name.is_none());
    let kept = known.row.as_ref().filter(|_| !is_forgotten);
    let row = scim_user::ActiveModel {
        staff_id: Set(person),
        organisation_id: Set(change.organisation_id()),
        user_name: Set(document.text("userName").map(str::to_lowercase)),
        external_id: Set(own(document.text("externalId"))),
        manager: Set(own(document.manager())),
        active: Set(active),
        created_at: Set(kept.map_or(change.at, |row| row.created_at)),
        changed_at: Set(change.at),
        ended_at: Set(ended_at),
        document: Set(document.into_value()),
    };
    let saved = match known.row {
        Some(_) => row.update(change.tx).await?,
        None => row.insert(change.tx).await?,
    };
    Ok(saved)
}

/// Whether others may have waited for somebody of this name.
fn is_named_otherwise(before: &scim_user::Model, after: &scim_user::Model) -> bool {
    let number = |row: &scim_user::Model| {
        let document = Document::stored(&row.document);
        document.enterprise("employeeNumber").map(str::to_owned)
    };
    before.user_name != after.user_name
        || before.external_id != after.external_id
        || before.active != after.active
        || number(before) != number(after)
}
