//! `/v1/spoken`
use entity::{organisation, staff_member};
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, param::Header, payload::Json};
use uuid::Uuid;

use super::{
    Tag,
    new_comment::{StoredView, Storing},
};
use crate::{
    access::{Action, Caller, Person, Target},
    capture::{
        spoken::{self, Logger, NotLogged, Said, Way},
        store::Stored,
    },
    roster::{organisation as organisations, staff},
    web::{Web, auth::Auth, problem::Failure},
};

/// What customers say aloud.
#[derive(Debug)]
pub struct Spoken;

/// How it was said.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum WayView {
    /// On the phone
    Phone,
    /// At the counter, face to face
    Counter,
}

/// What a customer said.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewSpoken {
    /// The customer's words: 1 to 4,000 characters, not blank, without NUL.
    #[oai(validator(min_length = 1, max_length = 4000))]
    pub text: String,
    /// How it was said.
    pub way: WayView,
    /// Whom it praises: somebody of one's own place, or below one; never oneself. Where nobody is named, the words decide.
    pub staff_id: Option<Uuid>,
    /// Where: needed where nobody is named, by whoever works at several places or leads several.
    pub site_id: Option<Uuid>,
    /// The customer's name, if they gave it.
    #[oai(validator(min_length = 1, max_length = 80))]
    pub customer: Option<String>,
}

/// What became of it.
#[derive(ApiResponse)]
pub enum LogSpoken {
    /// It is stored and will be attributed.
    #[oai(status = 201)]
    New(Json<StoredView>),
    /// The same request was answered before.
    #[oai(status = 200)]
    Known(Json<StoredView>),
}

#[OpenApi(prefix_path = "/spoken", tag = "Tag::Comments")]
impl Spoken {
    /// Log what a customer said aloud
    ///
    /// By whoever is signed in, for their own place or those below them. Who logged it is kept and shown with the words;
    /// boards count it apart. Nobody logs praise of themselves, and one person logs at most 30 a day.
    #[oai(path = "/", method = "post", operation_id = "log_spoken")]
    async fn log(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        /// Makes a repeated request harmless; at most 400 characters.
        #[oai(name = "Idempotency-Key", validator(max_length = 400))]
        idempotency_key: Header<Option<String>>,
        body: Json<NewSpoken>,
    ) -> Result<LogSpoken, Failure> {
        let Some((caller, meant)) = permitted(auth, web, &body.0).await? else {
            return Err(NotLogged::Oneself.into());
        };
        let organisation = organisations::by_id(web.app.db.read(), caller.organisation)
            .await?
            .ok_or_else(|| Failure::not_found("organisation"))?;
        let said = Said {
            text: body.0.text,
            customer: body.0.customer,
            praised: meant.praised,
            site: meant.site,
            way: match body.0.way {
                WayView::Phone => Way::Phone,
                WayView::Counter => Way::Counter,
            },
            key: idempotency_key.0,
        };
        let view = |id, outcome| Json(StoredView { id, outcome });
        Ok(match store(web, &caller, &organisation, said).await? {
            Stored::New(id) => LogSpoken::New(view(id, Storing::New)),
            Stored::Gone(id) => LogSpoken::Known(view(id, Storing::Gone)),
            known => LogSpoken::Known(view(known.id(), Storing::Same)),
        })
    }
}

/// Whom and what place it is about.
#[derive(Default)]
struct Meant {
    praised: Option<staff_member::Model>,
    site: Option<Uuid>,
}

/// The caller, if they may say this of whom they name; none where that is themselves.
async fn permitted(auth: Auth, web: &Web, new: &NewSpoken) -> Result<Option<(Caller, Meant)>, Failure> {
    let Some(person) = auth.person().cloned() else {
        return Err(auth
            .permit(Action::LOG_SPOKEN)
            .err()
            .unwrap_or_else(|| Failure::not_found("person")));
    };
    let (db, own) = (web.app.db.read(), auth.organisation());
    if let Some(id) = new.staff_id {
        if person.staff == Some(id) {
            return Ok(None);
        }
        let target = Target::staff_member(db, own, id, person.today).await?;
        let target = target.ok_or_else(|| Failure::not_found("staff member"))?;
        let site = site_of(&person, &target, new.site_id)?;
        let caller = auth.permit_on(Action::LOG_SPOKEN, &target)?;
        let praised = staff::get(db, own, id).await?;
        if praised.ends_on.is_some_and(|last| last < person.today) {
            return Err(Failure::invalid("staff_id: they do not work here any more"));
        }
        let praised = Some(praised);
        return Ok(Some((caller, Meant { praised, site })));
    }
    let site = match new.site_id {
        Some(id) => {
            let known = Target::site(db, own, id).await?;
            known.map(|_| id).ok_or_else(|| Failure::not_found("site"))?;
            Some(id)
        }
        None => only_site(&person)?,
    };
    let target = site.map_or(Target::Organisation, Target::Site);
    let caller = auth.permit_on(Action::LOG_SPOKEN, &target)?;
    Ok(Some((caller, Meant { praised: None, site })))
}

/// Where somebody was praised: the place that was named, else one that they share with the caller, else theirs.
fn site_of(person: &Person, target: &Target, named: Option<Uuid>) -> Result<Option<Uuid>, Failure> {
    let Target::StaffMember { sites, .. } = target else {
        return Ok(None);
    };
    match named {
        Some(named) if sites.contains(&named) => Ok(Some(named)),
        Some(_) => Err(Failure::invalid("site_id: the person does not work there today")),
        None => {
            let shared = sites.iter().find(|site| person.sites.contains(site));
            Ok(shared.or(sites.first()).copied())
        }
    }
}

/// The one place at which somebody works, or that they lead.
fn only_site(person: &Person) -> Result<Option<Uuid>, Failure> {
    let of = |sites: &std::collections::HashSet<Uuid>| sites.iter().copied().collect::<Vec<Uuid>>();
    match (of(&person.sites).as_slice(), of(&person.led_sites).as_slice()) {
        ([only], _) | ([], [only]) => Ok(Some(*only)),
        ([], []) => Ok(None),
        _ => Err(Failure::invalid(
            "site_id: say at which of your places it was, or staff_id: whom it praises",
        )),
    }
}

async fn store(
    web: &Web,
    caller: &Caller,
    organisation: &organisation::Model,
    said: Said,
) -> Result<Stored, Failure> {
    let person = caller.person().ok_or_else(|| Failure::not_found("person"))?;
    let logger = Logger {
        organisation,
        person,
        actor: &caller.actor,
        now: web.app.clock.now(),
    };
    let tx = web.app.db.write().await?;
    let stored = spoken::log(&tx, logger, said).await?;
    tx.commit().await?;
    web.app.db.note_captures(1);
    Ok(stored)
}
