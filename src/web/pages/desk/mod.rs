//! `/desk`: what waits for a manager, oldest first.
mod act;
mod done;
mod facts;
mod item;

use chrono::{DateTime, Utc};
use poem::{Error, Response, handler, http::StatusCode};
use serde::Deserialize;
use uuid::Uuid;

pub(super) use done::names;

pub(crate) use act::{
    answer_check, decide, handle, not_them, pass_on, undo_decision, undo_handling, undo_passing_on,
};

use super::reader::Reader;
use crate::{
    access::{Action, Person, Target},
    capture::{held, read},
    roster::staff,
    template::context::{DeskPage, Held, Pace, Within},
    triage::{
        check,
        desk::{COUNTED, Desk, concern, pace, waiting},
        list,
    },
    web::{cursor, problem::Failure},
};
use item::{Item, Shelf};

/// Things on a page.
const ROWS: u64 = 20;

#[derive(Default, Deserialize)]
struct Asked {
    /// The place after which the page begins.
    after: Option<String>,
    /// A comment with which it begins: a mail links to it.
    at: Option<Uuid>,
    /// What was just done …
    done: Option<String>,
    /// … to what.
    of: Option<Uuid>,
}

/// A decision that could not be taken.
pub(super) struct Refusal {
    /// What was to be decided: a comment, or a question about one.
    pub(super) of: Uuid,
    /// The comment with which the page begins.
    comment: Uuid,
    /// What was typed as a name, and fitted nobody or several; none where somebody chose themselves.
    pub(super) typed: Option<String>,
}

impl Refusal {
    fn not_found(of: Uuid, comment: Uuid, typed: String) -> Refusal {
        Refusal {
            of,
            comment,
            typed: Some(typed),
        }
    }

    fn oneself(of: Uuid, comment: Uuid) -> Refusal {
        Refusal {
            of,
            comment,
            typed: None,
        }
    }
}

/// The desk.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let asked: Asked = reader.request.params().unwrap_or_default();
    page(&reader, asked, None).await
}

/// The desk with what was wrong, beginning with the comment that it was about.
async fn again(reader: &Reader<'_>, refusal: Refusal) -> poem::Result<Response> {
    let asked = Asked {
        at: Some(refusal.comment),
        ..Asked::default()
    };
    page(reader, asked, Some(refusal)).await
}

/// Whose desk it is. Only who is above somebody, or stands in for them, has one; auditors read the organisation's.
pub(super) fn desk_of(person: &Person) -> Option<Desk> {
    let everything = person.is_administrator || person.is_auditor || person.leads_everywhere;
    let looks_after = person.is_above_somebody() || !person.covered.is_empty();
    (everything || looks_after).then(|| Desk {
        manager: person.staff.filter(|_| person.is_active),
        reports: person.looks_after().collect(),
        account: Some(person.account),
        sites: person.led_sites.clone(),
        everything,
    })
}

/// Whether everything on somebody's desk is others' to do.
fn reads_only(person: &Person) -> bool {
    let looks_after = person.is_above_somebody() || !person.covered.is_empty();
    person.is_auditor && !person.is_administrator && !looks_after
}

async fn page(reader: &Reader<'_>, asked: Asked, refusal: Option<Refusal>) -> poem::Result<Response> {
    let person = reader.person()?;
    let desk = desk_of(person).ok_or_else(|| Error::from_status(StatusCode::FORBIDDEN))?;
    let begin = begin(reader, &asked).await?;
    let (items, next) = items(reader, &desk, begin).await?;
    let length = items.len() as u64;
    let is_whole = begin.is_none() && next.is_none();
    let shelf = Shelf::load(reader, &items, refusal)
        .await
        .map_err(Failure::from)?;
    let mut page = empty(reader);
    page.waiting = if is_whole {
        length
    } else {
        count(reader, &desk).await?
    };
    page.oldest = items
        .first()
        .filter(|_| begin.is_none())
        .map(|oldest| shelf.waits_since(oldest));
    page.roster_url = roster_url(reader, page.waiting).await.map_err(Failure::from)?;
    page.pace = measured(reader, &desk).await.map_err(Failure::from)?;
    page.held = held(reader).await.map_err(Failure::from)?;
    page.done = done::done(reader, asked.done.as_deref(), asked.of).await?;
    page.next_url = next.map(|next| reader.link("/desk", Some(&format!("after={next}"))));
    for item in items {
        shelf.put(item, &mut page);
    }
    let status = if shelf.refusal.is_some() {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        StatusCode::OK
    };
    reader.page(status, &page)
}

fn empty(reader: &Reader<'_>) -> DeskPage {
    DeskPage {
        page: reader.frame("/desk", "desk"),
        reads_only: reader.caller.person().is_some_and(reads_only),
        roster_url: None,
        waiting: 0,
        oldest: None,
        pace: None,
        pass_on: Vec::new(),
        done: None,
        decide: Vec::new(),
        complaints: Vec::new(),
        next_url: None,
        held: None,
    }
}

/// Where people are added, while there is nobody who could be praised.
async fn roster_url(reader: &Reader<'_>, waiting: u64) -> Result<Option<String>, sea_orm::DbErr> {
    if waiting > 0 || !reader.may(Action::CREATE_ROSTER_IMPORT, &Target::Organisation) {
        return Ok(None);
    }
    let people = staff::count(reader.web.app.db.read(), reader.organisation.id).await?;
    Ok((people == 0).then(|| reader.link("/roster", None)))
}

/// What is held back, for those who may look through it.
async fn held(reader: &Reader<'_>) -> Result<Option<Held>, sea_orm::DbErr> {
    if !reader.may(Action::LIST_HELD, &Target::Organisation) {
        return Ok(None);
    }
    let n = held::count_some(reader.web.app.db.read(), reader.organisation.id).await?;
    Ok((n > 0).then(|| Held {
        n,
        is_more: n >= held::COUNTED,
        url: reader.link("/held", None),
    }))
}

/// The place before the first thing shown; none for the beginning.
async fn begin(reader: &Reader<'_>, asked: &Asked) -> poem::Result<Option<(DateTime<Utc>, Uuid)>> {
    if let Some(after) = &asked.after {
        return Ok(Some(cursor::read(after)?));
    }
    let Some(at) = asked.at else { return Ok(None) };
    let found = read::one(reader.web.app.db.read(), reader.organisation.id, at)
        .await
        .map_err(Failure::from)?;
    Ok(found.map(|(comment, _)| (comment.received_at, Uuid::nil())))
}

/// The oldest of what is to be passed on, decided and put right.
async fn items(
    reader: &Reader<'_>,
    desk: &Desk,
    after: Option<(DateTime<Utc>, Uuid)>,
) -> Result<(Vec<Item>, Option<String>), Failure> {
    let (db, own, rows) = (
        reader.web.app.db.read(),
        reader.organisation.id,
        cursor::rows(ROWS),
    );
    let mut items: Vec<Item> = Vec::new();
    let praise = waiting::waiting(db, own, desk, after, rows).await?;
    items.extend(praise.into_iter().map(|shown| Item::Praise(Box::new(shown))));
    let open = list::on_desk(db, own, (desk, reader.today()), after, rows).await?;
    items.extend(open.into_iter().map(|waiting| Item::Open(Box::new(waiting))));
    let asker = asker(reader)?;
    let asked = check::list::waiting(db, own, (desk, asker), after, rows).await?;
    items.extend(asked.into_iter().map(|asked| Item::Check(Box::new(asked))));
    let concerns = concern::concerns(db, own, desk, after, rows).await?;
    items.extend(
        concerns
            .into_iter()
            .map(|concern| Item::Concern(Box::new(concern))),
    );
    items.sort_by_key(Item::place);
    Ok(cursor::cut(items, ROWS, Item::place))
}

async fn count(reader: &Reader<'_>, desk: &Desk) -> Result<u64, Failure> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let praise = waiting::count(db, own, desk).await?;
    let open = list::count_on_desk(db, own, desk, reader.today()).await?;
    let checks = check::list::count(db, own, desk, asker(reader)?).await?;
    let concerns = concern::count(db, own, desk).await?;
    Ok((praise + open + checks + concerns).min(COUNTED))
}

/// Who may be asked about automatic credits: whoever reads the desk.
fn asker(reader: &Reader<'_>) -> Result<check::list::Reader, Failure> {
    let person = reader.caller.person().ok_or_else(|| Failure::not_found("desk"))?;
    Ok(check::list::Reader {
        account: person.account,
        staff: person.staff,
        now: reader.web.app.clock.now(),
    })
}

async fn measured(reader: &Reader<'_>, desk: &Desk) -> Result<Option<Pace>, sea_orm::DbErr> {
    let app = &reader.web.app;
    let pace = pace::pace(app.db.read(), reader.organisation.id, desk, app.clock.now()).await?;
    Ok(pace.map(|pace| Pace {
        half: Within::of(pace.median.num_minutes()),
        most: Within::of(pace.p90.num_minutes()),
    }))
}
