//! `/spoken`: staff write down what a customer said, on the phone or at the counter.
use std::collections::HashSet;

use entity::{site, staff_member};
use poem::{Response, handler, http::StatusCode};
use sea_orm::DbErr;
use serde::Deserialize;
use uuid::Uuid;

use super::{
    fields::Fields,
    form::{again, refuse_other_types, wrong_with_line, wrong_with_words},
    reader::Reader,
};
use crate::{
    access::{Action, Target},
    capture::{
        form::FormToken,
        spoken::{self, LONGEST_NAME, Logger, NotLogged, Said, Way},
        store::Stored,
    },
    roster::{
        assignment as assignments,
        placement::{self, Wanted},
        site as sites,
        staff::{self, full_name},
    },
    template::context::{Choice, Field, FormProblemKind as Problem, SpokenPage, SpokenPlace, SpokenSaved},
    web::problem::Failure,
};

/// Places and people that are offered.
const OFFERED: u64 = 500;

#[derive(Default, Deserialize)]
struct Asked {
    site: Option<Uuid>,
    saved: Option<Uuid>,
}

/// Where the reader is, and whom what they write down may praise.
struct Here {
    places: Vec<site::Model>,
    chosen: Option<site::Model>,
    people: Vec<staff_member::Model>,
}

/// The empty form; after something was saved, with what becomes of it.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let asked: Asked = reader.request.params().unwrap_or_default();
    let here = Here::find(&reader, asked.site).await?;
    let mut page = page(&reader, &here, &Fields::default());
    if let Some(id) = asked.saved {
        page.saved = saved(&reader, id).await.map_err(Failure::from)?;
    }
    reader.page(StatusCode::OK, &page)
}

/// Keeps what was written down. Whatever is wrong, it comes back with the form.
#[handler]
pub(crate) async fn take(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let fields = Fields::read(&body);
    let site = Uuid::try_parse(&fields.get("site").text).ok();
    let here = Here::find(&reader, site).await?;
    let mut page = page(&reader, &here, &fields);
    let Some(said) = check(&mut page, &reader, &here, &fields) else {
        return reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page);
    };
    match keep(&reader, said).await {
        Ok(stored) => {
            let site = here.chosen.map(|site| format!("&site={}", site.id));
            let query = format!("saved={}{}", stored.id(), site.unwrap_or_default());
            Ok(reader.see_other("/spoken", Some(&query)))
        }
        Err(refused) => {
            let (field, problem) = match &refused {
                NotLogged::Oneself => ("who", Problem::Oneself),
                NotLogged::Enough => ("words", Problem::Enough),
                NotLogged::Closed => ("words", Problem::Closed),
                NotLogged::KeyReused => ("words", Problem::SavedBefore),
                NotLogged::Unusable(_) => ("words", Problem::Unreadable),
                NotLogged::Database(_) => ("words", Problem::OurFault),
            };
            page.complain(field, problem);
            page.token = FormToken::random().as_str().to_owned();
            again(&reader.visit, &page, refused.into())
        }
    }
}

async fn keep(reader: &Reader<'_>, said: Said) -> Result<Stored, NotLogged> {
    let app = &reader.web.app;
    let Some(person) = reader.caller.person() else {
        return Err(NotLogged::Closed);
    };
    let logger = Logger {
        organisation: &reader.organisation,
        person,
        actor: &reader.caller.actor,
        now: app.clock.now(),
    };
    let tx = app.db.write().await?;
    let stored = spoken::log(&tx, logger, said).await?;
    tx.commit().await?;
    app.db.note_captures(1);
    Ok(stored)
}

impl Here {
    /// The place that was asked for, which must be one of the reader's; where none was, one where they work, else the first of
    /// theirs; refused where there is none.
    async fn find(reader: &Reader<'_>, asked: Option<Uuid>) -> poem::Result<Here> {
        let person = reader.person()?;
        let places = places(reader).await.map_err(Failure::from)?;
        let is_asked = |place: &&site::Model| Some(place.id) == asked;
        let is_own = |place: &&site::Model| person.sites.contains(&place.id);
        let chosen = places.iter().find(is_asked);
        if asked.is_some() && chosen.is_none() {
            return Err(StatusCode::NOT_FOUND.into());
        }
        let chosen = chosen.or_else(|| places.iter().find(is_own)).or(places.first());
        let chosen = chosen.cloned();
        let people = match &chosen {
            Some(place) => people(reader, place.id).await.map_err(Failure::from)?,
            None => Vec::new(),
        };
        let of_place = chosen.as_ref().map(|place| Target::Site(place.id));
        let of_somebody = chosen
            .as_ref()
            .zip(people.first())
            .map(|(place, one)| beside(one.id, place.id));
        let target = of_place.filter(|target| reader.may(Action::LOG_SPOKEN, target));
        let target = target.or(of_somebody).unwrap_or(Target::Organisation);
        reader.permit(Action::LOG_SPOKEN, Some(target))?;
        Ok(Here {
            places,
            chosen,
            people,
        })
    }
}

fn beside(person: Uuid, site: Uuid) -> Target {
    Target::StaffMember {
        id: person,
        sites: vec![site],
    }
}

/// Where the reader works, what they lead, and where those work who report to them; of an administrator, every place.
async fn places(reader: &Reader<'_>) -> Result<Vec<site::Model>, DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    if reader.may(Action::LOG_SPOKEN, &Target::Organisation) {
        return sites::open(db, own, OFFERED).await;
    }
    let Some(person) = reader.caller.person().filter(|person| person.is_active) else {
        return Ok(Vec::new());
    };
    let reports = person.reports.iter().copied();
    let of_reports = assignments::sites_of(db, own, reports, reader.today()).await?;
    let ids: HashSet<Uuid> = of_reports
        .into_iter()
        .chain(person.sites.iter().copied())
        .chain(person.led_sites.iter().copied())
        .collect();
    let found = sites::by_ids(db, own, ids).await?.into_values();
    let mut open: Vec<site::Model> = found.filter(|site| site.closed_at.is_none()).collect();
    open.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(open)
}

/// Those who work at a place today and whom the reader may say something of, in alphabetical order; not the reader.
async fn people(reader: &Reader<'_>, place: Uuid) -> Result<Vec<staff_member::Model>, DbErr> {
    let (db, own, today) = (reader.web.app.db.read(), reader.organisation.id, reader.today());
    let mut found = staff::at_site(db, own, place, today, OFFERED).await?;
    let oneself = reader.caller.person().and_then(|person| person.staff);
    found.retain(|one| Some(one.id) != oneself && reader.may(Action::LOG_SPOKEN, &beside(one.id, place)));
    found.sort_by_key(full_name);
    Ok(found)
}

fn page(reader: &Reader<'_>, here: &Here, fields: &Fields) -> SpokenPage {
    let typed = |name: &str| Field {
        value: fields.get(name).text,
        problem: None,
    };
    let token = FormToken::parse(&fields.get("token").text).unwrap_or_else(FormToken::random);
    let who = fields.get("who").text;
    let choice = |one: &staff_member::Model| Choice {
        value: one.id.to_string(),
        label: full_name(one),
        chosen: one.id.to_string() == who,
    };
    let is_here = |place: &site::Model| here.chosen.as_ref().is_some_and(|here| here.id == place.id);
    let place = |place: &site::Model| SpokenPlace {
        name: place.path.clone(),
        url: reader.link("/spoken", Some(&format!("site={}", place.id))),
    };
    SpokenPage {
        page: reader.frame("/spoken", "spoken"),
        action: reader.link("/spoken", None),
        token: token.as_str().to_owned(),
        place: here.chosen.as_ref().map(|place| place.name.clone()),
        site: here
            .chosen
            .as_ref()
            .map(|place| place.id.to_string())
            .unwrap_or_default(),
        places: here
            .places
            .iter()
            .filter(|one| !is_here(one))
            .map(place)
            .collect(),
        people: here.people.iter().map(choice).collect(),
        words: typed("words"),
        who: typed("who"),
        customer: typed("customer"),
        by_phone: fields.get("way").text == Way::Phone.name(),
        problems: Vec::new(),
        saved: None,
    }
}

/// Checks every field, so that all that is wrong is said at once; none if anything is.
fn check(page: &mut SpokenPage, reader: &Reader<'_>, here: &Here, fields: &Fields) -> Option<Said> {
    let words = fields.get("words");
    if let Some(problem) = wrong_with_words(&words) {
        page.complain("words", problem);
    }
    if let Some(problem) = wrong_with_line(&fields.get("customer"), LONGEST_NAME) {
        page.complain("customer", problem);
    }
    let praised = match praised(reader, here, &fields.get("who").text) {
        Ok(praised) => praised,
        Err(problem) => {
            page.complain("who", problem);
            None
        }
    };
    let customer = fields.get("customer").text.trim().to_owned();
    page.problems.is_empty().then(|| Said {
        text: words.text,
        customer: (!customer.is_empty()).then_some(customer),
        praised,
        site: here.chosen.as_ref().map(|place| place.id),
        way: if page.by_phone { Way::Phone } else { Way::Counter },
        key: Some(page.token.clone()),
    })
}

/// Whom it praises; where nobody was chosen, the reader must be somebody of the place.
fn praised(reader: &Reader<'_>, here: &Here, who: &str) -> Result<Option<staff_member::Model>, Problem> {
    let oneself = reader.caller.person().and_then(|person| person.staff);
    if who.is_empty() {
        let target = here
            .chosen
            .as_ref()
            .map_or(Target::Organisation, |place| Target::Site(place.id));
        let may = reader.may(Action::LOG_SPOKEN, &target);
        return if may { Ok(None) } else { Err(Problem::Who) };
    }
    if oneself.is_some_and(|own| own.to_string() == who) {
        return Err(Problem::Oneself);
    }
    let found = here.people.iter().find(|one| one.id.to_string() == who);
    found.cloned().map(Some).ok_or(Problem::Who)
}

/// What becomes of one that the reader wrote down.
async fn saved(reader: &Reader<'_>, id: Uuid) -> Result<Option<SpokenSaved>, DbErr> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let Some(person) = reader.caller.person() else {
        return Ok(None);
    };
    let Some(praised) = spoken::written_down(db, own, person.account, id).await? else {
        return Ok(None);
    };
    let praised = match praised {
        Some(employee_id) => staff::by_employee_id(db, own, &employee_id).await?,
        None => None,
    };
    let Some(praised) = praised else {
        return Ok(Some(SpokenSaved {
            key: "spoken.saved.open",
            name: String::new(),
        }));
    };
    let wanted = Wanted {
        staff: praised.id,
        site: None,
        on: reader.today(),
    };
    let has_manager = placement::on_day(db, own, wanted).await?.manager.is_some();
    Ok(Some(SpokenSaved {
        key: if has_manager {
            "spoken.saved.manager"
        } else {
            "spoken.saved.somebody"
        },
        name: praised.preferred_name.unwrap_or(praised.given_name),
    }))
}
