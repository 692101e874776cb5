//! Where somebody is signed in, and their second factor: administrators end sessions of others, and take the factor off
//! whoever lost the device.
use entity::account;
use poem::{Response, handler, http::StatusCode};

use super::{near, url_if};
use crate::{
    access::{
        Action, account as accounts, person,
        second_factor::{self, FactorError},
        session,
    },
    template::context::{AccountSession, AdminAccountPage},
    web::{
        pages::reader::{Reader, not_found},
        problem::Failure,
    },
};

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let account = named(&reader).await?;
    let mut page = page(&reader, &account).await.map_err(Failure::from)?;
    let says = [("ended", "ended"), ("taken-off", "taken_off")];
    page.done = says
        .iter()
        .find(|(word, _)| reader.has(word))
        .map(|(_, text)| *text);
    reader.page(StatusCode::OK, &page)
}

/// Ends every session of somebody, and what is open to sign them in.
#[handler]
pub(crate) async fn end_sessions(reader: Reader<'_>) -> poem::Result<Response> {
    let account = named(&reader).await?;
    let (app, actor) = (&reader.web.app, &reader.caller.actor);
    let ending = async {
        let tx = app.db.write().await?;
        accounts::end_sessions(&tx, &account, actor, app.clock.now()).await?;
        tx.commit().await
    };
    ending.await.map_err(Failure::from)?;
    Ok(reader.see_other(&path(&account), Some("ended")))
}

/// Takes the second factor off somebody else.
#[handler]
pub(crate) async fn take_off(reader: Reader<'_>) -> poem::Result<Response> {
    let account = named(&reader).await?;
    let (app, actor) = (&reader.web.app, &reader.caller.actor);
    let taking = async {
        let tx = app.db.write().await?;
        second_factor::take_off(&tx, &account, actor, app.clock.now()).await?;
        Ok::<_, FactorError>(tx.commit().await?)
    };
    taking.await.map_err(Failure::from)?;
    Ok(reader.see_other(&path(&account), Some("taken-off")))
}

fn path(account: &account::Model) -> String {
    format!("/accounts/{}", account.id)
}

async fn named(reader: &Reader<'_>) -> poem::Result<account::Model> {
    let found = accounts::by_id(reader.web.app.db.read(), reader.organisation.id, reader.id()?).await;
    found.map_err(Failure::from)?.ok_or_else(not_found)
}

async fn page(reader: &Reader<'_>, account: &account::Model) -> Result<AdminAccountPage, sea_orm::DbErr> {
    let app = &reader.web.app;
    let (db, own) = (app.db.read(), reader.organisation.id);
    let staff = person::on_roster(db, account).await?;
    let sessions = session::list(db, own, account.id, app.clock.now()).await?;
    let since = second_factor::since(db, account).await?;
    let path = path(account);
    let is_other = reader
        .caller
        .person()
        .is_some_and(|person| person.account != account.id);
    let row = |one: entity::session::Model| AccountSession {
        device: one.device,
        since: near(reader, one.created_at),
        used: near(reader, one.seen_at),
    };
    Ok(AdminAccountPage {
        page: reader.frame(&path, "roles"),
        name: person::name(account, staff.as_ref()),
        person_url: staff.map(|one| reader.link(&format!("/people/{}", one.id), None)),
        confirm_url: since.and_then(|_| reader.confirm_url(Action::TAKE_SECOND_FACTOR_OFF, &path)),
        done: None,
        sessions: sessions.into_iter().map(row).collect(),
        end_url: url_if(reader, Action::END_SESSIONS, &format!("{path}/sessions/end")),
        factor_since: since.map(|since| near(reader, since)),
        take_off_url: url_if(
            reader,
            Action::TAKE_SECOND_FACTOR_OFF,
            &format!("{path}/second-factor/take-off"),
        )
        .filter(|_| is_other && since.is_some()),
    })
}
