//! What a new organisation does first, until somebody heard a first thank-you.
use poem::{Response, handler, http::StatusCode};

use super::url_if;
use crate::{
    access::Action,
    doctor::steps::{self, Steps},
    platform::config::MailTransport,
    template::context::{FirstStep, FirstStepsPage, StepLink, StepStanding},
    web::{
        pages::{place, reader::Reader},
        problem::Failure,
    },
};

/// Where it is.
const PATH: &str = "/first-steps";

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let steps = steps::of(db, own, reader.today(), sends_mail(&reader)).await;
    let steps = steps.map_err(Failure::from)?;
    let all = all(&reader, &steps);
    let done = all.iter().filter(|step| step.state == StepStanding::Done).count();
    let page = FirstStepsPage {
        page: reader.frame(PATH, "first_steps"),
        done: done as u64,
        of: all.len() as u64,
        is_heard: steps.is_heard,
        steps: all,
        desk_url: reader.link("/desk", None),
    };
    reader.page(StatusCode::OK, &page)
}

/// Whether an administrator begins here: nobody has heard a thank-you yet.
pub(in crate::web::pages) async fn begins(reader: &Reader<'_>) -> poem::Result<bool> {
    if !reader
        .caller
        .person()
        .is_some_and(|person| person.is_administrator)
    {
        return Ok(false);
    }
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let is_heard = steps::is_heard(db, own, sends_mail(reader)).await;
    Ok(!is_heard.map_err(Failure::from)?)
}

fn sends_mail(reader: &Reader<'_>) -> bool {
    reader.web.app.config.mail.transport == MailTransport::Smtp
}

fn all(reader: &Reader<'_>, steps: &Steps) -> Vec<FirstStep> {
    let form = place::path(&reader.organisation, None);
    let poster = form.replacen("/thank/", "/poster/", 1);
    let add_place = url_if(reader, Action::CREATE_SITE, "/places/add");
    let mail = match reader.web.app.config.mail.transport {
        MailTransport::Off => "mail_off",
        MailTransport::Directory => "mail_directory",
        MailTransport::Smtp => "mail",
    };
    let back = format!(
        "to={}",
        percent_encoding::utf8_percent_encode(PATH, percent_encoding::NON_ALPHANUMERIC)
    );
    let try_mail = sends_mail(reader).then(|| reader.link("/me/confirm", Some(&back)));
    let link = |name, url: String| Some(StepLink { name, url });
    let to = |name, path: &str| link(name, reader.link(path, None));
    let rows = [
        (
            "places",
            steps.has_places,
            vec![
                add_place.and_then(|url| link("add_place", url)),
                to("see_places", "/places"),
            ],
        ),
        (
            "people",
            steps.has_people,
            vec![to("bring_file", "/roster"), to("see_people", "/people")],
        ),
        (
            "leads",
            steps.has_leads,
            vec![
                to("see_places", "/places"),
                link(
                    "without_manager",
                    reader.link("/people", Some("show=without_manager")),
                ),
            ],
        ),
        (
            mail,
            steps.is_mail_proved,
            vec![try_mail.and_then(|url| link("try_mail", url))],
        ),
        (
            "poster",
            steps.has_words,
            vec![to("print_poster", &poster), to("see_places", "/places")],
        ),
        (
            "thanks",
            steps.is_heard,
            vec![to("open_form", &form), to("desk", "/desk")],
        ),
        (
            "sources",
            steps.has_sources,
            vec![to("connect", "/connect"), to("see_sources", "/sources")],
        ),
    ];
    let mut is_next_there = false;
    let step = |(name, is_done, links): (&'static str, bool, Vec<Option<StepLink>>)| {
        let state = match (is_done, is_next_there) {
            (true, _) => StepStanding::Done,
            (false, true) => StepStanding::Waiting,
            (false, false) => StepStanding::Next,
        };
        is_next_there |= !is_done;
        FirstStep {
            name,
            state,
            links: links.into_iter().flatten().collect(),
        }
    };
    rows.into_iter().map(step).collect()
}
