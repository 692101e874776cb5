//! Rooms and endpoints, and adding one.
use std::collections::HashMap;

use chrono::TimeDelta;
use entity::channel;
use poem::{Response, handler, http::StatusCode};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{channel::channel_page, near, url_if};
use crate::{
    access::Action,
    deliver::channel::{
        self as kinds, KindOf, WrongAddress,
        log::{self, Traffic},
        manage::{self, ChannelError, NewChannel},
    },
    template::context::{
        AdminChannelsPage, ChannelRow, Field, FormProblemKind as Problem, KindChoice, Steps,
    },
    web::{
        pages::{fields::Fields, form::refuse_other_types, reader::Reader},
        problem::Failure,
    },
};

pub(super) const PATH: &str = "/channels";

/// What is counted.
const RECENT: TimeDelta = TimeDelta::days(30);

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let page = page(&reader, None).await?;
    reader.page(StatusCode::OK, &page)
}

/// Adds a channel; the answer is the only time that its secret is shown.
#[handler]
pub(crate) async fn add(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let text = |name: &str| fields.get(name).text.trim().to_owned();
    let new = NewChannel {
        kind: text("kind"),
        name: text("name"),
        address: text("address"),
        with_words: !fields.all("words").is_empty(),
    };
    match manage::add(&app.deliver(), own, new, &reader.caller.actor).await {
        Ok((made, secret)) => {
            let mut page = channel_page(&reader, made).await?;
            page.is_new = true;
            page.secret = secret.map(|secret| secret.expose_secret().to_owned());
            reader.page(StatusCode::CREATED, &page)
        }
        Err(error) => {
            let mut page = page(&reader, Some(&fields)).await?;
            explain(&mut page, error)?;
            reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
    }
}

/// Says at its field what is wrong, and of each that is empty.
fn explain(page: &mut AdminChannelsPage, error: ChannelError) -> Result<(), Failure> {
    for field in [&mut page.name, &mut page.address] {
        if field.value.trim().is_empty() {
            field.problem = Some(Problem::Needed);
        }
    }
    match error {
        ChannelError::Kind(..) => page.kind_problem = Some(Problem::Needed),
        ChannelError::Name if page.name.problem.is_some() => {}
        ChannelError::Name => page.name.problem = Some(Problem::NameTooLong),
        ChannelError::Address(_) if page.address.problem.is_some() => {}
        ChannelError::Address(WrongAddress::OfAnotherKind { .. }) => {
            page.address.problem = Some(Problem::OtherKind);
        }
        ChannelError::Address(WrongAddress::Malformed(_)) => page.address.problem = Some(Problem::Address),
        ChannelError::Private(_) => page.address.problem = Some(Problem::Private),
        other => return Err(Failure::from(other)),
    }
    Ok(())
}

async fn page(reader: &Reader<'_>, typed: Option<&Fields>) -> poem::Result<AdminChannelsPage> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let mut rows = manage::list(db, own).await.map_err(Failure::from)?;
    rows.reverse();
    let since = reader.web.app.clock.now() - RECENT;
    let ids = rows.iter().map(|row| row.id).collect();
    let traffic = log::traffic(db, own, ids, since).await.map_err(Failure::from)?;
    let value = |name: &str| typed.map(|typed| typed.get(name).text).unwrap_or_default();
    let field = |name: &str| Field {
        value: value(name),
        problem: None,
    };
    let frame = reader.frame(PATH, "channels");
    let kinds = kinds::to_choose_from(frame.language.code());
    let chosen = value("kind");
    Ok(AdminChannelsPage {
        page: frame,
        channels: rows.into_iter().map(|one| row(reader, one, &traffic)).collect(),
        confirm_url: reader.confirm_url(Action::CREATE_CHANNEL, PATH),
        action: url_if(reader, Action::CREATE_CHANNEL, PATH),
        kinds: kinds.into_iter().map(|kind| choice(kind, &chosen)).collect(),
        kind_problem: None,
        name: field("name"),
        address: field("address"),
        words: typed.is_none_or(|typed| !typed.all("words").is_empty()),
    })
}

fn choice(kind: KindOf, chosen: &str) -> KindChoice {
    KindChoice {
        value: kind.kind.to_owned(),
        label: kind.label.to_owned(),
        chosen: kind.kind == chosen,
        steps: kind.steps.map(|(language, lines)| Steps {
            language: language.to_owned(),
            lines: lines.to_vec(),
            template: None,
        }),
    }
}

fn row(reader: &Reader<'_>, channel: channel::Model, traffic: &HashMap<Uuid, Traffic>) -> ChannelRow {
    let of = traffic.get(&channel.id).copied().unwrap_or_default();
    ChannelRow {
        kind: label(&channel),
        without_words: !channel.with_words,
        ended: channel.ended_at.map(|at| near(reader, at)),
        told: of.told,
        last: of.last.map(|at| near(reader, at)),
        waiting: of.waiting,
        given_up: of.given_up,
        url: reader.link(&format!("{PATH}/{}", channel.id), None),
        name: channel.name,
    }
}

/// As its maker calls the kind.
pub(super) fn label(channel: &channel::Model) -> String {
    kinds::label(&channel.kind).unwrap_or(&channel.kind).to_owned()
}
