//! `/me/confirm`: "it is you?" before keys, roles and addresses are changed. Whoever has a second factor gives a code of it;
//! to others a further link is mailed, and whoever opens it has just signed in.
use entity::{account, sign_in_link::Kind};
use poem::{Response, handler, http::StatusCode};

use super::{
    fields::Fields,
    form::refuse_other_types,
    reader::{Reader, not_found},
    second_factor::refused,
    sign_in::{LINK_WORKS, to_parameter, wanted},
};
use crate::{
    access::{
        account as accounts, company,
        second_factor::{self, Checked, FactorError},
        sign_in::{self, NewLink},
    },
    roster::organisation as organisations,
    sign_on::{link, provider},
    template::context::{CodeEntry, CompanyLink, ConfirmPage, SignInSentPage},
    web::problem::Failure,
};

pub(super) const PATH: &str = "/me/confirm";
pub(super) const CODE: &str = "/me/confirm/code";

/// The page, with a button.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    reader.person()?;
    let page = page(&reader).await.map_err(Failure::from)?;
    reader.page(StatusCode::OK, &page)
}

/// Takes a code of the second factor, and leads back.
#[handler]
pub(crate) async fn take_code(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let account = own(&reader).await?;
    let here = reader.session.as_ref().ok_or_else(not_found)?;
    let typed = Fields::read(&body).get("code").text;
    let (app, now) = (&reader.web.app, reader.web.app.clock.now());
    let checking = async {
        let tx = app.db.write().await?;
        let checked = second_factor::check(&tx, &app.secrets, &account, &typed, now).await?;
        if let Checked::Right(_) = checked {
            second_factor::confirm_session(&tx, &account, here, now).await?;
        }
        tx.commit().await?;
        Ok::<_, FactorError>(checked)
    };
    let checked = checking.await.map_err(Failure::from)?;
    let Some((status, entry)) = refused(&reader, &reader.organisation, checked) else {
        let to = wanted(&reader);
        return Ok(reader.see_other(to.as_deref().unwrap_or("/"), None));
    };
    let mut page = page(&reader).await.map_err(Failure::from)?;
    page.code = entry;
    reader.page(status, &page)
}

async fn own(reader: &Reader<'_>) -> poem::Result<account::Model> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let found = accounts::by_id(db, own, reader.person()?.account).await;
    found.map_err(Failure::from)?.ok_or_else(not_found)
}

/// By a code, by a link by mail, at the companies with which they are linked, or both.
async fn page(reader: &Reader<'_>) -> Result<ConfirmPage, sea_orm::DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let account = reader.caller.person().map(|person| person.account);
    let (mut companies, mut by_mail, mut by_code) = (Vec::new(), false, false);
    if let Some(account) = account {
        let found = accounts::by_id(db, own, account).await?;
        if let Some(account) = found {
            by_code = second_factor::is_on(db, &account).await?;
            by_mail = !by_code && company::may_use_mail(db, &account, reader.web.app.clock.now()).await?;
        }
        let set = percent_encoding::NON_ALPHANUMERIC;
        let to = wanted(reader).unwrap_or_else(|| "/".to_owned());
        let to = percent_encoding::utf8_percent_encode(&to, set);
        let linked = link::of_account(db, own, account).await?;
        for one in provider::list(db, own).await? {
            if linked.iter().any(|link| link.provider_id == one.id) {
                let url = reader.link(&format!("/sign-on/{}", one.id), Some(&format!("confirm&to={to}")));
                companies.push(CompanyLink::new(one.name, url));
            }
        }
    }
    Ok(ConfirmPage {
        page: reader.frame("/me/confirm", ""),
        action: by_mail.then(|| to_here(reader, PATH)),
        code_action: by_code.then(|| to_here(reader, CODE)),
        code: CodeEntry::default(),
        companies,
    })
}

/// A path with what leads back.
fn to_here(reader: &Reader<'_>, path: &str) -> String {
    reader.link(path, wanted(reader).as_deref().map(to_parameter).as_deref())
}

/// Mails a link that leads back.
#[handler]
pub(crate) async fn send(reader: Reader<'_>) -> poem::Result<Response> {
    let app = &reader.web.app;
    let account = own(&reader).await?;
    let path = wanted(&reader);
    let new = NewLink {
        kind: Kind::Mail,
        language: Some(reader.language.code()),
        path: path.as_deref(),
        actor: &reader.caller.actor,
        now: app.clock.now(),
    };
    let sending = async {
        let tx = app.db.write().await?;
        sign_in::send(&tx, &app.secrets, &account, &new).await?;
        tx.commit().await
    };
    sending.await.map_err(Failure::from)?;
    let address = accounts::address_of(app.db.read(), &account)
        .await
        .map_err(Failure::from)?;
    let until = (new.now + LINK_WORKS).with_timezone(&organisations::zone(&reader.organisation));
    let page = SignInSentPage {
        page: reader.frame("/me/confirm", ""),
        address: address.unwrap_or_default(),
        until: until.format("%H:%M").to_string(),
        sign_in_url: reader.link("/sign-in", None),
    };
    reader.page(StatusCode::OK, &page)
}
