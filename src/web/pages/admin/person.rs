//! Somebody on the roster: added, changed, moved from a day on, and given a last day.
use std::collections::HashSet;

use chrono::NaiveDate;
use entity::{assignment, staff_member};
use poem::{Response, handler, http::StatusCode};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    erase,
    people::{path_of, paths, paths_of},
    person_roles, url_if,
};
use crate::{
    access::{
        Action, account as accounts,
        person::{READABLE_AFTER, has_left},
    },
    platform::paging::{MAX_LIMIT, PageQuery},
    roster::{
        Change, RosterError,
        assignment::{self as assignments, AssignmentFields, AssignmentFilter, AssignmentPatch},
        erased,
        people::{self, Meant, Search, Show},
        staff::{self, StaffFields, StaffPatch, full_name},
    },
    template::context::{
        AdminPersonPage, Choice, Field, FormProblemKind as Problem, Leaves, PersonDetails, PersonLink,
        PersonWork, WorkRow,
    },
    web::{
        pages::{deputies, fields::Fields, form::refuse_other_types, reader::Reader},
        problem::Failure,
    },
};

#[derive(Default, Deserialize)]
struct Asked {
    /// The site where somebody new is to work.
    site: Option<Uuid>,
}

/// `/people/add`: the empty form.
#[handler]
pub(crate) async fn add(reader: Reader<'_>) -> poem::Result<Response> {
    let mut page = empty(&reader, &Fields::default()).await?;
    let asked: Asked = reader.request.params().unwrap_or_default();
    if let Some(site) = asked.site {
        let at = paths_of(&reader, HashSet::from([site])).await?;
        let path = path_of(&at, Some(site));
        for choice in &mut page.work.sites {
            choice.chosen = path.as_ref() == Some(&choice.value);
        }
    }
    reader.page(StatusCode::OK, &page)
}

/// Adds somebody with where they work, or shows what is wrong and adds nobody.
#[handler]
pub(crate) async fn create(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let mut page = empty(&reader, &fields).await?;
    let work = work(&reader, &fields, &mut page.work).await?;
    let starts_on = work.as_ref().and_then(|work| work.starts_on);
    let is_right = are_right(&mut page, new(&fields, starts_on));
    let Some(work) = work.filter(|_| is_right) else {
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let adding = async {
        let tx = app.db.write().await?;
        let change = Change::begin(&tx, own, &reader.caller.actor, app.clock.now()).await?;
        let typed = new(&fields, work.starts_on);
        erased::refuse(&tx, &app.secrets, own, &typed.employee_id).await?;
        let made = staff::create(&change, typed).await?;
        assignments::create(&change, made.id, work).await?;
        tx.commit().await?;
        Ok::<_, RosterError>(made.id)
    };
    match adding.await {
        Ok(made) => Ok(reader.see_other(&format!("/people/{made}"), Some("saved"))),
        Err(error) => refuse(&reader, page, error),
    }
}

/// `/people/:id`: somebody.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let person = somebody(&reader).await?;
    if person.erased_at.is_some() {
        return reader.page(StatusCode::OK, &erase::page(&reader, &person));
    }
    let mut page = known(&reader, &person).await?;
    page.saved = reader.has("saved");
    page.leaves = person
        .ends_on
        .filter(|_| reader.has("leaves"))
        .map(|last_day| Leaves {
            last_day,
            reads_until: last_day + READABLE_AFTER,
        });
    reader.page(StatusCode::OK, &page)
}

/// Saves somebody's names and addresses.
#[handler]
pub(crate) async fn save(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let person = somebody(&reader).await?;
    let fields = Fields::read(&body);
    let patch = StaffPatch {
        given_name: Some(fields.get("given_name").text),
        family_name: Some(fields.get("family_name").text),
        preferred_name: Some(filled(&fields, "preferred_name")),
        aliases: Some(listed(&fields.get("aliases").text)),
        email: Some(filled(&fields, "email")),
        phone: Some(filled(&fields, "phone")),
        ..StaffPatch::default()
    };
    let mut page = known(&reader, &person).await?;
    page.details = details(&fields, &person.employee_id);
    let typed = StaffFields {
        employee_id: person.employee_id.clone(),
        ..new(&fields, None)
    };
    if !are_right(&mut page, typed) {
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let done = update(&reader, person.id, patch).await;
    answer(&reader, person.id, page, done)
}

/// Gives somebody a further place of work from a day on; what held until then ends the day before.
#[handler]
pub(crate) async fn place(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let person = somebody(&reader).await?;
    let fields = Fields::read(&body);
    let mut page = known(&reader, &person).await?;
    let Some(work) = work(&reader, &fields, &mut page.work).await? else {
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let Some(from) = work.starts_on else {
        page.work.from.problem = Some(Problem::Needed);
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let moving = async {
        let tx = app.db.write().await?;
        let change = Change::begin(&tx, own, &reader.caller.actor, app.clock.now()).await?;
        move_from(&change, person.id, from, work).await?;
        tx.commit().await?;
        Ok::<_, RosterError>(())
    };
    let done = moving.await;
    answer(&reader, person.id, page, done)
}

/// Ends what holds on a day with the day before, and begins the new work. What begins on that very day is corrected: a
/// move that is sent twice is one.
async fn move_from(
    change: &Change<'_>,
    person: Uuid,
    day: NaiveDate,
    work: AssignmentFields,
) -> Result<(), RosterError> {
    let filter = AssignmentFilter {
        staff: Some(person),
        ..AssignmentFilter::default()
    };
    let all = assignments::list(change.tx, change.organisation_id(), filter, history_page()).await?;
    let goes_on = |row: &assignment::Model| {
        row.starts_on.is_none_or(|first| first < day) && row.ends_on.is_none_or(|last| last >= day)
    };
    for row in all.items.iter().filter(|row| goes_on(row)) {
        let patch = AssignmentPatch {
            ends_on: Some(day.pred_opt()),
            ..AssignmentPatch::default()
        };
        assignments::update(change, row.id, patch).await?;
    }
    let planned = all.items.iter().filter_map(|row| row.starts_on);
    let next = planned.filter(|first| *first > day).min();
    let work = AssignmentFields {
        ends_on: next.and_then(|next| next.pred_opt()),
        ..work
    };
    match all.items.iter().find(|row| row.starts_on == Some(day)) {
        Some(same) => {
            let patch = AssignmentPatch {
                site: Some(work.site),
                manager: Some(work.manager),
                job_title: Some(work.job_title),
                ..AssignmentPatch::default()
            };
            assignments::update(change, same.id, patch).await?;
        }
        None => {
            assignments::create(change, person, work).await?;
        }
    }
    Ok(())
}

/// Gives somebody a last day, or takes it away.
#[handler]
pub(crate) async fn leave(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let person = somebody(&reader).await?;
    let typed = Fields::read(&body).get("last_day").text;
    let mut page = known(&reader, &person).await?;
    let Ok(last_day) = day(&typed) else {
        page.last_day = wrong(typed, Problem::Day);
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    page.last_day = right(typed);
    let patch = StaffPatch {
        ends_on: Some(last_day),
        ..StaffPatch::default()
    };
    let said = if last_day.is_some() { "leaves" } else { "saved" };
    match update(&reader, person.id, patch).await {
        Ok(()) => Ok(reader.see_other(&format!("/people/{}", person.id), Some(said))),
        Err(error) => refuse(&reader, page, error),
    }
}

async fn update(reader: &Reader<'_>, id: Uuid, patch: StaffPatch) -> Result<(), RosterError> {
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    let change = Change::begin(&tx, reader.organisation.id, &reader.caller.actor, app.clock.now()).await?;
    staff::update(&change, id, patch).await?;
    Ok(tx.commit().await?)
}

fn answer(
    reader: &Reader<'_>,
    id: Uuid,
    page: AdminPersonPage,
    done: Result<(), RosterError>,
) -> poem::Result<Response> {
    match done {
        Ok(()) => Ok(reader.see_other(&format!("/people/{id}"), Some("saved"))),
        Err(error) => refuse(reader, page, error),
    }
}

/// Whether a person's fields can be used as typed; what is wrong stands beside each that cannot.
fn are_right(page: &mut AdminPersonPage, typed: StaffFields) -> bool {
    let wrong = staff::wrong_fields(typed);
    for field in &wrong {
        if let Some(at) = field_of(page, field) {
            at.problem = Some(problem_of(field));
        }
    }
    wrong.is_empty()
}

/// Shows beside the field what is wrong with it; what is nobody's typing is a failure.
fn refuse(reader: &Reader<'_>, mut page: AdminPersonPage, error: RosterError) -> poem::Result<Response> {
    let (field, problem) = match &error {
        RosterError::Taken { .. } => ("employee_id", Problem::NumberTaken),
        RosterError::Erased => ("employee_id", Problem::NumberErased),
        RosterError::ManagerCycle { .. } => ("manager", Problem::Circle),
        RosterError::Invalid { field, .. } => (*field, problem_of(field)),
        _ => return Err(Failure::from(error).into()),
    };
    let Some(at) = field_of(&mut page, field) else {
        return Err(Failure::from(error).into());
    };
    at.problem = Some(problem);
    reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn problem_of(field: &str) -> Problem {
    match field {
        "email" => Problem::Email,
        "starts_on" | "ends_on" => Problem::Day,
        "manager" => Problem::Circle,
        "given_name" | "employee_id" => Problem::Needed,
        _ => Problem::NameTooLong,
    }
}

fn field_of<'p>(page: &'p mut AdminPersonPage, field: &str) -> Option<&'p mut Field> {
    let (details, work) = (&mut page.details, &mut page.work);
    Some(match field {
        "employee_id" => &mut details.employee_id,
        "given_name" => &mut details.given_name,
        "family_name" => &mut details.family_name,
        "preferred_name" => &mut details.preferred_name,
        "aliases" => &mut details.aliases,
        "email" => &mut details.email,
        "phone" => &mut details.phone,
        "job_title" => &mut work.job_title,
        "manager" => &mut work.manager,
        "starts_on" => &mut work.from,
        "ends_on" => &mut page.last_day,
        _ => return None,
    })
}

pub(in crate::web::pages) async fn somebody(reader: &Reader<'_>) -> poem::Result<staff_member::Model> {
    let found = staff::get(reader.web.app.db.read(), reader.organisation.id, reader.id()?).await;
    Ok(found.map_err(Failure::of_path)?)
}

/// The page of somebody, as stored.
pub(in crate::web::pages) async fn known(
    reader: &Reader<'_>,
    person: &staff_member::Model,
) -> poem::Result<AdminPersonPage> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let paths = paths(reader).await?;
    let filter = AssignmentFilter {
        staff: Some(person.id),
        ..AssignmentFilter::default()
    };
    let rows = assignments::list(db, own, filter, history_page()).await;
    let rows = rows.map_err(Failure::from)?.items;
    let at = rows.iter().filter_map(|row| row.site_id).collect();
    let places = paths_of(reader, at).await?;
    let managers: Vec<Uuid> = rows.iter().filter_map(|row| row.manager_id).collect();
    let managers = people::of_ids(db, own, managers).await.map_err(Failure::from)?;
    let path = format!("/people/{}", person.id);
    let account = accounts::of_person(db, own, person.id)
        .await
        .map_err(Failure::from)?;
    let change = |action, deed: &str| url_if(reader, action, &format!("{path}{deed}"));
    Ok(AdminPersonPage {
        page: reader.frame("/people", "people"),
        name: Some(full_name(person)),
        saved: false,
        leaves: None,
        reports: reports(reader, person.id).await?,
        reports_url: reader.link("/people", Some(&format!("manager={}", person.id))),
        shares_address: sharing(reader, person).await?,
        confirm_url: reader.confirm_url(Action::UPDATE_STAFF_MEMBER, &path),
        account_url: account.map(|account| reader.link(&format!("/accounts/{}", account.id), None)),
        feed_url: Some(reader.link(&format!("/feed/staff/{}", person.id), None)),
        code_url: person
            .email
            .is_none()
            .then(|| reader.link(&format!("/team/join/{}", person.id), None)),
        action: change(Action::UPDATE_STAFF_MEMBER, ""),
        details: stored(person),
        move_action: change(Action::CREATE_ASSIGNMENT, "/work"),
        work: present_work(&rows, &paths, &managers, reader.today()),
        leave_action: change(Action::UPDATE_STAFF_MEMBER, "/last-day"),
        last_day: right(person.ends_on.map_or_else(String::new, |day| day.to_string())),
        erase_url: url_if(reader, Action::ERASE_STAFF_MEMBER, &format!("{path}/erase"))
            .filter(|_| has_left(person, reader.today())),
        history: history(rows, &places, &managers, reader.today()),
        add_place_url: url_if(reader, Action::CREATE_SITE, "/places/add").filter(|_| paths.is_empty()),
        deputies: deputies::of_person(reader, person).await?,
        roles: Some(person_roles::of(reader, person).await?),
    })
}

/// How many people report to somebody today.
async fn reports(reader: &Reader<'_>, person: Uuid) -> poem::Result<u64> {
    let theirs = Search {
        words: "",
        show: Show::Here,
        site: None,
        manager: Some(person),
        after: None,
        limit: 1,
        today: reader.today(),
    };
    let count = people::count(reader.web.app.db.read(), reader.organisation.id, &theirs).await;
    Ok(count.map_err(Failure::from)?)
}

async fn sharing(reader: &Reader<'_>, person: &staff_member::Model) -> poem::Result<Vec<PersonLink>> {
    let others = people::sharing_address(reader.web.app.db.read(), person, reader.today()).await;
    let link = |other: &staff_member::Model| PersonLink {
        name: full_name(other),
        url: reader.link(&format!("/people/{}", other.id), None),
    };
    Ok(others.map_err(Failure::from)?.iter().map(link).collect())
}

/// What holds today, for the form to begin with: what is not changed in it stays.
fn present_work(
    rows: &[assignment::Model],
    paths: &[(Uuid, String)],
    managers: &[staff_member::Model],
    today: NaiveDate,
) -> PersonWork {
    let present = rows.iter().rev().find(|row| is_present(row, today));
    let site = present.and_then(|row| path_of(paths, row.site_id));
    let manager = present
        .and_then(|row| row.manager_id)
        .and_then(|id| managers.iter().find(|manager| manager.id == id));
    let title = present.and_then(|row| row.job_title.clone());
    PersonWork {
        sites: sites(paths, site.as_deref().unwrap_or_default()),
        job_title: right(title.unwrap_or_default()),
        manager: right(manager.map_or_else(String::new, |manager| manager.employee_id.clone())),
        ..PersonWork::default()
    }
}

fn is_present(row: &assignment::Model, today: NaiveDate) -> bool {
    row.starts_on.is_none_or(|first| first <= today) && row.ends_on.is_none_or(|last| last >= today)
}

/// So many places of work as anybody had.
fn history_page() -> PageQuery {
    PageQuery {
        after: None,
        limit: Some(MAX_LIMIT),
    }
}

fn history(
    mut rows: Vec<assignment::Model>,
    paths: &[(Uuid, String)],
    managers: &[staff_member::Model],
    today: NaiveDate,
) -> Vec<WorkRow> {
    rows.sort_by_key(|row| std::cmp::Reverse((row.starts_on, row.id)));
    let name = |id: Uuid| managers.iter().find(|manager| manager.id == id).map(full_name);
    let row = |row: assignment::Model| WorkRow {
        now: is_present(&row, today),
        from: row.starts_on,
        until: row.ends_on,
        site: path_of(paths, row.site_id),
        job_title: row.job_title,
        manager: row.manager_id.and_then(name),
    };
    rows.into_iter().map(row).collect()
}

/// The form for somebody new, with what was typed.
async fn empty(reader: &Reader<'_>, fields: &Fields) -> poem::Result<AdminPersonPage> {
    let paths = paths(reader).await?;
    Ok(AdminPersonPage {
        page: reader.frame("/people/add", "people"),
        name: None,
        saved: false,
        leaves: None,
        reports: 0,
        reports_url: reader.link("/people", None),
        shares_address: Vec::new(),
        confirm_url: reader.confirm_url(Action::CREATE_STAFF_MEMBER, "/people/add"),
        account_url: None,
        feed_url: None,
        code_url: None,
        action: url_if(reader, Action::CREATE_STAFF_MEMBER, "/people/add"),
        details: details(fields, &fields.get("employee_id").text),
        move_action: None,
        work: PersonWork {
            sites: sites(&paths, &fields.get("site").text),
            ..PersonWork::default()
        },
        deputies: None,
        leave_action: None,
        erase_url: None,
        last_day: Field::default(),
        history: Vec::new(),
        add_place_url: url_if(reader, Action::CREATE_SITE, "/places/add")
            .filter(|_| paths.is_empty())
            .map(|_| reader.link("/places/add", Some("then=person"))),
        roles: None,
    })
}

fn stored(person: &staff_member::Model) -> PersonDetails {
    let optional = |value: &Option<String>| right(value.clone().unwrap_or_default());
    PersonDetails {
        employee_id: right(person.employee_id.clone()),
        given_name: right(person.given_name.clone()),
        family_name: right(person.family_name.clone()),
        preferred_name: optional(&person.preferred_name),
        aliases: right(person.aliases.0.join(", ")),
        email: optional(&person.email),
        phone: optional(&person.phone),
    }
}

fn details(fields: &Fields, employee_id: &str) -> PersonDetails {
    let typed = |name: &str| right(fields.get(name).text);
    PersonDetails {
        employee_id: right(employee_id.to_owned()),
        given_name: typed("given_name"),
        family_name: typed("family_name"),
        preferred_name: typed("preferred_name"),
        aliases: typed("aliases"),
        email: typed("email"),
        phone: typed("phone"),
    }
}

fn new(fields: &Fields, starts_on: Option<NaiveDate>) -> StaffFields {
    StaffFields {
        employee_id: fields.get("employee_id").text.trim().to_owned(),
        given_name: fields.get("given_name").text,
        family_name: fields.get("family_name").text,
        preferred_name: filled(fields, "preferred_name"),
        aliases: listed(&fields.get("aliases").text),
        handles: Vec::new(),
        email: filled(fields, "email"),
        phone: filled(fields, "phone"),
        starts_on,
        ends_on: None,
    }
}

/// The place of work that was typed; none where something is wrong with it, which then stands beside its field.
async fn work(
    reader: &Reader<'_>,
    fields: &Fields,
    shown: &mut PersonWork,
) -> poem::Result<Option<AssignmentFields>> {
    shown.job_title = right(fields.get("job_title").text);
    shown.manager = right(fields.get("manager").text);
    shown.from = right(fields.get("from").text);
    let (chosen, paths) = (fields.get("site").text, paths(reader).await?);
    for site in &mut shown.sites {
        site.chosen = site.value == chosen;
    }
    let site = paths.iter().find(|(_, path)| *path == chosen).map(|(id, _)| *id);
    if site.is_none() {
        shown.site.problem = Some(Problem::Site);
    }
    let manager = match shown.manager.value.trim() {
        "" => None,
        written => match meant(reader, written).await? {
            Meant::One(id) => Some(id),
            Meant::Several => {
                shown.manager.problem = Some(Problem::Namesakes);
                None
            }
            Meant::Nobody => {
                shown.manager.problem = Some(Problem::Unknown);
                None
            }
        },
    };
    let from = day(&shown.from.value);
    if from.is_err() {
        shown.from.problem = Some(Problem::Day);
    }
    let is_wrong = [&shown.site, &shown.manager, &shown.from]
        .iter()
        .any(|field| field.problem.is_some());
    Ok((!is_wrong).then(|| AssignmentFields {
        site,
        manager,
        job_title: filled(fields, "job_title"),
        starts_on: from.unwrap_or_default(),
        ends_on: None,
        shifts: None,
    }))
}

pub(super) async fn meant(reader: &Reader<'_>, written: &str) -> poem::Result<Meant> {
    let found = people::meant(
        reader.web.app.db.read(),
        reader.organisation.id,
        written,
        reader.today(),
    )
    .await;
    Ok(found.map_err(Failure::from)?)
}

fn sites(paths: &[(Uuid, String)], chosen: &str) -> Vec<Choice> {
    let choice = |(_, path): &(Uuid, String)| Choice {
        value: path.clone(),
        label: path.clone(),
        chosen: path == chosen,
    };
    paths.iter().map(choice).collect()
}

fn filled(fields: &Fields, name: &str) -> Option<String> {
    Some(fields.get(name).text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn listed(text: &str) -> Vec<String> {
    let words = text.split(',').map(str::trim).filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// A day as browsers send it; nothing typed is no day.
fn day(text: &str) -> Result<Option<NaiveDate>, chrono::ParseError> {
    match text.trim() {
        "" => Ok(None),
        text => text.parse().map(Some),
    }
}

pub(super) fn right(value: String) -> Field {
    Field { value, problem: None }
}

fn wrong(value: String, problem: Problem) -> Field {
    Field {
        value,
        problem: Some(problem),
    }
}
