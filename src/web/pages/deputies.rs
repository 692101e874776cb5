//! Who stands in for somebody who is away: named by themselves on `/me`, by administrators on the person's page.
use std::collections::HashMap;

use chrono::NaiveDate;
use entity::{deputy, staff_member};
use poem::{Response, handler, http::StatusCode};
use uuid::Uuid;

use super::{
    admin::person as admin_person,
    fields::Fields,
    form::refuse_other_types,
    reader::{Reader, not_found},
    sessions,
};
use crate::{
    access::{Action, Target},
    roster::{
        Change, RosterError, assignment,
        deputy::{self as deputies, NewDeputy},
        people::{self, Meant},
        staff::full_name,
    },
    template::context::{Deputies, DeputyRow, Field, FormProblemKind as Problem},
    web::problem::Failure,
};

/// What a form came to.
enum Named {
    Yes,
    /// The form with what is wrong.
    Wrong(Deputies),
}

/// On `/me`: who stands in for the reader, and for whom they do.
pub(super) async fn own(reader: &Reader<'_>) -> poem::Result<Option<Deputies>> {
    let person = reader.person()?;
    let Some(staff) = person.staff else {
        return Ok(None);
    };
    let action = (!person.reports.is_empty()).then(|| reader.link("/me/deputies", None));
    let mut shown = of(reader, staff).await?;
    let is_fresh = person.is_fresh || action.is_none();
    shown.confirm_url = (!is_fresh).then(|| reader.link("/me/confirm", Some("to=%2Fme")));
    shown.action = action;
    for (row, found) in shown.rows.iter_mut().zip(rows(reader, staff).await?) {
        let is_own = found.absent_id == staff;
        row.end_url = is_own.then(|| reader.link(&format!("/me/deputies/{}/end", found.id), None));
    }
    Ok((shown.action.is_some() || !shown.rows.is_empty()).then_some(shown))
}

/// On somebody's page: the same, for administrators to change.
pub(super) async fn of_person(
    reader: &Reader<'_>,
    person: &staff_member::Model,
) -> poem::Result<Option<Deputies>> {
    let may = |action| reader.may(action, &Target::Organisation);
    let mut shown = of(reader, person.id).await?;
    if may(Action::CREATE_DEPUTY) && has_team(reader, person.id).await? {
        shown.action = Some(reader.link(&format!("/people/{}/deputies", person.id), None));
    }
    if may(Action::TAKE_DEPUTY_BACK) {
        for (row, found) in shown.rows.iter_mut().zip(rows(reader, person.id).await?) {
            row.end_url = Some(reader.link(&format!("/deputies/{}/end", found.id), None));
        }
    }
    Ok((shown.action.is_some() || !shown.rows.is_empty()).then_some(shown))
}

/// Names the reader's own deputy.
#[handler]
pub(crate) async fn name_own(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let account = sessions::permitted(&reader, Action::NAME_OWN_DEPUTY).await?;
    let staff = reader.person()?.staff.ok_or_else(not_found)?;
    let shown = own(&reader).await?.unwrap_or_default();
    if shown.action.is_none() {
        return Err(poem::Error::from_status(StatusCode::FORBIDDEN));
    }
    match name(&reader, staff, shown, &Fields::read(&body)).await? {
        Named::Yes => Ok(reader.see_other("/me", Some("saved"))),
        Named::Wrong(shown) => {
            let mut page = sessions::page(&reader, &account).await?;
            page.deputies = Some(shown);
            reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Ends one of the reader's own.
#[handler]
pub(crate) async fn end_own(reader: Reader<'_>) -> poem::Result<Response> {
    sessions::permitted(&reader, Action::TAKE_OWN_DEPUTY_BACK).await?;
    let found = found(&reader).await?;
    if Some(found.absent_id) != reader.person()?.staff {
        return Err(not_found());
    }
    end(&reader, found.id).await?;
    Ok(reader.see_other("/me", Some("saved")))
}

/// Names a deputy of somebody.
#[handler]
pub(crate) async fn name_of_person(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let person = admin_person::somebody(&reader).await?;
    let shown = of_person(&reader, &person).await?.unwrap_or_default();
    match name(&reader, person.id, shown, &Fields::read(&body)).await? {
        Named::Yes => Ok(reader.see_other(&format!("/people/{}", person.id), Some("saved"))),
        Named::Wrong(shown) => {
            let mut page = admin_person::known(&reader, &person).await?;
            page.deputies = Some(shown);
            reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Ends one, whosever it is.
#[handler]
pub(crate) async fn end_any(reader: Reader<'_>) -> poem::Result<Response> {
    let found = found(&reader).await?;
    end(&reader, found.id).await?;
    Ok(reader.see_other(&format!("/people/{}", found.absent_id), Some("saved")))
}

async fn found(reader: &Reader<'_>) -> poem::Result<deputy::Model> {
    let found = deputies::get(reader.web.app.db.read(), reader.organisation.id, reader.id()?).await;
    Ok(found.map_err(Failure::of_path)?)
}

async fn has_team(reader: &Reader<'_>, person: Uuid) -> poem::Result<bool> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let has = assignment::is_manager(db, own, person, reader.today()).await;
    Ok(has.map_err(Failure::from)?)
}

async fn rows(reader: &Reader<'_>, staff: Uuid) -> poem::Result<Vec<deputy::Model>> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let rows = deputies::of_person(db, own, staff, reader.today()).await;
    Ok(rows.map_err(Failure::from)?)
}

async fn of(reader: &Reader<'_>, staff: Uuid) -> poem::Result<Deputies> {
    let rows = rows(reader, staff).await?;
    let ids = rows
        .iter()
        .flat_map(|row| [row.absent_id, row.deputy_id])
        .collect();
    let named = people::of_ids(reader.web.app.db.read(), reader.organisation.id, ids)
        .await
        .map_err(Failure::from)?;
    let names: HashMap<Uuid, String> = named
        .iter()
        .map(|person| (person.id, full_name(person)))
        .collect();
    let name = |id: Uuid| names.get(&id).cloned().unwrap_or_default();
    let row = |row: deputy::Model| DeputyRow {
        deputy: name(row.deputy_id),
        absent: name(row.absent_id),
        from: row.starts_on,
        until: row.ends_on,
        end_url: None,
    };
    Ok(Deputies {
        rows: rows.into_iter().map(row).collect(),
        ..Deputies::default()
    })
}

async fn name(
    reader: &Reader<'_>,
    absent: Uuid,
    mut shown: Deputies,
    fields: &Fields,
) -> poem::Result<Named> {
    let typed = |name: &str| Field {
        value: fields.get(name).text.trim().to_owned(),
        problem: None,
    };
    shown.who = typed("away_deputy");
    shown.from = typed("away_from");
    shown.until = typed("away_until");
    let deputy = somebody(reader, &mut shown.who).await?;
    let starts_on = day(&mut shown.from, false);
    let ends_on = day(&mut shown.until, true);
    let is_wrong = [&shown.who, &shown.from, &shown.until]
        .iter()
        .any(|field| field.problem.is_some());
    let (Some(deputy), Some(ends_on), false) = (deputy, ends_on, is_wrong) else {
        return Ok(Named::Wrong(shown));
    };
    let new = NewDeputy {
        absent,
        deputy,
        starts_on,
        ends_on,
    };
    match give(reader, new).await {
        Ok(()) => Ok(Named::Yes),
        Err(RosterError::Invalid { field, .. }) => {
            let (field, problem) = match field {
                "deputy" => (&mut shown.who, Problem::Deputy),
                "starts_on" => (&mut shown.from, Problem::DeputyTaken),
                _ => (&mut shown.until, Problem::DeputyDays),
            };
            field.problem = Some(problem);
            Ok(Named::Wrong(shown))
        }
        Err(error) => Err(Failure::from(error).into()),
    }
}

async fn somebody(reader: &Reader<'_>, who: &mut Field) -> poem::Result<Option<Uuid>> {
    if who.value.is_empty() {
        who.problem = Some(Problem::Needed);
        return Ok(None);
    }
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let meant = people::meant(db, own, &who.value, reader.today()).await;
    Ok(match meant.map_err(Failure::from)? {
        Meant::One(id) => Some(id),
        Meant::Several => {
            who.problem = Some(Problem::Namesakes);
            None
        }
        Meant::Nobody => {
            who.problem = Some(Problem::Unknown);
            None
        }
    })
}

fn day(field: &mut Field, is_needed: bool) -> Option<NaiveDate> {
    if field.value.is_empty() {
        field.problem = is_needed.then_some(Problem::Needed);
        return None;
    }
    let day = field.value.parse().ok();
    if day.is_none() {
        field.problem = Some(Problem::Day);
    }
    day
}

async fn give(reader: &Reader<'_>, new: NewDeputy) -> Result<(), RosterError> {
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    let change = Change::begin(&tx, reader.organisation.id, &reader.caller.actor, app.clock.now()).await?;
    deputies::give(&change, new).await?;
    Ok(tx.commit().await?)
}

async fn end(reader: &Reader<'_>, id: Uuid) -> poem::Result<()> {
    let app = &reader.web.app;
    let ending = async {
        let tx = app.db.write().await?;
        let change =
            Change::begin(&tx, reader.organisation.id, &reader.caller.actor, app.clock.now()).await?;
        deputies::take_back(&change, id).await?;
        tx.commit().await?;
        Ok::<_, RosterError>(())
    };
    Ok(ending.await.map_err(Failure::from)?)
}
