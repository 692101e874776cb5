//! A room or endpoint: what left by it, what was given up, a test, another secret, its end.
use std::collections::HashMap;

use entity::{channel, delivery};
use poem::{Response, handler, http::StatusCode};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{
    bad_request,
    channels::{PATH, label},
    near, url_if,
};
use crate::{
    access::Action,
    deliver::channel::{
        has_secret,
        log::{self, Which},
        manage::{self, ChannelError},
        trial,
    },
    template::context::{AdminChannelPage, DeliveryRow, Tested},
    web::{
        pages::{
            fields::Fields,
            form::refuse_other_types,
            reader::{Reader, not_found},
        },
        problem::Failure,
    },
};

/// Deliveries on the page.
const ROWS: u64 = 50;

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let page = channel_page(&reader, named(&reader).await?).await?;
    reader.page(StatusCode::OK, &page)
}

/// Sends a test, and says what came of it.
#[handler]
pub(crate) async fn test(reader: Reader<'_>) -> poem::Result<Response> {
    let (app, own, channel) = (&reader.web.app, reader.organisation.id, named(&reader).await?);
    let outcome = trial::send(&app.deliver(), own, channel.id)
        .await
        .map_err(missing)?;
    let mut page = channel_page(&reader, channel).await?;
    page.tested = Some(match outcome {
        Ok(()) => Tested {
            says: "channels.tested.arrived",
            why: String::new(),
        },
        Err(error) => Tested {
            says: if error.is_gone {
                "channels.tested.gone"
            } else {
                "channels.tested.failed"
            },
            why: error.why,
        },
    });
    reader.page(StatusCode::OK, &page)
}

/// Gives an endpoint another secret; the answer is the only time that it is shown.
#[handler]
pub(crate) async fn change_secret(reader: Reader<'_>) -> poem::Result<Response> {
    let (app, own, channel) = (&reader.web.app, reader.organisation.id, named(&reader).await?);
    let actor = &reader.caller.actor;
    let secret = manage::rotate(&app.deliver(), own, channel.id, actor).await;
    let secret = secret.map_err(missing)?;
    let mut page = channel_page(&reader, channel).await?;
    page.secret = Some(secret.expose_secret().to_owned());
    reader.page(StatusCode::OK, &page)
}

/// Tries again what was given up: of one notice, or all.
#[handler]
pub(crate) async fn replay(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let (app, own, id) = (&reader.web.app, reader.organisation.id, reader.id()?);
    let notice = Fields::read(&body).get("notice").text;
    let notice = match notice.as_str() {
        "" => None,
        sent => Some(Uuid::try_parse(sent).map_err(|_| bad_request())?),
    };
    let which = Which {
        notice,
        ..Which::default()
    };
    log::replay(&app.deliver(), own, id, which, &reader.caller.actor)
        .await
        .map_err(missing)?;
    Ok(reader.see_other(&format!("{PATH}/{id}"), None))
}

/// Removes a channel; what waits for it is passed on.
#[handler]
pub(crate) async fn remove(reader: Reader<'_>) -> poem::Result<Response> {
    let (app, own, id) = (&reader.web.app, reader.organisation.id, reader.id()?);
    manage::remove(&app.deliver(), own, id, &reader.caller.actor)
        .await
        .map_err(missing)?;
    Ok(reader.see_other(PATH, None))
}

fn missing(error: ChannelError) -> poem::Error {
    match error {
        ChannelError::NotFound(_) | ChannelError::NoSecret => not_found(),
        error => Failure::from(error).into(),
    }
}

async fn named(reader: &Reader<'_>) -> poem::Result<channel::Model> {
    let found = manage::find(reader.web.app.db.read(), reader.organisation.id, reader.id()?).await;
    found.map_err(missing)
}

/// The page of one.
pub(super) async fn channel_page(
    reader: &Reader<'_>,
    channel: channel::Model,
) -> poem::Result<AdminChannelPage> {
    let (db, own, is_open) = (
        reader.web.app.db.read(),
        reader.organisation.id,
        channel.ended_at.is_none(),
    );
    let given_up = log::given_up(db, own).await.map_err(Failure::from)?;
    let latest = log::latest(db, own, channel.id, ROWS)
        .await
        .map_err(Failure::from)?;
    let has_given_up = log::has_given_up(db, own, channel.id, given_up.keys().copied()).await;
    let path = format!("{PATH}/{}", channel.id);
    let url = |action, does: &str| url_if(reader, action, &format!("{path}/{does}")).filter(|_| is_open);
    let replay_url = url(Action::REPLAY_DELIVERIES, "replay");
    let deliveries: Vec<DeliveryRow> = latest
        .into_iter()
        .map(|delivery| row(reader, delivery, &given_up))
        .collect();
    Ok(AdminChannelPage {
        page: reader.frame(&path, "channels"),
        back_url: reader.link(PATH, None),
        kind: label(&channel),
        is_new: false,
        secret: None,
        tested: None,
        without_words: !channel.with_words,
        added: near(reader, channel.created_at),
        ended: channel.ended_at.map(|at| near(reader, at)),
        is_gone: channel.ended_because.as_deref() == Some("gone"),
        confirm_url: reader.confirm_url(Action::CHANGE_CHANNEL_SECRET, &path),
        test_url: url(Action::TEST_CHANNEL, "test"),
        remove_url: url(Action::REMOVE_CHANNEL, "remove"),
        secret_url: url(Action::CHANGE_CHANNEL_SECRET, "secret").filter(|_| has_secret(&channel.kind)),
        has_given_up: has_given_up.map_err(Failure::from)?,
        replay_url,
        deliveries,
        name: channel.name,
    })
}

fn row(reader: &Reader<'_>, delivery: delivery::Model, given_up: &HashMap<Uuid, String>) -> DeliveryRow {
    let why = given_up.get(&delivery.notice_id);
    let why = why.filter(|_| delivery.state == delivery::State::Refused);
    DeliveryRow {
        at: near(reader, delivery.attempted_at.unwrap_or(delivery.created_at)),
        state: match delivery.state {
            delivery::State::Waiting => "channels.delivery.waiting",
            delivery::State::Accepted => "channels.delivery.accepted",
            delivery::State::Refused => "channels.delivery.refused",
            delivery::State::Cancelled => "channels.delivery.cancelled",
        },
        is_late: delivery.state == delivery::State::Refused,
        attempts: u64::try_from(delivery.attempt).unwrap_or_default(),
        code: delivery.code,
        notice: why.map(|_| delivery.notice_id.to_string()),
        why: why.cloned(),
    }
}
