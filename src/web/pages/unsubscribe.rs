//! How often a reader gets mail. Opening the page changes nothing, since mail scanners open every link; its buttons do,
//! and so does the one click of a mail program (RFC 8058), which posts `List-Unsubscribe=One-Click`.
use entity::account::{self, Frequency};
use poem::{Error, Response, handler, http::StatusCode};

use super::{
    Visit,
    fields::Fields,
    preferences::{FREQUENCIES, name_of},
    receipt::unseen,
};
use crate::{
    access::{
        account as accounts,
        preference::{self, Preferences},
    },
    deliver::link::{self, Purpose},
    roster::organisation,
    template::context::{UnsubscribePage, UnsubscribeState},
    web::problem::Failure,
};

/// The page with its buttons.
#[handler]
pub(crate) async fn show(visit: Visit<'_>) -> poem::Result<Response> {
    let reader = reader(&visit).await?;
    answer(&visit, &reader, UnsubscribeState::Asked).await
}

/// Changes how often; without a choice, ends all mail.
#[handler]
pub(crate) async fn change(visit: Visit<'_>, body: Vec<u8>) -> poem::Result<Response> {
    let mut reader = reader(&visit).await?;
    let asked = Fields::read(&body).get("frequency").text;
    let known = FREQUENCIES.iter().find(|(name, _)| *name == asked);
    if known.is_none() && !asked.is_empty() {
        return Err(Error::from_status(StatusCode::BAD_REQUEST));
    }
    let frequency = known.map_or(Frequency::Off, |(_, frequency)| *frequency);
    save(&visit, &reader, frequency).await.map_err(Failure::from)?;
    reader.frequency = frequency;
    let state = match frequency {
        Frequency::Off => UnsubscribeState::Ended,
        _ => UnsubscribeState::Changed,
    };
    answer(&visit, &reader, state).await
}

async fn save(
    visit: &Visit<'_>,
    reader: &account::Model,
    frequency: Frequency,
) -> Result<(), sea_orm::DbErr> {
    let app = &visit.web.app;
    let tx = app.db.write().await?;
    let actor = format!("account:{}", reader.id);
    let wanted = Preferences {
        frequency,
        ..Preferences::of(reader)
    };
    preference::change(&tx, reader, &wanted, &actor, app.clock.now()).await?;
    tx.commit().await
}

async fn reader(visit: &Visit<'_>) -> poem::Result<account::Model> {
    let app = &visit.web.app;
    let (db, now) = (app.db.read(), app.clock.now());
    let opened = link::open(db, visit.part("token"), Purpose::Unsubscribe, now)
        .await
        .map_err(Failure::from)?;
    let not_found = || Error::from_status(StatusCode::NOT_FOUND);
    let opened = opened.ok_or_else(not_found)?;
    let account = opened.account_id.ok_or_else(not_found)?;
    let found = accounts::by_id(db, opened.organisation_id, account)
        .await
        .map_err(Failure::from)?;
    found.ok_or_else(not_found)
}

async fn answer(
    visit: &Visit<'_>,
    reader: &account::Model,
    state: UnsubscribeState,
) -> poem::Result<Response> {
    let db = visit.web.app.db.read();
    let organisation = organisation::by_id(db, reader.organisation_id)
        .await
        .map_err(Failure::from)?
        .ok_or_else(|| Error::from_status(StatusCode::NOT_FOUND))?;
    let address = accounts::address_of(db, reader).await.map_err(Failure::from)?;
    let path = visit.request.uri().path();
    let present = name_of(&FREQUENCIES, &reader.frequency);
    let page = UnsubscribePage {
        page: visit.frame(&organisation, path),
        state,
        action: visit.link(path, None),
        about: organisation.name.clone(),
        address: partly_hidden(&address.unwrap_or_default()),
        settings_url: visit.link("/me", None),
        frequencies: UnsubscribePage::frequencies(&FREQUENCIES.map(|(name, _)| name), present),
    };
    visit.page(StatusCode::OK, &page).map(unseen)
}

/// "j…@example.org": the link may have been passed on.
fn partly_hidden(address: &str) -> String {
    match address.split_once('@') {
        Some((name, host)) => {
            let first: String = name.chars().take(1).collect();
            format!("{first}…@{host}")
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_shown_so_that_only_its_owner_knows_it() {
        assert_eq!(partly_hidden("jonas@example.org"), "j…@example.org");
    }
}
