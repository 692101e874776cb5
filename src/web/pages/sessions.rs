//! `/me`: how often one gets mail, and where one is signed in.
use entity::account;
use poem::{Response, handler, http::StatusCode};

use super::{
    deputies, nav, preferences,
    reader::{Reader, not_found},
    sign_in::signed_out,
};
use crate::{
    access::{Action, Target, account as accounts, preference::Preferences, second_factor, session},
    ledger::own,
    roster::organisation as organisations,
    sign_on::{link, provider},
    template::{
        Moment, Spoken,
        context::{Choice, CompanyState, Field, SessionRow, SessionsPage},
    },
    web::problem::Failure,
};

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let account = own_account(&reader).await?;
    let page = page(&reader, &account).await?;
    reader.page(StatusCode::OK, &page)
}

pub(super) async fn page(reader: &Reader<'_>, account: &account::Model) -> poem::Result<SessionsPage> {
    let app = &reader.web.app;
    let address = accounts::address_of(app.db.read(), account)
        .await
        .map_err(Failure::from)?;
    let sessions = session::list(app.db.read(), reader.organisation.id, account.id, app.clock.now())
        .await
        .map_err(Failure::from)?;
    let mut rows: Vec<SessionRow> = sessions.into_iter().map(|one| row(reader, one)).collect();
    rows.sort_by_key(|row| !row.here);
    let factor_on = second_factor::is_on(app.db.read(), account)
        .await
        .map_err(Failure::from)?;
    let is_offered = factor_on
        || second_factor::is_offered(app.db.read(), account)
            .await
            .map_err(Failure::from)?;
    let mut page = SessionsPage {
        page: reader.frame("/me", ""),
        name: reader.person()?.name.clone(),
        saved: reader.has("saved"),
        settings_url: reader.link("/me", None),
        spoken_url: nav::logs_spoken(reader).then(|| reader.link("/spoken", None)),
        now: "",
        frequencies: Vec::new(),
        everies: Vec::new(),
        weekdays: Vec::new(),
        digest_time: Field::default(),
        quiet_from: Field::default(),
        quiet_until: Field::default(),
        quiet_days_problem: None,
        triage_exception: Vec::new(),
        complaint_exception: Vec::new(),
        own_praise_exception: Vec::new(),
        has_exceptions: false,
        time_zone: Field::default(),
        languages: languages(reader),
        has_boards: reader.person()?.staff.is_some(),
        can_be_mailed: address.is_some() && reader.person()?.staff.is_some(),
        own_praise: account.own_praise,
        on_boards: is_on_boards(reader).await.map_err(Failure::from)?,
        looked_at_first: is_looked_at_first(reader).await.map_err(Failure::from)?,
        deputies: deputies::own(reader).await?,
        companies: companies(reader, account).await.map_err(Failure::from)?,
        record_url: reader.person()?.staff.map(|_| reader.link("/me/record", None)),
        factor_url: is_offered.then(|| reader.link(super::second_factor::PATH, None)),
        factor_on,
        stored_action: reader.link("/me/stored", None),
        sessions: rows,
        sign_out_url: reader.link("/me/sign-out", None),
        sign_out_all_url: reader.link("/me/sign-out-everywhere", None),
    };
    preferences::show(&mut page, &Preferences::of(account), address.is_some());
    Ok(page)
}

/// Where the reader can sign in through their company. Linking needs a sign-in of a moment ago.
async fn companies(
    reader: &Reader<'_>,
    account: &account::Model,
) -> Result<Vec<CompanyState>, sea_orm::DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let all = provider::list(db, own).await?;
    let linked = link::of_account(db, own, account.id).await?;
    let is_fresh = reader.caller.person().is_some_and(|person| person.is_fresh);
    let confirm = reader.link("/me/confirm", Some("to=%2Fme"));
    let state = |one: entity::sign_on_provider::Model| {
        let is_open = !linked.iter().any(|link| link.provider_id == one.id);
        let action = || reader.link(&format!("/sign-on/{}", one.id), Some("to=%2Fme"));
        CompanyState {
            action: (is_open && is_fresh).then(action),
            confirm_url: (is_open && !is_fresh).then(|| confirm.clone()),
            name: one.name,
        }
    };
    Ok(all.into_iter().map(state).collect())
}

/// The languages to choose from; the first leaves it to the company.
fn languages(reader: &Reader<'_>) -> Vec<Choice> {
    let spoken = reader.web.app.templates.languages().iter();
    let choice = |one: &Spoken| Choice {
        value: one.language.to_string(),
        label: one.name.clone(),
        chosen: false,
    };
    spoken.map(choice).collect()
}

fn row(reader: &Reader<'_>, session: entity::session::Model) -> SessionRow {
    let (zone, now) = (
        organisations::zone(&reader.organisation),
        reader.web.app.clock.now(),
    );
    let moment = |at| Moment::near(at, zone, now);
    SessionRow {
        since: moment(session.created_at),
        used: moment(session.seen_at),
        here: reader.session.as_ref().is_some_and(|this| this.id == session.id),
        end_url: reader.link(&format!("/me/sessions/{}/end", session.id), None),
        device: session.device,
    }
}

async fn is_looked_at_first(reader: &Reader<'_>) -> Result<bool, sea_orm::DbErr> {
    let own = reader.caller.person().and_then(|person| person.staff);
    let found = own::looked_at_first(reader.web.app.db.read(), own).await?;
    Ok(!found.is_empty())
}

async fn is_on_boards(reader: &Reader<'_>) -> Result<bool, sea_orm::DbErr> {
    match reader.caller.person().and_then(|person| person.staff) {
        Some(staff) => own::is_on_boards(reader.web.app.db.read(), reader.organisation.id, staff).await,
        None => Ok(false),
    }
}

/// Ends one session.
#[handler]
pub(crate) async fn end(reader: Reader<'_>) -> poem::Result<Response> {
    let id = reader.id()?;
    let account = own_account(&reader).await?;
    let app = &reader.web.app;
    let ending = async {
        let tx = app.db.write().await?;
        let is_ended = session::end(
            &tx,
            account.organisation_id,
            account.id,
            id,
            &reader.caller.actor,
            app.clock.now(),
        )
        .await?;
        tx.commit().await?;
        Ok::<_, sea_orm::DbErr>(is_ended)
    };
    match ending.await.map_err(Failure::from)? {
        false => Err(not_found()),
        true if reader.session.as_ref().is_some_and(|this| this.id == id) => Ok(signed_out(&reader)),
        true => Ok(reader.see_other("/me", None)),
    }
}

/// Ends every session, this one too, and every link that is open.
#[handler]
pub(crate) async fn end_all(reader: Reader<'_>) -> poem::Result<Response> {
    let account = own_account(&reader).await?;
    let app = &reader.web.app;
    let ending = async {
        let tx = app.db.write().await?;
        accounts::sign_out_everywhere(&tx, &account, &reader.caller.actor, app.clock.now()).await?;
        tx.commit().await
    };
    ending.await.map_err(Failure::from)?;
    Ok(signed_out(&reader))
}

pub(super) async fn own_account(reader: &Reader<'_>) -> poem::Result<account::Model> {
    permitted(reader, Action::SHOW_SETTINGS).await
}

/// The reader's own account, if they may do this to it.
pub(super) async fn permitted(reader: &Reader<'_>, action: Action) -> poem::Result<account::Model> {
    let id = reader.person()?.account;
    reader.permit(action, Some(Target::Account(id)))?;
    let found = accounts::by_id(reader.web.app.db.read(), reader.organisation.id, id)
        .await
        .map_err(Failure::from)?;
    found.ok_or_else(not_found)
}
