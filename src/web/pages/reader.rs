//! Somebody who is signed in and visits a page. Whoever is not is led to the sign-in and, with the link, back again.
use std::ops::Deref;

use entity::organisation;
use poem::{
    Error, FromRequest, Request, RequestBody, Response,
    http::{Method, StatusCode},
};
use uuid::Uuid;

use super::{Visit, confirm, guard::Asked, nav, second_factor, sign_in_code};
use crate::{
    access::{Action, Caller, Denied, Identity, Person, Target, permit},
    roster::organisation as organisations,
    template::context::{Me, Page},
    web::{
        Web,
        problem::Failure,
        refused::Refused,
        session::{self, SignedIn},
    },
};

/// What somebody may open whose role waits for a second factor: where they set it up, prove who they are, and leave.
const OPEN_WITHOUT_FACTOR: [&str; 6] = [
    second_factor::PATH,
    second_factor::CONFIRM,
    confirm::PATH,
    confirm::CODE,
    "/me/sign-out",
    "/me/sign-out-everywhere",
];

/// A visit by somebody who is signed in. In the demo anybody may look, and is nobody.
pub(crate) struct Reader<'a> {
    /// The visit.
    pub visit: Visit<'a>,
    /// Who it is.
    pub caller: Caller,
    /// Their organisation.
    pub organisation: organisation::Model,
    /// By which session; none for a visitor of the demo.
    pub session: Option<entity::session::Model>,
}

impl<'a> Deref for Reader<'a> {
    type Target = Visit<'a>;

    fn deref(&self) -> &Visit<'a> {
        &self.visit
    }
}

/// Who reads, as the guard of a page found out.
#[derive(Clone)]
pub(super) struct Known {
    caller: Caller,
    organisation: organisation::Model,
    session: Option<entity::session::Model>,
}

impl Known {
    /// Visitors of the demo are not.
    pub(super) fn is_signed_in(&self) -> bool {
        self.session.is_some()
    }
}

impl<'a> FromRequest<'a> for Reader<'a> {
    /// A page whose row says that it is for anybody has no reader.
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Reader<'a>> {
        let visit = Visit::from_request(request, body).await?;
        let known = request.data::<Known>().cloned();
        let known = known.ok_or_else(|| Error::from_status(StatusCode::INTERNAL_SERVER_ERROR))?;
        Ok(Reader::of(visit, known))
    }
}

/// Finds out who comes; whoever is nobody is led to the sign-in.
pub(super) async fn recognise(visit: &Visit<'_>) -> poem::Result<Known> {
    if let Some(signed_in) = signed_in(visit.web, visit.request).await? {
        let lacks_factor = signed_in
            .caller
            .person()
            .is_some_and(|person| person.lacks_factor);
        if lacks_factor && !OPEN_WITHOUT_FACTOR.contains(&visit.request.uri().path()) {
            return Err(Error::from_response(visit.see_other(second_factor::PATH, None)));
        }
        return Ok(Known {
            caller: signed_in.caller,
            organisation: signed_in.organisation,
            session: Some(signed_in.session),
        });
    }
    if visit.web.demo {
        return in_demo(visit).await;
    }
    let half = session::half(visit.web, visit.request)
        .await
        .map_err(Failure::from)?;
    let page = if half.is_some() {
        sign_in_code::PATH
    } else {
        "/sign-in"
    };
    Err(to_sign_in(visit, page))
}

async fn in_demo(visit: &Visit<'_>) -> poem::Result<Known> {
    let organisation = organisations::named_or_only(visit.web.app.db.read(), None)
        .await
        .map_err(Failure::from)?;
    Ok(Known {
        caller: Caller {
            organisation: organisation.id,
            actor: "visitor".to_owned(),
            identity: Identity::DemoVisitor,
        },
        organisation,
        session: None,
    })
}

/// Who is signed in, if anybody is.
pub(crate) async fn signed_in(web: &Web, request: &Request) -> poem::Result<Option<SignedIn>> {
    let Some(token) = session::token(web, request) else {
        return Ok(None);
    };
    let found = session::authenticate(web, token).await;
    Ok(found.map_err(Failure::from)?)
}

/// Reading is repeated after the sign-in; what was to be changed is not.
fn to_sign_in(visit: &Visit<'_>, page: &str) -> Error {
    let wanted = visit.request.uri().path_and_query().map(ToString::to_string);
    let is_reading = matches!(*visit.request.method(), Method::GET | Method::HEAD);
    let wanted = wanted.filter(|path| is_reading && path != "/");
    let to = wanted.map(|path| {
        let set = percent_encoding::NON_ALPHANUMERIC;
        format!("to={}", percent_encoding::utf8_percent_encode(&path, set))
    });
    Error::from_response(visit.see_other(page, to.as_deref()))
}

impl<'a> Reader<'a> {
    /// A visit by somebody who was recognised.
    pub(super) fn of(mut visit: Visit<'a>, known: Known) -> Reader<'a> {
        let person = known.caller.person();
        visit.speak(person.and_then(|person| person.language.as_deref()));
        Reader {
            visit,
            caller: known.caller,
            organisation: known.organisation,
            session: known.session,
        }
    }

    /// Goes on if the reader may do this to the target; what the organisation does not have is not found.
    pub(crate) fn permit(&self, action: Action, target: Option<Target>) -> poem::Result<()> {
        if let Some(asked) = self.request.data::<Asked>() {
            asked.note(action);
        }
        let target = target.ok_or_else(not_found)?;
        match permit::permit(&self.caller, action, &target) {
            Ok(()) => Ok(()),
            Err(Denied::NeedsFreshSignIn) => Err(Error::from_response(self.to_confirm())),
            Err(_) => {
                let own = Some(self.organisation.id);
                self.web
                    .refusals
                    .note(&self.web.app, Refused::Permission, own, &self.caller.actor);
                Err(Error::from_status(StatusCode::FORBIDDEN))
            }
        }
    }

    /// To the page that asks them to confirm who they are, and back to the page that they were at.
    fn to_confirm(&self) -> Response {
        let mut parts = self.request.uri().path().split('/').skip(1);
        if let (Some("accounts"), Some(account)) = (parts.next(), parts.next()) {
            return self.see_other("/me/confirm", Some(&format!("to=%2Faccounts%2F{account}")));
        }
        let path = self.request.uri().path();
        if path.starts_with("/me/deputies") {
            return self.see_other("/me/confirm", Some("to=%2Fme"));
        }
        let page = match path.split('/').nth(1).unwrap_or_default() {
            "team" => "team%2Fjoin",
            "deputies" => "people",
            "sign-on-only" => "sign-on",
            "me" => "me%2Fsecond-factor",
            page => page,
        };
        self.see_other("/me/confirm", Some(&format!("to=%2F{page}")))
    }

    /// Where they confirm who they are before they change something on this page; none where they have just signed in,
    /// or may not change it.
    pub(crate) fn confirm_url(&self, action: Action, path: &str) -> Option<String> {
        let permitted = permit::permit(&self.caller, action, &Target::Organisation);
        let to = percent_encoding::utf8_percent_encode(path, percent_encoding::NON_ALPHANUMERIC);
        (permitted == Err(Denied::NeedsFreshSignIn))
            .then(|| self.link("/me/confirm", Some(&format!("to={to}"))))
    }

    /// Whether the reader may do this to the target.
    pub(crate) fn may(&self, action: Action, target: &Target) -> bool {
        matches!(
            permit::permit(&self.caller, action, target),
            Ok(()) | Err(Denied::NeedsFreshSignIn)
        )
    }

    /// Who is signed in. A visitor of the demo is sent to the sign-in.
    pub(crate) fn person(&self) -> poem::Result<&Person> {
        self.caller
            .person()
            .ok_or_else(|| to_sign_in(&self.visit, "/sign-in"))
    }

    /// The day it is in the organisation.
    pub(crate) fn today(&self) -> chrono::NaiveDate {
        organisations::day_in(&self.organisation, self.web.app.clock.now())
    }

    /// The id in the address; what is no id is found nowhere.
    pub(crate) fn id(&self) -> poem::Result<Uuid> {
        Uuid::try_parse(self.part("id")).map_err(|_| not_found())
    }

    /// The frame of a page behind the sign-in: the pages that this reader may open, and who they are. `here` is the
    /// name of the one that is shown.
    pub(crate) fn frame(&self, path: &str, here: &str) -> Page {
        let mut page = self.visit.frame(&self.organisation, path);
        page.nav = nav::links(self, here);
        page.me = self.caller.person().map(|person| Me {
            name: person.name.clone(),
            url: self.link("/me", None),
        });
        if page.me.is_some() {
            page.languages.clear();
        }
        page
    }
}

pub(super) fn not_found() -> Error {
    Error::from_status(StatusCode::NOT_FOUND)
}
