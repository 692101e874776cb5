//! Somebody who is signed in and visits a page. Whoever is not is led to the sign-in and, with the link, back again.
use std::ops::Deref;

use entity::organisation;
use poem::{
    Error, FromRequest, Request, RequestBody,
    http::{Method, StatusCode},
};
use uuid::Uuid;

use super::{Visit, nav};
use crate::{
    access::{Action, Caller, Identity, Person, Target, permit},
    http::{
        Web,
        problem::Failure,
        session::{self, SignedIn},
    },
    roster::organisation as organisations,
    template::context::{Me, Page},
};

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

impl<'a> FromRequest<'a> for Reader<'a> {
    async fn from_request(request: &'a Request, body: &mut RequestBody) -> poem::Result<Reader<'a>> {
        let visit = Visit::from_request(request, body).await?;
        if let Some(signed_in) = signed_in(visit.web, request).await? {
            return Ok(Reader {
                visit,
                caller: signed_in.caller,
                organisation: signed_in.organisation,
                session: Some(signed_in.session),
            });
        }
        if visit.web.demo {
            return Reader::in_demo(visit).await;
        }
        Err(to_sign_in(&visit))
    }
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
fn to_sign_in(visit: &Visit<'_>) -> Error {
    let wanted = visit.request.uri().path_and_query().map(ToString::to_string);
    let is_reading = matches!(*visit.request.method(), Method::GET | Method::HEAD);
    let wanted = wanted.filter(|path| is_reading && path != "/");
    let to = wanted.map(|path| {
        let set = percent_encoding::NON_ALPHANUMERIC;
        format!("to={}", percent_encoding::utf8_percent_encode(&path, set))
    });
    Error::from_response(visit.see_other("/sign-in", to.as_deref()))
}

impl<'a> Reader<'a> {
    async fn in_demo(visit: Visit<'a>) -> poem::Result<Reader<'a>> {
        let organisation = organisations::named_or_only(visit.web.app.db.read(), None)
            .await
            .map_err(Failure::from)?;
        Ok(Reader {
            caller: Caller {
                organisation: organisation.id,
                actor: "visitor".to_owned(),
                identity: Identity::DemoVisitor,
            },
            organisation,
            session: None,
            visit,
        })
    }

    /// Goes on if the reader may do this to the target; what the organisation does not have is not found.
    pub(crate) fn permit(&self, action: Action, target: Option<Target>) -> poem::Result<()> {
        let target = target.ok_or_else(not_found)?;
        permit::permit(&self.caller, action, &target).map_err(|_| Error::from_status(StatusCode::FORBIDDEN))
    }

    /// Whether the reader may do this to the target.
    pub(crate) fn may(&self, action: Action, target: &Target) -> bool {
        permit::permit(&self.caller, action, target).is_ok()
    }

    /// Who is signed in. A visitor of the demo is sent to the sign-in.
    pub(crate) fn person(&self) -> poem::Result<&Person> {
        self.caller.person().ok_or_else(|| to_sign_in(&self.visit))
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
