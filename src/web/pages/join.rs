//! Signing in without mail: a code that one's manager shows or prints, as letters and as a picture. Typing it, or
//! opening the picture's address, shows a button; the button signs in.
use std::collections::HashSet;

use chrono::NaiveDate;
use entity::{account, sign_in_link, sign_in_link::Kind};
use fast_qr::{ECL, QRBuilder};
use poem::{Response, handler, http::StatusCode};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Visit,
    fields::Fields,
    form::{again, refuse_other_types},
    reader::{Reader, not_found},
    sign_in::{begin_session, client, confirm_page, form, wrong},
};
use crate::{
    access::{
        Action, Target, account as accounts,
        sign_in::{self, NewLink},
    },
    roster::{
        organisation as organisations,
        staff::{self, full_name},
    },
    template::context::{FormProblemKind as Problem, JoinListPage, JoinPage, JoinRow, Qr},
    web::{problem::Failure, refused::Refused},
};

/// People on the list.
const MOST: u64 = 500;

#[derive(Default, Deserialize)]
struct Asked {
    code: Option<String>,
}

/// `/join?code=…`: the button. Without a code, the form to type it.
#[handler]
pub(crate) async fn ask(visit: Visit<'_>) -> poem::Result<Response> {
    let asked: Asked = visit.request.params().unwrap_or_default();
    match asked.code {
        Some(code) => button(&visit, &code).await,
        None => visit.page(StatusCode::OK, &form(&visit).await?),
    }
}

/// Takes a code: from the form it leads to the button, from the button it signs in.
#[handler]
pub(crate) async fn take(visit: Visit<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(visit.request)?;
    let asked: Asked = visit.request.params().unwrap_or_default();
    let fields = Fields::read(&body);
    let Some(code) = asked.code else {
        return button(&visit, &fields.get("code").text).await;
    };
    match find(&visit, &code).await? {
        Ok((link, account)) => {
            begin_session(&visit, &link, &account, fields.get("shared").text == "yes").await
        }
        Err(refusal) => Ok(refusal),
    }
}

async fn button(visit: &Visit<'_>, code: &str) -> poem::Result<Response> {
    match find(visit, code).await? {
        Ok((link, account)) => {
            let code = sign_in::tidied_code(code);
            confirm_page(visit, &link, &account, &format!("/join?code={code}")).await
        }
        Err(refusal) => Ok(refusal),
    }
}

type Found = Result<(sign_in_link::Model, account::Model), Response>;

/// What a code opens, or the form with what is wrong. Every attempt counts: a code is short.
async fn find(visit: &Visit<'_>, typed: &str) -> poem::Result<Found> {
    let app = &visit.web.app;
    let mut page = form(visit).await?;
    if let Err(refused) = visit.web.limits.may_try_code(client(visit)) {
        page.code = wrong(typed, Problem::TooMany);
        return again(visit, &page, refused).map(Err);
    }
    let hash = app.secrets.fingerprint(sign_in::tidied_code(typed));
    let found = sign_in::find(app.db.read(), hash, app.clock.now())
        .await
        .map_err(Failure::from)?;
    if let Some(found) = found {
        return Ok(Ok(found));
    }
    visit.web.refusals.note(app, Refused::Code, None, "visitor");
    page.code = wrong(typed, Problem::Code);
    visit.page(StatusCode::UNPROCESSABLE_ENTITY, &page).map(Err)
}

/// `/team/join`: everybody below the reader who has no address, and whether they have a code.
#[handler]
pub(crate) async fn list(reader: Reader<'_>) -> poem::Result<Response> {
    if !is_offered(&reader) {
        return Err(poem::Error::from_status(StatusCode::FORBIDDEN));
    }
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let today = reader.today();
    let mut below = staff::without_address(app.db.read(), own, today, MOST)
        .await
        .map_err(Failure::from)?;
    let ids: Vec<Uuid> = below.iter().map(|person| person.id).collect();
    let targets = Target::without_address(app.db.read(), own, &ids, today)
        .await
        .map_err(Failure::from)?;
    let theirs: HashSet<Uuid> = targets
        .iter()
        .filter(|target| reader.may(Action::CREATE_JOIN_CODE, target))
        .filter_map(Target::staff)
        .collect();
    below.retain(|person| theirs.contains(&person.id));
    let row = |person: entity::staff_member::Model| JoinRow {
        name: full_name(&person),
        url: reader.link(&format!("/team/join/{}", person.id), None),
    };
    let page = JoinListPage {
        page: reader.frame("/team/join", "join"),
        people: below.into_iter().map(row).collect(),
    };
    reader.page(StatusCode::OK, &page)
}

/// Whether somebody may be below the reader to whom they could hand a code.
pub(super) fn is_offered(reader: &Reader<'_>) -> bool {
    let person = reader.caller.person();
    person.is_some_and(|person| person.is_administrator || person.is_above_somebody())
}

/// Makes a code for somebody below the reader, unless there is one that works.
#[handler]
pub(crate) async fn make(reader: Reader<'_>) -> poem::Result<Response> {
    let (person, target) = somebody(&reader).await?;
    reader.permit(Action::CREATE_JOIN_CODE, target)?;
    make_code(&reader, person.id).await.map_err(Failure::from)?;
    Ok(reader.see_other(&format!("/team/join/{}", person.id), None))
}

/// `/team/join/STAFF`: the code that works for somebody, to be shown or printed.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let (person, target) = somebody(&reader).await?;
    reader.permit(Action::CREATE_JOIN_CODE, target)?;
    let link = code_of(&reader, person.id).await.map_err(Failure::from)?;
    let Some(link) = link else {
        return Ok(reader.see_other("/team/join", None));
    };
    let code = sign_in::code(&reader.web.app.secrets, link.id);
    let base_url = &reader.web.app.config.server.base_url;
    let zone = organisations::zone(&reader.organisation);
    let until: NaiveDate = link.expires_at.with_timezone(&zone).date_naive();
    let (_, address) = base_url.split_once("://").unwrap_or(("", base_url));
    let page = JoinPage {
        page: reader.frame(&format!("/team/join/{}", person.id), "join"),
        name: full_name(&person),
        code: grouped(&code),
        address: format!("{address}/join"),
        qr: qr(&format!("{base_url}/join?code={code}")),
        until,
        revoke_url: reader.link(&format!("/team/join/{}/revoke", person.id), None),
    };
    reader.page(StatusCode::OK, &page).map(super::receipt::unseen)
}

/// Takes the code of somebody back.
#[handler]
pub(crate) async fn revoke(reader: Reader<'_>) -> poem::Result<Response> {
    let (person, target) = somebody(&reader).await?;
    reader.permit(Action::CREATE_JOIN_CODE, target)?;
    let app = &reader.web.app;
    let revoke = async {
        let (now, actor) = (app.clock.now(), &reader.caller.actor);
        let tx = app.db.write().await?;
        let account = accounts::for_staff(&tx, reader.organisation.id, person.id, now).await?;
        sign_in::revoke(&tx, reader.organisation.id, &[account.id], actor, now).await?;
        tx.commit().await
    };
    revoke.await.map_err(Failure::from)?;
    Ok(reader.see_other("/team/join", None))
}

async fn somebody(reader: &Reader<'_>) -> poem::Result<(entity::staff_member::Model, Option<Target>)> {
    let (db, own, id) = (reader.web.app.db.read(), reader.organisation.id, reader.id()?);
    let person = staff::get(db, own, id).await.map_err(|_| not_found())?;
    let target = Target::without_address(db, own, &[id], reader.today()).await;
    Ok((person, target.map_err(Failure::from)?.pop()))
}

async fn code_of(reader: &Reader<'_>, staff: Uuid) -> Result<Option<sign_in_link::Model>, sea_orm::DbErr> {
    let (db, now) = (reader.web.app.db.read(), reader.web.app.clock.now());
    let accounts = accounts::accounts_of(db, reader.organisation.id, &[staff]).await?;
    match accounts.get(&staff) {
        Some(account) => sign_in::open_code(db, account, now).await,
        None => Ok(None),
    }
}

async fn make_code(reader: &Reader<'_>, staff: Uuid) -> Result<(), sea_orm::DbErr> {
    let app = &reader.web.app;
    let now = app.clock.now();
    let tx = app.db.write().await?;
    let account = accounts::for_staff(&tx, reader.organisation.id, staff, now).await?;
    if sign_in::open_code(&tx, &account, now).await?.is_none() {
        let new = NewLink {
            kind: Kind::Join,
            language: None,
            path: None,
            actor: &reader.caller.actor,
            now,
        };
        sign_in::make(&tx, &app.secrets, &account, &new).await?;
    }
    tx.commit().await
}

/// "K7QW3 M2XAB"
fn grouped(code: &str) -> String {
    let (first, rest) = code.split_at(code.len().min(5));
    format!("{first} {rest}")
}

/// The picture of an address; none where it is too long for one.
pub(super) fn qr(address: &str) -> Option<Qr> {
    let code = QRBuilder::new(address).ecl(ECL::M).build().ok()?;
    let size = u32::try_from(code.size).ok()?;
    let mut path = String::new();
    for (at, module) in code.data.iter().take(code.size * code.size).enumerate() {
        if module.value() {
            path.push_str(&format!("M{} {}h1v1h-1z", at % code.size, at / code.size));
        }
    }
    Some(Qr {
        size,
        outer: size + 8,
        path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_three_corners() {
        let qr = qr("https://plaudit.example/join?code=K7QW3M2X").unwrap();
        for corner in [(0, 0), (qr.size - 7, 0), (0, qr.size - 7)] {
            assert!(qr.path.contains(&format!("M{} {}h1", corner.0, corner.1)));
        }
        assert_eq!(qr.outer, qr.size + 8);
    }
}
