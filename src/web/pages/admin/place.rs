//! A place: added, renamed, moved below another, given a lead, a zone and a language, closed and opened again.
use std::collections::HashMap;

use entity::site;
use poem::{Response, handler, http::StatusCode};
use uuid::Uuid;

use super::{
    bad_request,
    person::{meant, right},
    places::{MOST_PLACES, form, language_name, link, people_url, role_leads},
    url_if,
};
use crate::{
    access::Action,
    capture::source as sources,
    roster::{
        Change, RosterError, overview,
        people::Meant,
        site::{self as sites, NewSite, SitePatch},
        staff, zone,
    },
    template::{
        Spoken,
        context::{AdminPlacePage, Choice, Field, FormProblemKind as Problem, KnownPlace, PlaceSource},
    },
    web::{
        pages::{
            fields::Fields,
            form::refuse_other_types,
            reader::{Reader, not_found},
        },
        problem::Failure,
    },
};

/// What is counted of what came in.
const RECENT: chrono::TimeDelta = chrono::TimeDelta::days(30);

/// `/places/add`: the empty form.
#[handler]
pub(crate) async fn add(reader: Reader<'_>) -> poem::Result<Response> {
    let mut page = empty(&reader).await?;
    let asked: HashMap<String, String> = reader.request.params().unwrap_or_default();
    page.then = then(asked.get("then").map_or("", String::as_str));
    let parent = asked.get("parent").map_or("", String::as_str);
    choose(&mut page.parents, parent);
    if !parent.is_empty() && !page.parents.iter().any(|choice| choice.chosen) {
        return Err(not_found());
    }
    reader.page(StatusCode::OK, &page)
}

/// Adds a place, or shows what is wrong and adds none.
#[handler]
pub(crate) async fn create(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let mut page = empty(&reader).await?;
    page.then = then(&fields.get("then").text);
    let Some(typed) = typed(&reader, &fields, &mut page).await? else {
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let app = &reader.web.app;
    let adding = async {
        let tx = app.db.write().await?;
        let change =
            Change::begin(&tx, reader.organisation.id, &reader.caller.actor, app.clock.now()).await?;
        let made = sites::create(&change, typed).await?;
        tx.commit().await?;
        Ok::<_, RosterError>(made)
    };
    match adding.await {
        Ok(made) if page.then == "person" => {
            Ok(reader.see_other("/people/add", Some(&format!("site={}", made.id))))
        }
        Ok(made) => Ok(reader.see_other(&format!("/places/{}", made.id), Some("saved"))),
        Err(error) => refuse(&reader, page, error),
    }
}

/// `/places/:id`: a place.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let place = somewhere(&reader).await?;
    let mut page = known(&reader, &place).await?;
    page.saved = reader.has("saved");
    reader.page(StatusCode::OK, &page)
}

/// Saves what was typed, or shows what is wrong with it and changes nothing.
#[handler]
pub(crate) async fn save(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let place = somewhere(&reader).await?;
    let fields = Fields::read(&body);
    let mut page = known(&reader, &place).await?;
    let Some(typed) = typed(&reader, &fields, &mut page).await? else {
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    let patch = SitePatch {
        name: Some(typed.name),
        parent: Some(typed.parent),
        lead: Some(typed.lead),
        time_zone: Some(typed.time_zone),
        language: Some(typed.language),
        heard_within: Some(typed.heard_within),
        holidays: Some(typed.holidays),
        closed: None,
    };
    let done = update(&reader, place.id, patch).await;
    answer(&reader, place.id, page, done)
}

/// Closes a place, or opens it again.
#[handler]
pub(crate) async fn close(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let place = somewhere(&reader).await?;
    let closed = match Fields::read(&body).get("do").text.as_str() {
        "close" => true,
        "reopen" => false,
        _ => return Err(bad_request()),
    };
    let patch = SitePatch {
        closed: Some(closed),
        ..SitePatch::default()
    };
    let done = update(&reader, place.id, patch).await;
    let page = known(&reader, &place).await?;
    answer(&reader, place.id, page, done)
}

async fn update(reader: &Reader<'_>, id: Uuid, patch: SitePatch) -> Result<(), RosterError> {
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    let change = Change::begin(&tx, reader.organisation.id, &reader.caller.actor, app.clock.now()).await?;
    sites::update(&change, id, patch).await?;
    Ok(tx.commit().await?)
}

fn answer(
    reader: &Reader<'_>,
    id: Uuid,
    page: AdminPlacePage,
    done: Result<(), RosterError>,
) -> poem::Result<Response> {
    match done {
        Ok(()) => Ok(reader.see_other(&format!("/places/{id}"), Some("saved"))),
        Err(error) => refuse(reader, page, error),
    }
}

/// Shows beside the field what is wrong with it; what is nobody's typing is a failure.
fn refuse(reader: &Reader<'_>, mut page: AdminPlacePage, error: RosterError) -> poem::Result<Response> {
    let (field, problem) = match &error {
        RosterError::Taken { .. } => (&mut page.name, Problem::PlaceTaken),
        RosterError::Invalid { field: "name", .. } => {
            let problem = problem_of_name(&page.name.value);
            (&mut page.name, problem)
        }
        RosterError::Invalid { field: "parent", .. } => (&mut page.parent, Problem::BelowItself),
        RosterError::ClosedSite { .. } => (&mut page.parent, Problem::BelowClosed),
        RosterError::Invalid {
            field: "time_zone", ..
        } => (&mut page.time_zone, Problem::TimeZone),
        RosterError::Invalid {
            field: "heard_within",
            ..
        } => (&mut page.heard_within, Problem::WorkingDays),
        RosterError::Invalid {
            field: "holidays", ..
        } => (&mut page.holidays, Problem::Holidays),
        RosterError::Invalid { field: "closed", .. } => {
            if let Some(known) = &mut page.known {
                known.is_open_below = true;
            }
            return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
        _ => return Err(Failure::from(error).into()),
    };
    field.problem = Some(problem);
    reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

fn problem_of_name(name: &str) -> Problem {
    if name.trim().is_empty() {
        Problem::Needed
    } else if name.split_whitespace().any(|word| word == "/") {
        Problem::Stroke
    } else {
        Problem::NameTooLong
    }
}

async fn somewhere(reader: &Reader<'_>) -> poem::Result<site::Model> {
    let found = sites::get(reader.web.app.db.read(), reader.organisation.id, reader.id()?).await;
    Ok(found.map_err(Failure::of_path)?)
}

/// What was typed; none where something is wrong with it, which then stands beside its field.
async fn typed(
    reader: &Reader<'_>,
    fields: &Fields,
    page: &mut AdminPlacePage,
) -> poem::Result<Option<NewSite>> {
    let filled = |name: &str| Some(fields.get(name).text.trim().to_owned()).filter(|text| !text.is_empty());
    page.name = right(fields.get("name").text);
    page.time_zone = right(fields.get("time_zone").text);
    page.lead = right(fields.get("lead").text);
    page.heard_within = right(fields.get("heard_within").text);
    page.holidays = right(fields.get("holidays").text);
    let (parent, language) = (filled("parent"), filled("language"));
    choose(&mut page.parents, parent.as_deref().unwrap_or_default());
    choose(&mut page.languages, language.as_deref().unwrap_or_default());
    if language.is_some() && !page.languages.iter().any(|choice| choice.chosen) {
        return Err(bad_request());
    }
    let is_there = page.parents.iter().any(|choice| choice.chosen);
    if parent.is_some() && !is_there {
        page.parent.problem = Some(Problem::Site);
    }
    let lead = match page.lead.value.trim() {
        "" => None,
        written => match meant(reader, written).await? {
            Meant::One(id) => Some(id),
            Meant::Several => {
                page.lead.problem = Some(Problem::Namesakes);
                None
            }
            Meant::Nobody => {
                page.lead.problem = Some(Problem::Unknown);
                None
            }
        },
    };
    let heard_within = match filled("heard_within").map(|days| days.parse::<i32>()) {
        None => None,
        Some(Ok(days)) => Some(days),
        Some(Err(_)) => {
            page.heard_within.problem = Some(Problem::WorkingDays);
            None
        }
    };
    let problems = [&page.parent, &page.lead, &page.heard_within];
    let is_wrong = problems.iter().any(|field| field.problem.is_some());
    Ok((!is_wrong).then(|| NewSite {
        name: page.name.value.clone(),
        parent: parent.and_then(|parent| parent.parse().ok()),
        lead,
        time_zone: filled("time_zone"),
        language,
        heard_within,
        holidays: filled("holidays"),
    }))
}

/// Where it goes on.
fn then(asked: &str) -> &'static str {
    match asked {
        "person" => "person",
        _ => "",
    }
}

fn choose(choices: &mut [Choice], chosen: &str) {
    for choice in choices {
        choice.chosen = choice.value == chosen;
    }
}

/// The form for another place.
async fn empty(reader: &Reader<'_>) -> poem::Result<AdminPlacePage> {
    let open = open(reader).await?;
    Ok(AdminPlacePage {
        page: reader.frame("/places/add", "places"),
        path: None,
        saved: false,
        confirm_url: reader.confirm_url(Action::CREATE_SITE, "/places/add"),
        action: url_if(reader, Action::CREATE_SITE, "/places/add"),
        then: "",
        name: Field::default(),
        parent: Field::default(),
        parents: choices(&open, None),
        lead: Field::default(),
        time_zone: Field::default(),
        inherited_zone: reader.organisation.time_zone.clone(),
        language: Field::default(),
        languages: languages(reader, None),
        heard_within: Field::default(),
        holidays: Field::default(),
        known: None,
    })
}

async fn open(reader: &Reader<'_>) -> poem::Result<Vec<site::Model>> {
    let open = sites::open(reader.web.app.db.read(), reader.organisation.id, MOST_PLACES).await;
    Ok(open.map_err(Failure::from)?)
}

fn choices<'s>(sites: impl IntoIterator<Item = &'s site::Model>, chosen: Option<Uuid>) -> Vec<Choice> {
    let choice = |site: &site::Model| Choice {
        value: site.id.to_string(),
        label: site.path.clone(),
        chosen: Some(site.id) == chosen,
    };
    sites.into_iter().map(choice).collect()
}

fn languages(reader: &Reader<'_>, chosen: Option<&str>) -> Vec<Choice> {
    let spoken = reader.web.app.templates.languages().iter();
    let choice = |one: &Spoken| Choice {
        value: one.language.to_string(),
        label: one.name.clone(),
        chosen: Some(one.language.code()) == chosen,
    };
    let mut choices: Vec<Choice> = spoken.map(choice).collect();
    // A language of the API's whose catalogue is gone stays until another is chosen.
    if let Some(other) = chosen.filter(|_| !choices.iter().any(|choice| choice.chosen)) {
        choices.push(Choice {
            value: other.to_owned(),
            label: language_name(reader, other),
            chosen: true,
        });
    }
    choices
}

/// The page of a place, as stored.
async fn known(reader: &Reader<'_>, place: &site::Model) -> poem::Result<AdminPlacePage> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let open = open(reader).await?;
    let below = sites::below(db, own, place.id).await.map_err(Failure::from)?;
    let mut parents: Vec<site::Model> = open.clone();
    parents.retain(|site| !below.contains(&site.id));
    // A place stays below one that is closed or beyond the list until another is chosen.
    if let Some(parent) = place.parent_id
        && !parents.iter().any(|site| site.id == parent)
    {
        parents.push(sites::get(db, own, parent).await.map_err(Failure::from)?);
    }
    let lead = match place.lead_id {
        Some(lead) => Some(staff::get(db, own, lead).await.map_err(Failure::from)?),
        None => None,
    };
    let inherited = zone::zones(db, &reader.organisation, place.parent_id).await;
    let inherited = inherited.map_err(Failure::from)?.at(place.parent_id);
    let path = format!("/places/{}", place.id);
    Ok(AdminPlacePage {
        page: reader.frame("/places", "places"),
        path: Some(place.path.clone()),
        saved: false,
        confirm_url: reader.confirm_url(Action::UPDATE_SITE, &path),
        action: url_if(reader, Action::UPDATE_SITE, &path),
        then: "",
        name: right(place.name.clone()),
        parent: Field::default(),
        parents: choices(&parents, place.parent_id),
        lead: right(lead.map_or_else(String::new, |lead| lead.employee_id)),
        time_zone: right(place.time_zone.clone().unwrap_or_default()),
        inherited_zone: inherited.to_string(),
        language: Field::default(),
        languages: languages(reader, place.language.as_deref()),
        heard_within: right(
            place
                .heard_within
                .map_or_else(String::new, |days| days.to_string()),
        ),
        holidays: right(place.holidays.clone().unwrap_or_default()),
        known: Some(what_is_there(reader, place, &open).await?),
    })
}

async fn what_is_there(
    reader: &Reader<'_>,
    place: &site::Model,
    open: &[site::Model],
) -> poem::Result<KnownPlace> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let people = overview::people(db, own, reader.today())
        .await
        .map_err(Failure::from)?;
    let mut role_leads = role_leads(reader).await?;
    let is_closed = place.closed_at.is_some();
    let below = open.iter().filter(|site| site.parent_id == Some(place.id));
    let beside = |action, path: &str, query: String| {
        url_if(reader, action, path).map(|_| reader.link(path, Some(&query)))
    };
    Ok(KnownPlace {
        is_closed,
        close_action: url_if(
            reader,
            Action::UPDATE_SITE,
            &format!("/places/{}/close", place.id),
        ),
        is_open_below: false,
        people: people.get(&place.id).copied().unwrap_or_default(),
        people_url: people_url(reader, place.id),
        add_person_url: beside(
            Action::CREATE_STAFF_MEMBER,
            "/people/add",
            format!("site={}", place.id),
        )
        .filter(|_| !is_closed),
        role_leads: role_leads.remove(&place.id).unwrap_or_default(),
        roles_url: reader.link("/roles", Some(&format!("site={}", place.id))),
        form: (!is_closed).then(|| form(reader, &reader.organisation, Some(place))),
        sources: came_through(reader, place.id).await?,
        below: below.map(|site| link(reader, site)).collect(),
        add_below_url: beside(Action::CREATE_SITE, "/places/add", format!("parent={}", place.id))
            .filter(|_| !is_closed),
    })
}

/// Through which sources what was said here came in, the busiest first.
async fn came_through(reader: &Reader<'_>, site: Uuid) -> poem::Result<Vec<PlaceSource>> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let since = reader.web.app.clock.now() - RECENT;
    let traffic = sources::traffic_of_site(db, own, site, since)
        .await
        .map_err(Failure::from)?;
    let names = sources::names(db, own, traffic.keys().copied().collect())
        .await
        .map_err(Failure::from)?;
    let mut all: Vec<PlaceSource> = traffic
        .into_iter()
        .filter_map(|(source, count)| {
            let name = names.get(&source)?.clone();
            Some(PlaceSource { name, count })
        })
        .collect();
    all.sort_by(|one, other| (other.count, &one.name).cmp(&(one.count, &other.name)));
    Ok(all)
}
