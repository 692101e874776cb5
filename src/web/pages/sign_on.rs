//! To a provider and back: signing in through the company.
use entity::sign_on_provider;
use poem::{
    Response, handler,
    http::{HeaderValue, StatusCode, header},
};
use serde::Deserialize;
use uuid::Uuid;

use super::{
    Visit,
    fields::Fields,
    form::refuse_other_types,
    reader::{self, not_found},
    sign_in::{self, client, device_of},
};
use crate::{
    access::{person, sign_in as links},
    platform::secret,
    roster::organisation as organisations,
    sign_on::{
        Trouble,
        attempt::{Attempt, Purpose, Wanted},
        begin::{self as way, Begun},
        logout, provider,
        session::{self as entering, Returned},
    },
    template::context::{CompanyLink, SignOnLinkPage},
    web::{origin, problem::Failure, refused::Refused, session as cookie},
};

/// Longest code that is passed on.
const LONGEST_CODE: usize = 4096;

/// Sends the browser to a provider.
#[handler]
pub(crate) async fn begin(visit: Visit<'_>) -> poem::Result<Response> {
    let provider = named(&visit).await?;
    let purpose = match visit.has("confirm") {
        true => Purpose::Confirm,
        false => Purpose::SignIn,
    };
    let begun = match begun(&visit, &provider, purpose).await? {
        Ok(begun) => begun,
        Err(answer) => return Ok(answer),
    };
    let mut answer = elsewhere(&begun.address);
    cookie::keep_attempt(visit.web, &mut answer, &begun.cookie);
    Ok(answer)
}

/// Sends whoever links an account to a provider, from a page of ours only: no other site, and no address in a mail, has
/// somebody linked with an account that is not theirs. Forms may lead to nobody but us, so that the page leads on.
#[handler]
pub(crate) async fn begin_link(visit: Visit<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(visit.request)?;
    if origin::of(visit.request) != origin::From::Here {
        return Err(forbidden());
    }
    let provider = named(&visit).await?;
    let purpose = linked(&visit, &provider, &Fields::read(&body).get("handed").text).await?;
    let begun = match begun(&visit, &provider, purpose).await? {
        Ok(begun) => begun,
        Err(answer) => return Ok(answer),
    };
    let organisation = organisations::by_id(visit.web.app.db.read(), provider.organisation_id).await;
    let organisation = organisation.map_err(Failure::from)?.ok_or_else(not_found)?;
    let mut page = SignOnLinkPage {
        page: visit.frame(&organisation, visit.request.uri().path()),
        name: String::new(),
        handed: String::new(),
        companies: Vec::new(),
        there: Some(CompanyLink::new(provider.name, begun.address.clone())),
    };
    page.page.languages.clear();
    let mut answer = visit.page(StatusCode::OK, &page).map(super::receipt::unseen)?;
    if let Ok(on) = HeaderValue::from_str(&format!("0; url={}", begun.address)) {
        answer.headers_mut().insert(header::REFRESH, on);
    }
    cookie::keep_attempt(visit.web, &mut answer, &begun.cookie);
    Ok(answer)
}

/// An attempt, or the page that says why there is none.
async fn begun(
    visit: &Visit<'_>,
    provider: &sign_on_provider::Model,
    purpose: Purpose,
) -> poem::Result<Result<Begun, Response>> {
    let Ok(_place) = visit.web.limits.may_ask_for_link(client(visit)) else {
        return said(visit, StatusCode::TOO_MANY_REQUESTS, "sign_on.trouble.too_many")
            .await
            .map(Err);
    };
    let wanted = Wanted {
        purpose,
        path: sign_in::wanted(visit),
        is_shared: visit.has("shared"),
    };
    match way::begin(&visit.web.app.sign_on(), provider, wanted).await {
        Ok(begun) => Ok(Ok(begun)),
        Err(trouble) => failed(visit, provider, trouble).await.map(Err),
    }
}

/// Whose account is linked: that of the link that was handed over, or of whoever has just proved who they are.
async fn linked(
    visit: &Visit<'_>,
    provider: &sign_on_provider::Model,
    handed: &str,
) -> poem::Result<Purpose> {
    if !handed.is_empty() {
        let app = &visit.web.app;
        let found = links::find_to_link(app.db.read(), secret::hash(handed), app.clock.now()).await;
        let found = found.map_err(Failure::from)?;
        let link = found.filter(|(link, _)| link.organisation_id == provider.organisation_id);
        return link
            .map(|(link, _)| Purpose::LinkBy(link.id))
            .ok_or_else(sign_in::gone);
    }
    let signed_in = reader::signed_in(visit.web, visit.request).await?;
    let person = signed_in
        .as_ref()
        .filter(|own| own.organisation.id == provider.organisation_id)
        .and_then(|own| own.caller.person());
    let fresh = person.filter(|person| person.is_fresh);
    fresh
        .map(|person| Purpose::Link(person.account))
        .ok_or_else(forbidden)
}

fn forbidden() -> poem::Error {
    poem::Error::from_status(StatusCode::FORBIDDEN)
}

/// What a provider sends back.
#[derive(Default, Deserialize)]
struct Back {
    #[serde(default)]
    state: String,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// A link by which somebody links their account: where they prove who they are at the company.
#[handler]
pub(crate) async fn open(visit: Visit<'_>) -> poem::Result<Response> {
    let (app, token) = (&visit.web.app, visit.part("token"));
    let db = app.db.read();
    let found = links::find_to_link(db, secret::hash(token), app.clock.now()).await;
    let Some((link, account)) = found.map_err(Failure::from)? else {
        return Err(sign_in::gone());
    };
    let organisation = organisations::by_id(db, link.organisation_id).await;
    let organisation = organisation.map_err(Failure::from)?.ok_or_else(sign_in::gone)?;
    let staff = person::on_roster(db, &account).await.map_err(Failure::from)?;
    let all = provider::list(db, organisation.id).await.map_err(Failure::from)?;
    let company = |one: sign_on_provider::Model| {
        let url = visit.link(&format!("/sign-on/{}", one.id), None);
        CompanyLink::new(one.name, url)
    };
    let page = SignOnLinkPage {
        page: visit.frame(&organisation, visit.request.uri().path()),
        name: person::name(&account, staff.as_ref()),
        handed: token.to_owned(),
        companies: all.into_iter().map(company).collect(),
        there: None,
    };
    visit.page(StatusCode::OK, &page).map(super::receipt::unseen)
}

/// Comes back from a provider, with a code or with what went wrong there.
#[handler]
pub(crate) async fn finish(visit: Visit<'_>) -> poem::Result<Response> {
    let provider = named(&visit).await?;
    match entered(&visit, &provider).await {
        Ok(answer) => Ok(answer),
        Err(trouble) => failed(&visit, &provider, trouble).await,
    }
}

async fn entered(visit: &Visit<'_>, provider: &sign_on_provider::Model) -> Result<Response, Trouble> {
    let (web, back) = (visit.web, visit.request.params::<Back>().unwrap_or_default());
    let kept = cookie::attempt(web, visit.request);
    let now = web.app.clock.now();
    let attempt = Attempt::opened(&web.app.secrets, kept, provider.id, &back.state, now)?;
    let code = code_of(back, provider)?;
    let before = reader::signed_in(web, visit.request).await.ok().flatten();
    let before = before.map(|before| before.session);
    let is_shared = attempt.is_shared || before.as_ref().is_some_and(|before| before.is_shared);
    let (mark, device) = device_of(visit, is_shared);
    let returned = Returned {
        provider,
        attempt: &attempt,
        code,
        device: &device,
        before: before.as_ref(),
    };
    let (session, token) = entering::enter(&web.app.sign_on(), &returned).await?;
    let mut answer = visit.see_other(attempt.path.as_deref().unwrap_or("/"), None);
    cookie::keep(web, &mut answer, &token, &session);
    if !is_shared {
        cookie::remember_device(web, &mut answer, &mark);
    }
    cookie::forget_attempt(web, &mut answer);
    Ok(answer)
}

fn code_of(back: Back, provider: &sign_on_provider::Model) -> Result<String, Trouble> {
    // RFC 9207: an answer of another provider is no answer.
    if back.iss.is_some_and(|iss| iss != provider.issuer) {
        return Err(Trouble::Unbelievable("another issuer answered".to_owned()));
    }
    match back.error.as_deref() {
        None => {}
        Some(
            "access_denied"
            | "login_required"
            | "interaction_required"
            | "consent_required"
            | "account_selection_required",
        ) => return Err(Trouble::Cancelled),
        Some("server_error" | "temporarily_unavailable") => {
            return Err(Trouble::Away("it says that something is wrong there".to_owned()));
        }
        Some(_) => {
            return Err(Trouble::Settings(
                "sign_on.tested.wrong",
                "it refuses how we ask".to_owned(),
            ));
        }
    }
    let code = back
        .code
        .filter(|code| !code.is_empty() && code.len() <= LONGEST_CODE);
    code.ok_or(Trouble::Stale)
}

/// A provider says that somebody signed out there.
#[handler]
pub(crate) async fn sign_out(visit: Visit<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(visit.request)?;
    let provider = named(&visit).await?;
    let token = Fields::read(&body).get("logout_token").text;
    let app = visit.web.app.sign_on();
    let answer = Response::builder().header(header::CACHE_CONTROL, "no-store");
    match logout::from_provider(&app, &provider, &token).await {
        Ok(_) => Ok(answer.status(StatusCode::OK).finish()),
        Err(Trouble::Database(error)) => Err(Failure::from(error).into()),
        Err(trouble) => {
            tracing::warn!(provider = %provider.id, why = %trouble, "a sign-out of a provider was refused");
            let said = serde_json::json!({ "error": "invalid_request" }).to_string();
            Ok(answer
                .status(StatusCode::BAD_REQUEST)
                .content_type("application/json")
                .body(said))
        }
    }
}

async fn named(visit: &Visit<'_>) -> poem::Result<sign_on_provider::Model> {
    let id = Uuid::try_parse(visit.part("id")).map_err(|_| not_found())?;
    let found = provider::open(visit.web.app.db.read(), id).await;
    found.map_err(Failure::from)?.ok_or_else(not_found)
}

/// The sign-in page with what went wrong, in words that tell nobody who works here. Why it was, the log says.
async fn failed(
    visit: &Visit<'_>,
    provider: &sign_on_provider::Model,
    trouble: Trouble,
) -> poem::Result<Response> {
    let status = match &trouble {
        Trouble::Cancelled => StatusCode::OK,
        Trouble::Stale => StatusCode::BAD_REQUEST,
        Trouble::Stranger(_) | Trouble::Unbelievable(_) => StatusCode::FORBIDDEN,
        Trouble::Away(_) | Trouble::Settings(..) | Trouble::Seal(_) => StatusCode::BAD_GATEWAY,
        Trouble::Database(_) => StatusCode::SERVICE_UNAVAILABLE,
    };
    tracing::warn!(provider = %provider.id, why = %trouble, "nobody was signed in through the company");
    if matches!(trouble, Trouble::Stranger(_) | Trouble::Unbelievable(_)) {
        let own = Some(provider.organisation_id);
        visit
            .web
            .refusals
            .note(&visit.web.app, Refused::SignIn, own, "visitor");
    }
    said(visit, status, trouble.says()).await
}

async fn said(visit: &Visit<'_>, status: StatusCode, says: &'static str) -> poem::Result<Response> {
    let mut page = sign_in::form(visit).await?;
    page.trouble = Some(says);
    let mut answer = visit.page(status, &page)?;
    cookie::forget_attempt(visit.web, &mut answer);
    Ok(answer)
}

fn elsewhere(address: &str) -> Response {
    Response::builder()
        .status(StatusCode::SEE_OTHER)
        .header(header::LOCATION, address)
        .header(header::CACHE_CONTROL, "no-store")
        .finish()
}
