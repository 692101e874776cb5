//! The cookie of a session. `__Host-` binds it to this host and to https, so it bears that prefix exactly where the
//! service is reached by https.
use chrono::TimeDelta;
use poem::{
    Request, Response,
    http::{HeaderValue, header},
};
use sea_orm::DbErr;
use secrecy::{ExposeSecret, SecretString};

use super::Web;
use crate::{
    access::{Caller, Identity, Person, half_session, second_factor, session},
    roster::organisation as organisations,
    sign_on::attempt,
};

/// The cookie's name over https.
pub const SECURE: &str = "__Host-plaudit";
/// The same over http, which is for this machine only.
pub const PLAIN: &str = "plaudit";

const SECURE_DEVICE: &str = "__Host-plaudit-device";
const PLAIN_DEVICE: &str = "plaudit-device";
/// A browser that is not used for so long counts as new.
const DEVICE_KNOWN: TimeDelta = TimeDelta::days(365);

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
    cookie(request, if is_secure(web) { SECURE } else { PLAIN })
}

/// What the browser is known by.
pub(crate) fn device<'a>(web: &Web, request: &'a Request) -> Option<&'a str> {
    cookie(
        request,
        if is_secure(web) {
            SECURE_DEVICE
        } else {
            PLAIN_DEVICE
        },
    )
}

fn cookie<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
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
    let Some(mut person) = Person::load(db, &organisation, &account, today).await? else {
        return Ok(None);
    };
    person.is_fresh = now - session.proved_at.unwrap_or(session.created_at) <= session::FRESH;
    if second_factor::is_lacking(db, &session, &account).await? {
        person.wait_for_factor();
    }
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

/// Who has opened a link and is to give a code. This is asked by the page of the code, and by what leads there.
pub(crate) async fn half(
    web: &Web,
    request: &Request,
) -> Result<Option<(entity::half_session::Model, entity::account::Model)>, DbErr> {
    match token(web, request) {
        Some(token) => half_session::find(web.app.db.read(), token, web.app.clock.now()).await,
        None => Ok(None),
    }
}

/// Puts the token of half a session into the browser; the session gets another one.
pub(crate) fn keep_half(web: &Web, answer: &mut Response, token: &SecretString) {
    let name = if is_secure(web) { SECURE } else { PLAIN };
    let age = half_session::WORKS.num_seconds();
    set(web, answer, (name, token.expose_secret()), Some(age));
}

/// Puts the token of a session into the browser; on a shared device it is gone when the browser is closed.
pub(crate) fn keep(web: &Web, answer: &mut Response, token: &SecretString, session: &entity::session::Model) {
    let age = (session.expires_at - session.created_at).num_seconds();
    let age = (!session.is_shared).then_some(age);
    let name = if is_secure(web) { SECURE } else { PLAIN };
    set(web, answer, (name, token.expose_secret()), age);
}

/// Has the browser known again, whoever signs in.
pub(crate) fn remember_device(web: &Web, answer: &mut Response, token: &str) {
    let name = if is_secure(web) {
        SECURE_DEVICE
    } else {
        PLAIN_DEVICE
    };
    set(web, answer, (name, token), Some(DEVICE_KNOWN.num_seconds()));
}

/// Takes the token of a session out again.
pub(crate) fn forget(web: &Web, answer: &mut Response) {
    let name = if is_secure(web) { SECURE } else { PLAIN };
    set(web, answer, (name, ""), Some(0));
}

const SECURE_ATTEMPT: &str = "__Host-plaudit-sign-on";
const PLAIN_ATTEMPT: &str = "plaudit-sign-on";

fn attempt_name(web: &Web) -> &'static str {
    if is_secure(web) {
        SECURE_ATTEMPT
    } else {
        PLAIN_ATTEMPT
    }
}

/// The attempt to sign in at a provider that was begun in this browser.
pub(crate) fn attempt<'a>(web: &Web, request: &'a Request) -> Option<&'a str> {
    cookie(request, attempt_name(web))
}

/// Has the browser keep an attempt for as long as it works.
pub(crate) fn keep_attempt(web: &Web, answer: &mut Response, sealed: &str) {
    let age = attempt::WORKS.num_seconds();
    set(web, answer, (attempt_name(web), sealed), Some(age));
}

/// Takes the attempt out again.
pub(crate) fn forget_attempt(web: &Web, answer: &mut Response) {
    set(web, answer, (attempt_name(web), ""), Some(0));
}

fn set(web: &Web, answer: &mut Response, (name, value): (&str, &str), age: Option<i64>) {
    let secure = if is_secure(web) { "; Secure" } else { "" };
    let age = age.map(|age| format!("; Max-Age={age}")).unwrap_or_default();
    let cookie = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax{secure}{age}");
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().append(header::SET_COOKIE, cookie);
    }
}
