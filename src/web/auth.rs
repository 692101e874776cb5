//! Who calls the API: the key in the `Authorization` header, or the session of somebody who is signed in.
use poem::{
    Request, RequestBody,
    http::{Method, StatusCode, header},
    web::headers::{Authorization, HeaderMapExt, authorization::Bearer as BearerToken},
};
use poem_openapi::{
    ApiExtractor, ApiExtractorType, ExtractParamOptions, SecurityScheme,
    auth::{ApiKey, Bearer},
    registry::Registry,
};

use uuid::Uuid;

use super::{Web, address, body, origin, problem::Failure, refused::Refused, session};
use crate::{
    access::{Action, Caller, Denied, Person, Target, permit},
    attribute::names::answer,
    ledger::scope::Scope,
};

/// Who calls: by a key, or by the cookie of a session where there is no key.
#[derive(Debug)]
pub struct Auth(Caller, Web);

/// A key: `Authorization: Bearer plaudit_…`.
#[derive(Debug, SecurityScheme)]
#[oai(ty = "bearer", rename = "Key", checker = "check_key")]
pub struct KeyAuth(Caller);

/// The session of somebody who is signed in, as browsers send it; over http, on this machine, its name is `plaudit`.
#[derive(Debug, SecurityScheme)]
#[oai(
    ty = "api_key",
    key_in = "cookie",
    key_name = "__Host-plaudit",
    rename = "Session"
)]
pub struct SessionAuth(
    /// The cookie.
    pub ApiKey,
);

impl<'a> ApiExtractor<'a> for Auth {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        KeyAuth::register(registry);
        SessionAuth::register(registry);
    }

    fn security_schemes() -> Vec<&'static str> {
        [KeyAuth::security_schemes(), SessionAuth::security_schemes()].concat()
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        options: ExtractParamOptions<()>,
    ) -> poem::Result<Auth> {
        if let Some(Identified(caller)) = request.data() {
            return Ok(Auth(caller.clone(), web(request)?.clone()));
        }
        if !request.headers().contains_key(header::AUTHORIZATION) {
            let caller = check_session(request).await?;
            return Ok(Auth(caller, web(request)?.clone()));
        }
        let KeyAuth(caller) = KeyAuth::from_request(request, body, options).await?;
        Ok(Auth(caller, web(request)?.clone()))
    }
}

/// Who calls, found from the headers alone.
#[derive(Clone)]
struct Identified(Caller);

/// Finds who calls before the body is read; the operation is handed the same.
pub(super) async fn identify(request: &mut Request) -> poem::Result<()> {
    let caller = if request.headers().contains_key(header::AUTHORIZATION) {
        let given = request.headers().typed_get::<Authorization<BearerToken>>();
        let given = given.ok_or_else(|| poem::Error::from_status(StatusCode::UNAUTHORIZED))?;
        let token = given.token().to_owned();
        check_key(request, Bearer { token }).await?
    } else {
        check_session(request).await?
    };
    request.set_data(Identified(caller));
    Ok(())
}

impl Auth {
    /// The caller, if they may do this to the organisation as a whole.
    pub fn permit(self, action: Action) -> Result<Caller, Failure> {
        self.permit_on(action, &Target::Organisation)
    }

    /// The caller, if they may do this to their own account; a key has none.
    pub fn permit_oneself(self, action: Action) -> Result<Caller, Failure> {
        match self.0.person().map(|person| person.account) {
            Some(account) => self.permit_on(action, &Target::Account(account)),
            None => self.permit(action),
        }
    }

    /// Who is signed in, if it is a person.
    pub(super) fn person(&self) -> Option<&Person> {
        self.0.person()
    }

    /// The caller's organisation.
    pub(super) fn organisation(&self) -> Uuid {
        self.0.organisation
    }

    /// The caller, if they may do this to the target.
    pub fn permit_on(self, action: Action, target: &Target) -> Result<Caller, Failure> {
        let Auth(caller, web) = self;
        match permit::permit(&caller, action, target) {
            Ok(()) => Ok(caller),
            Err(denied) => {
                if denied != Denied::NeedsFreshSignIn {
                    let own = Some(caller.organisation);
                    web.refusals
                        .note(&web.app, Refused::Permission, own, &caller.actor);
                }
                Err(denied.into())
            }
        }
    }

    /// The caller, if they may do this to a person, team or site, or to the organisation; unknown ids are not found.
    pub async fn permit_within(self, web: &Web, action: Action, scope: Scope) -> Result<Caller, Failure> {
        // What a key may does not depend on the target, and the operation itself finds nothing of others.
        let Some(person) = self.0.person() else {
            return self.permit(action);
        };
        let (db, own, today) = (web.app.db.read(), self.0.organisation, person.today);
        let target = match scope {
            Scope::Organisation => Some(Target::Organisation),
            Scope::Site(id) => Target::site(db, own, id).await?,
            Scope::Team(id) => Target::team(db, own, id, today).await?,
            Scope::Person(id) => Target::staff_member(db, own, id, today).await?,
        };
        let what = if matches!(scope, Scope::Site(_)) {
            "site"
        } else {
            "staff member"
        };
        self.permit_on(action, &target.ok_or_else(|| Failure::not_found(what))?)
    }

    /// The caller, if they may do this to a comment; unknown ones are not found.
    pub async fn permit_said(self, web: &Web, action: Action, comment: Uuid) -> Result<Caller, Failure> {
        let Some(person) = self.0.person() else {
            return self.permit(action);
        };
        let own = self.0.organisation;
        let target = Target::said(web.app.db.read(), own, comment, person.today).await?;
        self.permit_on(action, &target.ok_or_else(|| Failure::not_found("comment"))?)
    }

    /// The caller, if they may do this to a praised name; unknown ones are not found.
    pub async fn permit_name(self, web: &Web, action: Action, name: Uuid) -> Result<Caller, Failure> {
        let (is_person, own) = (self.0.person().is_some(), self.0.organisation);
        match answer::site_of(web.app.db.read(), own, name).await? {
            Some(site) => self.permit_on(action, &Target::Site(site)),
            None if is_person => Err(Failure::not_found("name")),
            None => self.permit(action).and(Err(Failure::not_found("name"))),
        }
    }

    /// The caller, if they may undo the last decision on a comment; unknown ones are not found.
    pub async fn permit_undo(self, web: &Web, comment: Uuid) -> Result<Caller, Failure> {
        let Some(person) = self.0.person() else {
            return self.permit(Action::UNDO_DECISION);
        };
        let own = self.0.organisation;
        let target = Target::decided(web.app.db.read(), own, comment, person.today).await?;
        let target = target.ok_or_else(|| Failure::not_found("comment"))?;
        self.permit_on(Action::UNDO_DECISION, &target)
    }
}

/// The program that calls, if it may do this to the organisation; for what is called outside the API.
pub(super) async fn permit_program(request: &Request, action: Action) -> poem::Result<Caller> {
    let given = request.headers().typed_get::<Authorization<BearerToken>>();
    let given = given.ok_or_else(|| poem::Error::from_status(StatusCode::UNAUTHORIZED))?;
    let token = given.token().to_owned();
    let caller = check_key(request, Bearer { token }).await?;
    Ok(Auth(caller, web(request)?.clone()).permit(action)?)
}

async fn check_key(request: &Request, bearer: Bearer) -> poem::Result<Caller> {
    let web = web(request)?;
    let address = address::of(request, &web.app.config.server.trusted_proxies);
    let caller = web
        .cache
        .caller(&web.app.db, &bearer.token, web.app.clock.now())
        .await
        .map_err(Failure::from)?;
    let Some(caller) = caller else {
        web.refusals.note(&web.app, Refused::Key, None, "visitor");
        web.limits.note_wrong_key(address)?;
        return Err(poem::Error::from_status(StatusCode::UNAUTHORIZED));
    };
    web.limits.may_call(&caller)?;
    body::mark_known(request);
    Ok(caller)
}

/// A cookie travels with requests of other sites too, so what changes something must say that it comes from here.
async fn check_session(request: &Request) -> poem::Result<Caller> {
    let web = web(request)?;
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD);
    let token = session::token(web, request);
    let token = token.ok_or_else(|| poem::Error::from_status(StatusCode::UNAUTHORIZED))?;
    if !is_safe && origin::of(request) != origin::From::Here {
        return Err(poem::Error::from_status(StatusCode::FORBIDDEN));
    }
    let found = session::authenticate(web, token).await.map_err(Failure::from)?;
    let signed_in = found.ok_or_else(|| poem::Error::from_status(StatusCode::UNAUTHORIZED))?;
    if signed_in
        .caller
        .person()
        .is_some_and(|person| person.lacks_factor)
    {
        return Err(Failure::from(Denied::NeedsSecondFactor).into());
    }
    web.limits.may_call(&signed_in.caller)?;
    body::mark_known(request);
    Ok(signed_in.caller)
}

fn web(request: &Request) -> poem::Result<&Web> {
    request
        .data::<Web>()
        .ok_or_else(|| poem::Error::from_status(StatusCode::INTERNAL_SERVER_ERROR))
}
