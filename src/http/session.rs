//! The cookie of a session. `__Host-` binds it to this host and to https, so it bears that prefix exactly where the
//! service is reached by https.
use poem::{
    Request, Response,
    http::{HeaderValue, header},
};
use sea_orm::DbErr;
use secrecy::{ExposeSecret, SecretString};

use super::Web;
use crate::{
    access::{Caller, Identity, Person, session},
    roster::organisation as organisations,
};

/// The cookie's name over https.
pub const SECURE: &str = "__Host-plaudit";
/// The same over http, which is for this machine only.
pub const PLAIN: &str = "plaudit";

/// Somebody who is signed in, and by which session.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub caller: Caller,
    pub session: entity::session::Model,
    pub organisation: entity::organisation::Model,
}

fn is_secure(web: &Web) -> bool {
    web.app.config.server.base_url.starts_with("https://")
}

/// The token that a request carries.
pub(crate) fn token<'a>(web: &Web, request: &'a Request) -> Option<&'a str> {
    let name = if is_secure(web) { SECURE } else { PLAIN };
    let cookies = request.headers().get_all(header::COOKIE).iter();
    cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(known, value)| (known == name).then_some(value))
}

/// Who is signed in by a token.
pub(crate) async fn authenticate(web: &Web, token: &str) -> Result<Option<SignedIn>, DbErr> {
    let now = web.app.clock.now();
    let Some((session, account)) = session::find(&web.app.db, token, now).await? else {
        return Ok(None);
    };
    let db = web.app.db.read();
    let Ok(Some(organisation)) = organisations::by_id(db, account.organisation_id).await else {
        return Ok(None);
    };
    let today = organisations::day_in(&organisation, now);
    let Some(person) = Person::load(db, &organisation, &account, today).await? else {
        return Ok(None);
    };
    let caller = Caller {
        organisation: organisation.id,
        actor: session::actor(account.id),
        identity: Identity::Person(Box::new(person)),
    };
    Ok(Some(SignedIn {
        caller,
        session,
        organisation,
    }))
}

/// Puts the token into the browser; on a shared device it is gone when the browser is closed.
pub(crate) fn keep(web: &Web, answer: &mut Response, token: &SecretString, is_shared: bool) {
    let age = (!is_shared).then(|| session::LONGEST.num_seconds());
    set(web, answer, token.expose_secret(), age);
}

/// Takes it out again.
pub(crate) fn forget(web: &Web, answer: &mut Response) {
    set(web, answer, "", Some(0));
}

fn set(web: &Web, answer: &mut Response, value: &str, age: Option<i64>) {
    let (name, secure) = if is_secure(web) {
        (SECURE, "; Secure")
    } else {
        (PLAIN, "")
    };
    let age = age.map(|age| format!("; Max-Age={age}")).unwrap_or_default();
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
