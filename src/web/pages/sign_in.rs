//! Signing in without a password: an address is typed, a link comes by mail, its page has a button, the button signs
//! in. Opening the link does nothing, since mail scanners open every link.
use chrono::{DateTime, Utc};
use entity::{account, sign_in_link, sign_in_link::Kind};
use poem::{Error, Response, handler, http::StatusCode};
use secrecy::ExposeSecret;
use serde::Deserialize;

use super::{
    Visit,
    fields::Fields,
    form::{again, refuse_other_types},
    reader::{self, Reader},
};
use crate::{
    access::{
        alert, company,
        half_session::{self, Begun},
        person, role,
        session::{self, Device},
        sign_in::{self, NewLink},
    },
    platform::{db::Tx, secret},
    roster::organisation as organisations,
    sign_on::{logout, policy, provider},
    template::context::{
        CompanyLink, Field, FormProblemKind as Problem, Page, SignInConfirmPage, SignInPage, SignInSentPage,
    },
    web::{
        address,
        problem::Failure,
        refused::{Refusals, Refused},
        session as cookie,
    },
};

pub(super) use crate::access::sign_in::LINK_WORKS;

/// Longest address of mail (RFC 5321, 4.5.3.1.3).
const LONGEST_ADDRESS: usize = 254;
/// Longest address of a page to which a sign-in leads back.
const LONGEST_PATH: usize = 300;

#[derive(Default, Deserialize)]
struct Asked {
    to: Option<String>,
    /// Slug of an organisation, where there are several.
    at: Option<String>,
}

/// The form that asks for an address or a code.
#[handler]
pub(crate) async fn ask(visit: Visit<'_>) -> poem::Result<Response> {
    let page = form(&visit).await?;
    visit.page(StatusCode::OK, &page)
}

/// Takes an address. The answer is the same, and takes as long, whether or not the address is known: what follows is
/// done after it.
#[handler]
pub(crate) async fn request(visit: Visit<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(visit.request)?;
    let typed = Fields::read(&body).get("email").text.trim().to_owned();
    let mut page = form(&visit).await?;
    if !is_address(&typed) {
        page.email = wrong(&typed, Problem::Email);
        return visit.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    let place = match visit.web.limits.may_ask_for_link(client(&visit)) {
        Ok(place) => place,
        Err(refused) => {
            page.email = wrong(&typed, Problem::TooMany);
            return again(&visit, &page, refused);
        }
    };
    let app = &visit.web.app;
    let sending = send_links(
        app.clone(),
        visit.web.refusals.clone(),
        typed.clone(),
        visit.language,
        wanted(&visit),
    );
    app.later.spawn(async move {
        sending.await;
        drop(place);
    });
    let zone = organisations::only_zone(visit.web.app.db.read()).await;
    let until = visit.web.app.clock.now() + LINK_WORKS;
    let page = SignInSentPage {
        page: frame(&visit, "/sign-in"),
        address: typed,
        until: until.with_timezone(&zone).format("%H:%M").to_string(),
        sign_in_url: visit.link("/sign-in", None),
    };
    visit.page(StatusCode::OK, &page)
}

async fn send_links(
    app: crate::app::App,
    refusals: Refusals,
    address: String,
    language: crate::template::Language,
    path: Option<String>,
) {
    let new = NewLink {
        kind: Kind::Mail,
        language: Some(language.code()),
        path: path.as_deref(),
        actor: "visitor",
        now: app.clock.now(),
    };
    let sent = async {
        // There is one connection that writes: whoever only guesses addresses must not take it from others.
        if !sign_in::is_anybodys(app.db.read(), &address).await? {
            return Ok(false);
        }
        let tx = app.db.write().await?;
        let is_known = sign_in::request(&tx, &app.secrets, &address, &new).await?;
        tx.commit().await?;
        Ok::<_, sea_orm::DbErr>(is_known)
    };
    match sent.await {
        Ok(true) => {}
        Ok(false) => refusals.note(&app, Refused::SignIn, None, "visitor"),
        Err(error) => tracing::error!(%error, "a link to sign in could not be made"),
    }
}

/// The page of a link: a button.
#[handler]
pub(crate) async fn confirm(visit: Visit<'_>) -> poem::Result<Response> {
    let (link, account) = usable(&visit).await?;
    let path = visit.request.uri().path();
    confirm_page(&visit, &link, &account, path).await
}

/// The button of a link or code, which posts to `action`.
pub(super) async fn confirm_page(
    visit: &Visit<'_>,
    link: &sign_in_link::Model,
    account: &account::Model,
    action: &str,
) -> poem::Result<Response> {
    let db = visit.web.app.db.read();
    let organisation = organisations::by_id(db, link.organisation_id)
        .await
        .map_err(Failure::from)?
        .ok_or_else(gone)?;
    let staff = person::on_roster(db, account).await.map_err(Failure::from)?;
    let name = match &staff {
        Some(one) => one
            .preferred_name
            .clone()
            .unwrap_or_else(|| one.given_name.clone()),
        None => person::name(account, None),
    };
    let page = SignInConfirmPage {
        page: visit.frame(&organisation, visit.request.uri().path()),
        name,
        action: action.to_owned(),
        sign_in_url: visit.link("/sign-in", None),
        days: session::USUAL.idle.num_days().unsigned_abs(),
        with_role: role::holds_any(db, account).await.map_err(Failure::from)?,
    };
    visit.page(StatusCode::OK, &page).map(super::receipt::unseen)
}

/// The button: uses the link up and signs in.
#[handler]
pub(crate) async fn enter(visit: Visit<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(visit.request)?;
    let (link, account) = usable(&visit).await?;
    let is_shared = Fields::read(&body).get("shared").text == "yes";
    begin_session(&visit, &link, &account, is_shared).await
}

/// Uses a link or code up and begins a session; 410 where somebody was quicker.
pub(super) async fn begin_session(
    visit: &Visit<'_>,
    link: &sign_in_link::Model,
    account: &account::Model,
    is_shared: bool,
) -> poem::Result<Response> {
    let before = reader::signed_in(visit.web, visit.request).await?;
    let (mark, device) = device_of(visit, is_shared);
    let begun = exchange(visit, link, account, &device, before.map(|before| before.session));
    let mut answer = match begun.await.map_err(Failure::from)?.ok_or_else(gone)? {
        Begun::Whole(session, token) => {
            let mut answer = visit.see_other(link.path.as_deref().unwrap_or("/"), None);
            cookie::keep(visit.web, &mut answer, &token, &session);
            answer
        }
        Begun::Half(_, token) => {
            let to = link.path.as_deref().map(to_parameter);
            let mut answer = visit.see_other(super::sign_in_code::PATH, to.as_deref());
            cookie::keep_half(visit.web, &mut answer, &token);
            answer
        }
    };
    if !is_shared {
        cookie::remember_device(visit.web, &mut answer, &mark);
    }
    Ok(answer)
}

/// The browser, and what it is known by.
pub(super) fn device_of(visit: &Visit<'_>, is_shared: bool) -> (String, Device) {
    let mark = match cookie::device(visit.web, visit.request) {
        Some(mark) => mark.to_owned(),
        None => session::new_token().expose_secret().to_owned(),
    };
    let device = Device {
        name: super::device::name(visit.request),
        is_shared,
        hash: (!is_shared).then(|| secret::hash(&mark)),
    };
    (mark, device)
}

/// A link for a session; the one that the browser had `before` ends. Whoever holds a role is told of a new browser.
async fn exchange(
    visit: &Visit<'_>,
    link: &sign_in_link::Model,
    account: &account::Model,
    device: &Device,
    before: Option<entity::session::Model>,
) -> Result<Option<Begun>, sea_orm::DbErr> {
    let now = visit.web.app.clock.now();
    let tx = visit.web.app.db.write().await?;
    if !company::lets_in(&tx, link, account, now).await? {
        return Ok(None);
    }
    if !sign_in::take(&tx, link.id, now).await? {
        return Ok(None);
    }
    let is_past_company =
        link.kind != Kind::Join && company::is_only_way(&tx, account.organisation_id).await?;
    if let Some(old) = before {
        let actor = session::actor(old.account_id);
        session::end(&tx, old.organisation_id, old.account_id, old.id, &actor, now).await?;
    }
    let is_known = session::knows_device(&tx, account, device).await?;
    let begun = half_session::begin(&tx, account, device, is_past_company, now).await?;
    if let Begun::Whole(session, _) = &begun {
        tell(&tx, account, session, (is_known, is_past_company), now).await?;
    }
    tx.commit().await?;
    Ok(Some(begun))
}

/// Tells whoever must know that somebody signed in.
pub(super) async fn tell(
    tx: &Tx,
    account: &account::Model,
    session: &entity::session::Model,
    (is_known, is_past_company): (bool, bool),
    now: DateTime<Utc>,
) -> Result<(), sea_orm::DbErr> {
    if is_past_company {
        alert::emergency(tx, account, &session.device, now).await?;
    }
    if session.with_role && !is_known {
        alert::new_device(tx, account, &session.device, now).await?;
    }
    Ok(())
}

/// A path as the parameter that leads back to it.
pub(super) fn to_parameter(path: &str) -> String {
    let set = percent_encoding::NON_ALPHANUMERIC;
    format!("to={}", percent_encoding::utf8_percent_encode(path, set))
}

/// Ends this session. Whoever came through the company is shown where to sign out there too.
#[handler]
pub(crate) async fn leave(reader: Reader<'_>) -> poem::Result<Response> {
    let Some(this) = &reader.session else {
        return Ok(signed_out(&reader));
    };
    let app = &reader.web.app;
    let end = async {
        let tx = app.db.write().await?;
        session::end(
            &tx,
            this.organisation_id,
            this.account_id,
            this.id,
            &reader.caller.actor,
            app.clock.now(),
        )
        .await?;
        tx.commit().await
    };
    end.await.map_err(Failure::from)?;
    // Whoever wants to be signed out is, however long the company takes to answer.
    let there = logout::at_provider(&app.sign_on(), this).await.ok().flatten();
    let Some(there) = there else {
        return Ok(signed_out(&reader));
    };
    let mut page = form(&reader).await?;
    page.signed_out = Some(CompanyLink::new(there.name, there.address));
    let mut answer = reader.page(StatusCode::OK, &page)?;
    cookie::forget(reader.web, &mut answer);
    Ok(answer)
}

/// The sign-in page, without the cookie.
pub(super) fn signed_out(reader: &Reader<'_>) -> Response {
    let mut answer = reader.see_other("/sign-in", None);
    cookie::forget(reader.web, &mut answer);
    answer
}

async fn usable(visit: &Visit<'_>) -> poem::Result<(sign_in_link::Model, account::Model)> {
    let app = &visit.web.app;
    let hash = secret::hash(visit.part("token"));
    let found = sign_in::find(app.db.read(), hash, app.clock.now())
        .await
        .map_err(Failure::from)?;
    if found.is_none() {
        visit.web.refusals.note(app, Refused::SignIn, None, "visitor");
    }
    found.ok_or_else(gone)
}

/// The frame of pages before the sign-in, where no organisation is known.
pub(super) fn frame(visit: &Visit<'_>, path: &str) -> Page {
    let mut page = Page::guest("Plaudit", visit.language, "/brand/plaudit.css");
    page.languages = visit.languages(visit.language, path);
    page
}

/// The form, empty.
pub(super) async fn form(visit: &Visit<'_>) -> poem::Result<SignInPage> {
    let set = percent_encoding::NON_ALPHANUMERIC;
    let to = wanted(visit).map(|path| format!("to={}", percent_encoding::utf8_percent_encode(&path, set)));
    let (companies, is_only) = companies(visit, to.as_deref()).await.map_err(Failure::from)?;
    Ok(SignInPage {
        page: frame(visit, "/sign-in"),
        action: visit.link("/sign-in", to.as_deref()),
        code_action: visit.link("/join", None),
        companies,
        company_only: is_only,
        trouble: None,
        signed_out: None,
        email: Field::default(),
        code: Field::default(),
        minutes: LINK_WORKS.num_minutes().unsigned_abs(),
    })
}

/// Where people sign in through their company, and whether that is the only way. Where there are several organisations, the
/// address has to say which (`?at=SLUG`): a stranger is told of none.
async fn companies(visit: &Visit<'_>, to: Option<&str>) -> Result<(Vec<CompanyLink>, bool), sea_orm::DbErr> {
    let asked: Asked = visit.request.params().unwrap_or_default();
    let db = visit.web.app.db.read();
    let organisation = match organisations::named_or_only(db, asked.at.as_deref()).await {
        Ok(organisation) => organisation,
        Err(crate::roster::RosterError::Database(error)) => return Err(error),
        Err(_) => return Ok((Vec::new(), false)),
    };
    let shared = to.map_or_else(|| "shared".to_owned(), |to| format!("shared&{to}"));
    let link = |one: entity::sign_on_provider::Model| {
        let path = format!("/sign-on/{}", one.id);
        CompanyLink {
            url: visit.link(&path, to),
            shared_url: Some(visit.link(&path, Some(&shared))),
            name: one.name,
        }
    };
    let all = provider::list(db, organisation.id).await?;
    let is_only = policy::of(db, organisation.id).await?.is_some();
    Ok((all.into_iter().map(link).collect(), is_only))
}

pub(super) fn wrong(typed: &str, problem: Problem) -> Field {
    Field {
        value: typed.chars().take(LONGEST_ADDRESS).collect(),
        problem: Some(problem),
    }
}

/// The page that was asked for: a path of ours, never another site's.
pub(super) fn wanted(visit: &Visit<'_>) -> Option<String> {
    let asked: Asked = visit.request.params().unwrap_or_default();
    asked.to.filter(|path| is_path(path))
}

fn is_path(path: &str) -> bool {
    let is_printable = |c: char| c.is_ascii_graphic() && c != '\\';
    path.starts_with('/')
        && !path.starts_with("//")
        && path.len() <= LONGEST_PATH
        && path.chars().all(is_printable)
}

fn is_address(typed: &str) -> bool {
    typed.len() <= LONGEST_ADDRESS && typed.parse::<lettre::Address>().is_ok()
}

pub(super) fn client(visit: &Visit<'_>) -> std::net::IpAddr {
    address::of(visit.request, &visit.web.app.config.server.trusted_proxies)
}

pub(super) fn gone() -> Error {
    Error::from_status(StatusCode::GONE)
}

/// `/` of somebody who is signed in: their first page.
#[handler]
pub(crate) async fn start(visit: Visit<'_>) -> poem::Result<Response> {
    if let Some(front) = visit.web.front.clone() {
        let is_signed_in = reader::signed_in(visit.web, visit.request).await?.is_some();
        if !is_signed_in {
            return visit.page(StatusCode::OK, front.as_ref());
        }
    }
    let known = reader::recognise(&visit).await?;
    let reader = Reader::of(visit, known);
    let first = match super::admin::first_steps::begins(&reader).await? {
        true => "/first-steps",
        false => super::nav::first(&reader),
    };
    Ok(reader.see_other(first, None))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_in_leads_back_to_paths_of_ours_only() {
        for ours in ["/", "/feed", "/board?period=week&site=1"] {
            assert!(is_path(ours), "{ours}");
        }
        for other in [
            "",
            "feed",
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "/a b",
            "/a\r\nb",
        ] {
            assert!(!is_path(other), "{other:?}");
        }
    }

    #[test]
    fn what_is_no_address_is_not_looked_up() {
        assert!(is_address("a.yusuf@example.org") && !is_address("a.yusuf@") && !is_address("x"));
    }
}
