//! `/me/confirm`: "it is you?" before keys, roles and addresses are changed. A further link is mailed; whoever opens it has
//! just signed in.
use entity::sign_in_link::Kind;
use poem::{Response, handler, http::StatusCode};

use super::{
    reader::{Reader, not_found},
    sign_in::{LINK_WORKS, wanted},
};
use crate::{
    access::{
        account as accounts, company,
        sign_in::{self, NewLink},
    },
    roster::organisation as organisations,
    sign_on::{link, provider},
    template::context::{CompanyLink, ConfirmPage, SignInSentPage},
    web::problem::Failure,
};

/// The page, with a button.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    reader.person()?;
    let page = page(&reader).await.map_err(Failure::from)?;
    reader.page(StatusCode::OK, &page)
}

/// By a link by mail, at the companies with which they are linked, or both.
async fn page(reader: &Reader<'_>) -> Result<ConfirmPage, sea_orm::DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let account = reader.caller.person().map(|person| person.account);
    let (mut companies, mut by_mail) = (Vec::new(), false);
    if let Some(account) = account {
        let found = accounts::by_id(db, own, account).await?;
        if let Some(account) = found {
            by_mail = company::may_use_mail(db, &account, reader.web.app.clock.now()).await?;
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
        action: by_mail.then(|| reader.request.uri().to_string()),
        companies,
    })
}

/// Mails a link that leads back.
#[handler]
pub(crate) async fn send(reader: Reader<'_>) -> poem::Result<Response> {
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let found = accounts::by_id(app.db.read(), own, reader.person()?.account).await;
    let account = found.map_err(Failure::from)?.ok_or_else(not_found)?;
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
