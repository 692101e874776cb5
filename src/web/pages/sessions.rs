//! `/me`: how often one gets mail, and where one is signed in.
use chrono_tz::Tz;
use entity::account::{self, Frequency};
use poem::{Error, Response, handler, http::StatusCode};

use super::{
    fields::Fields,
    form::refuse_other_types,
    reader::{Reader, not_found},
    sign_in::signed_out,
    unsubscribe::CHOICES,
};
use crate::{
    access::{Action, Target, account as accounts, session},
    ledger::own,
    roster::organisation as organisations,
    sign_on::{link, provider},
    template::{
        Moment, Spoken,
        context::{Choice, CompanyState, Field, FormProblemKind, SessionRow, SessionsPage, UnsubscribePage},
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

async fn page(reader: &Reader<'_>, account: &account::Model) -> poem::Result<SessionsPage> {
    let app = &reader.web.app;
    let address = accounts::address_of(app.db.read(), account)
        .await
        .map_err(Failure::from)?;
    let sessions = session::list(app.db.read(), reader.organisation.id, account.id, app.clock.now())
        .await
        .map_err(Failure::from)?;
    let mut rows: Vec<SessionRow> = sessions.into_iter().map(|one| row(reader, one)).collect();
    rows.sort_by_key(|row| !row.here);
    let present = CHOICES
        .iter()
        .find(|(_, frequency)| *frequency == account.frequency);
    let frequencies = UnsubscribePage::frequencies(
        &CHOICES.map(|(name, _)| name),
        present.map_or("at_once", |(name, _)| name),
    );
    Ok(SessionsPage {
        page: reader.frame("/me", ""),
        name: reader.person()?.name.clone(),
        saved: reader.has("saved"),
        settings_url: reader.link("/me", None),
        frequencies: if address.is_some() {
            frequencies
        } else {
            Vec::new()
        },
        hours: (0..HOURS).map(|hour| choice(hour, account.digest_hour)).collect(),
        time_zone: Field {
            value: account.time_zone.clone().unwrap_or_default(),
            problem: None,
        },
        languages: languages(reader, account.language.as_deref()),
        has_boards: reader.person()?.staff.is_some(),
        can_be_mailed: address.is_some() && reader.person()?.staff.is_some(),
        own_praise: account.own_praise,
        on_boards: is_on_boards(reader).await.map_err(Failure::from)?,
        companies: companies(reader, account).await.map_err(Failure::from)?,
        sessions: rows,
        sign_out_url: reader.link("/me/sign-out", None),
        sign_out_all_url: reader.link("/me/sign-out-everywhere", None),
    })
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
    let way = |id: uuid::Uuid| match is_fresh {
        true => reader.link(&format!("/sign-on/{id}"), Some("mine&to=%2Fme")),
        false => reader.link("/me/confirm", Some("to=%2Fme")),
    };
    let state = |one: entity::sign_on_provider::Model| CompanyState {
        link_url: (!linked.iter().any(|link| link.provider_id == one.id)).then(|| way(one.id)),
        name: one.name,
    };
    Ok(all.into_iter().map(state).collect())
}

/// Hours of a day.
const HOURS: i32 = 24;

fn choice(hour: i32, chosen: i32) -> Choice {
    Choice {
        value: hour.to_string(),
        label: format!("{hour:02}:00"),
        chosen: hour == chosen,
    }
}

/// The languages to choose from; the first leaves it to the company.
fn languages(reader: &Reader<'_>, chosen: Option<&str>) -> Vec<Choice> {
    let spoken = reader.web.app.templates.languages().iter();
    let choice = |one: &Spoken| Choice {
        value: one.language.to_string(),
        label: one.name.clone(),
        chosen: chosen == Some(one.language.code()),
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

/// Saves how often mail comes, of what, and whether one is on boards.
#[handler]
pub(crate) async fn save(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let account = own_account(&reader).await?;
    let fields = Fields::read(&body);
    let digest = match digest_time(&account, &fields)? {
        Ok(digest) => digest,
        Err(typed) => {
            let mut page = page(&reader, &account).await?;
            keep_typed(&mut page, &fields);
            page.time_zone = Field {
                value: typed,
                problem: Some(FormProblemKind::TimeZone),
            };
            return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let asked = fields.get("frequency").text;
    if !asked.is_empty() {
        let known = CHOICES.iter().find(|(name, _)| *name == asked);
        let (_, frequency) = known.ok_or_else(|| Error::from_status(StatusCode::BAD_REQUEST))?;
        let own_praise = fields.get("own_praise").text == "yes";
        save_mail(&reader, &account, *frequency, own_praise, digest)
            .await
            .map_err(Failure::from)?;
    }
    save_language(&reader, &account, &fields.get("language").text).await?;
    save_boards(&reader, &fields).await.map_err(Failure::from)?;
    Ok(reader.see_other("/me", Some("saved")))
}

/// Shows what was chosen beside what is wrong.
fn keep_typed(page: &mut SessionsPage, fields: &Fields) {
    let choose = |choices: &mut Vec<Choice>, name: &str| {
        let typed = fields.get(name).text;
        for choice in choices {
            choice.chosen = choice.value == typed;
        }
    };
    choose(&mut page.frequencies, "frequency");
    choose(&mut page.hours, "digest_hour");
    choose(&mut page.languages, "language");
    page.own_praise = fields.get("own_praise").text == "yes";
    page.on_boards = fields.get("on_boards").text == "yes";
}

/// Hour and zone of the digest, as they are where they are not sent; what was typed where there is no such zone.
fn digest_time(account: &account::Model, fields: &Fields) -> poem::Result<Result<DigestTime, String>> {
    let hour = match fields.all("digest_hour").first() {
        None => account.digest_hour,
        Some(sent) => {
            let hour = sent.text.parse().ok().filter(|hour| (0..HOURS).contains(hour));
            hour.ok_or_else(|| Error::from_status(StatusCode::BAD_REQUEST))?
        }
    };
    let zone = match fields.all("time_zone").first() {
        None => account.time_zone.clone(),
        Some(sent) => Some(sent.text.trim().to_owned()).filter(|zone| !zone.is_empty()),
    };
    let is_one = zone.as_deref().is_none_or(|zone| zone.parse::<Tz>().is_ok());
    Ok(if is_one {
        Ok((hour, zone))
    } else {
        Err(zone.unwrap_or_default())
    })
}

type DigestTime = (i32, Option<String>);

async fn save_mail(
    reader: &Reader<'_>,
    account: &account::Model,
    frequency: Frequency,
    own_praise: bool,
    digest: DigestTime,
) -> Result<(), sea_orm::DbErr> {
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    let (actor, now) = (&reader.caller.actor, app.clock.now());
    accounts::set_frequency(&tx, account, frequency, actor, now).await?;
    accounts::set_own_praise(&tx, account, own_praise, actor, now).await?;
    accounts::set_digest_time(&tx, account, digest, actor, now).await?;
    tx.commit().await
}

async fn save_language(reader: &Reader<'_>, account: &account::Model, asked: &str) -> poem::Result<()> {
    let app = &reader.web.app;
    let language = match asked {
        "" => None,
        tag => Some(
            app.templates
                .known(tag)
                .map_err(|_| Error::from_status(StatusCode::BAD_REQUEST))?,
        ),
    };
    let saved = async {
        let tx = app.db.write().await?;
        accounts::set_language(&tx, account, language, &reader.caller.actor, app.clock.now()).await?;
        tx.commit().await
    };
    Ok(saved.await.map_err(Failure::from)?)
}

async fn is_on_boards(reader: &Reader<'_>) -> Result<bool, sea_orm::DbErr> {
    match reader.caller.person().and_then(|person| person.staff) {
        Some(staff) => own::is_on_boards(reader.web.app.db.read(), reader.organisation.id, staff).await,
        None => Ok(false),
    }
}

/// A box that is not ticked is not sent.
async fn save_boards(reader: &Reader<'_>, fields: &Fields) -> Result<(), sea_orm::DbErr> {
    let Some(staff) = reader.caller.person().and_then(|person| person.staff) else {
        return Ok(());
    };
    let app = &reader.web.app;
    let tx = app.db.write().await?;
    let on_boards = fields.get("on_boards").text == "yes";
    own::be_on_boards(&tx, reader.organisation.id, staff, on_boards, app.clock.now()).await?;
    tx.commit().await
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

async fn own_account(reader: &Reader<'_>) -> poem::Result<account::Model> {
    let id = reader.person()?.account;
    reader.permit(Action::SHOW_SETTINGS, Some(Target::Account(id)))?;
    let found = accounts::by_id(reader.web.app.db.read(), reader.organisation.id, id)
        .await
        .map_err(Failure::from)?;
    found.ok_or_else(not_found)
}
