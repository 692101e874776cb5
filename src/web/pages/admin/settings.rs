//! Settings of the organisation.
use domain::attribution::Settings;
use entity::organisation::{self, BoardMode};
use poem::{Response, handler, http::StatusCode};

use super::{bad_request, url_if};
use crate::{
    access::Action,
    roster::{
        RosterError,
        organisation::{self as organisations, OrganisationPatch},
    },
    template::{
        Spoken,
        context::{AdminSettingsPage, Choice, Field, FormProblemKind as Problem},
    },
    web::{
        pages::{fields::Fields, form::refuse_other_types, nav, reader::Reader},
        problem::Failure,
    },
};

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let mut page = page(&reader, &reader.organisation);
    page.saved = reader.has("saved");
    reader.page(StatusCode::OK, &page)
}

/// Saves what was typed, or shows what is wrong with it and changes nothing.
#[handler]
pub(crate) async fn save(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let mut page = typed(&reader, &fields);
    let patch = match patch(&fields)? {
        Ok(patch) => patch,
        Err(NoNumber::Threshold) => {
            page.credit_from.problem = Some(Problem::Number);
            return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
        Err(NoNumber::Days) => {
            page.heard_within.problem = Some(Problem::WorkingDays);
            return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    if patch
        .language
        .as_deref()
        .is_some_and(|tag| reader.web.app.templates.of_tag(tag).is_none())
    {
        return Err(bad_request());
    }
    match update(&reader, patch).await {
        Ok(()) => Ok(reader.see_other("/settings", Some("saved"))),
        Err(RosterError::Invalid { field, .. }) => {
            complain(&mut page, field);
            reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Err(other) => Err(Failure::from(other).into()),
    }
}

async fn update(reader: &Reader<'_>, patch: OrganisationPatch) -> Result<(), RosterError> {
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    let (own, actor) = (reader.organisation.id, &reader.caller.actor);
    organisations::update(&tx, own, patch, actor, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// What should be a number and is none.
enum NoNumber {
    Threshold,
    Days,
}

/// What was typed as changes.
fn patch(fields: &Fields) -> poem::Result<Result<OrganisationPatch, NoNumber>> {
    let text = |name: &str| fields.get(name).text.trim().to_owned();
    let filled = |name: &str| Some(text(name)).filter(|text| !text.is_empty());
    let board_mode = match text("board").as_str() {
        "off" => BoardMode::Off,
        "team" => BoardMode::Team,
        "full" => BoardMode::Full,
        _ => return Err(bad_request()),
    };
    let threshold = match filled("credit_from").map(|number| number.parse::<u8>()) {
        None => None,
        Some(Ok(in_hundred)) => Some(f64::from(in_hundred) / 100.0),
        Some(Err(_)) => return Ok(Err(NoNumber::Threshold)),
    };
    let heard_within = match filled("heard_within").map(|days| days.parse::<i32>()) {
        None => None,
        Some(Ok(days)) => Some(days),
        Some(Err(_)) => return Ok(Err(NoNumber::Days)),
    };
    Ok(Ok(OrganisationPatch {
        name: Some(text("name")),
        time_zone: Some(text("time_zone")),
        language: filled("language"),
        board_mode: Some(board_mode),
        threshold: Some(threshold),
        heard_within,
        holidays: Some(filled("holidays")),
        colour: Some(filled("colour")),
        privacy_url: Some(filled("privacy_url")),
        ..OrganisationPatch::default()
    }))
}

fn complain(page: &mut AdminSettingsPage, field: &str) {
    let (field, problem) = match field {
        "name" => (&mut page.name, Problem::Needed),
        "time_zone" => (&mut page.time_zone, Problem::TimeZone),
        "heard_within" => (&mut page.heard_within, Problem::WorkingDays),
        "holidays" => (&mut page.holidays, Problem::Holidays),
        "threshold" => (&mut page.credit_from, Problem::Number),
        "colour" => (&mut page.colour, Problem::Colour),
        _ => (&mut page.privacy, Problem::Address),
    };
    field.problem = Some(problem);
}

pub(super) fn page(reader: &Reader<'_>, own: &organisation::Model) -> AdminSettingsPage {
    let field = |value: Option<String>| Field {
        value: value.unwrap_or_default(),
        problem: None,
    };
    let brand = organisations::brand(own);
    let board = match own.board_mode {
        BoardMode::Off => "off",
        BoardMode::Team => "team",
        BoardMode::Full => "full",
    };
    let in_hundred = |threshold: f64| format!("{:.0}", threshold * 100.0);
    AdminSettingsPage {
        page: reader.frame("/settings", "settings"),
        action: url_if(reader, Action::UPDATE_ORGANISATION, "/settings"),
        more: nav::more(reader),
        saved: false,
        name: field(Some(own.name.clone())),
        time_zone: field(Some(own.time_zone.clone())),
        languages: languages(reader, &own.language),
        boards: AdminSettingsPage::board_choices(board),
        heard_within: field(Some(own.heard_within.to_string())),
        holidays: field(own.holidays.clone()),
        credit_from: field(own.threshold.map(in_hundred)),
        default_credit_from: in_hundred(Settings::default().threshold),
        colour: field(own.colour.clone()),
        privacy: field(own.privacy_url.clone()),
        shown_colours: [brand.light.org, brand.dark.org],
        logo_action: url_if(reader, Action::SET_LOGO, "/settings/logo"),
        logo_remove_url: own
            .logo
            .as_ref()
            .and_then(|_| url_if(reader, Action::REMOVE_LOGO, "/settings/logo/remove")),
        logo_problem: None,
    }
}

fn languages(reader: &Reader<'_>, chosen: &str) -> Vec<Choice> {
    let spoken = reader.web.app.templates.languages().iter();
    let choice = |one: &Spoken| Choice {
        value: one.language.to_string(),
        label: one.name.clone(),
        chosen: one.language.code() == chosen,
    };
    spoken.map(choice).collect()
}

fn typed(reader: &Reader<'_>, fields: &Fields) -> AdminSettingsPage {
    let mut page = page(reader, &reader.organisation);
    let typed = [
        (&mut page.name, "name"),
        (&mut page.time_zone, "time_zone"),
        (&mut page.heard_within, "heard_within"),
        (&mut page.holidays, "holidays"),
        (&mut page.credit_from, "credit_from"),
        (&mut page.colour, "colour"),
        (&mut page.privacy, "privacy_url"),
    ];
    for (field, name) in typed {
        field.value = fields.get(name).text;
    }
    page.languages = languages(reader, &fields.get("language").text);
    page.boards = AdminSettingsPage::board_choices(&fields.get("board").text);
    page
}
