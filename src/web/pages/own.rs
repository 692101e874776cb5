//! What somebody does with praise of themselves, from their feed. Whatever happened meanwhile, the feed is shown again.
use poem::{Error, Response, handler, http::StatusCode};
use uuid::Uuid;

use super::{
    fields::Fields,
    form::refuse_other_types,
    reader::{Reader, not_found},
};
use crate::{
    access::{Action, Target},
    ledger::own::{self, Own, OwnError},
    platform::db::Tx,
    triage::{
        DecisionError,
        desk::{pass_on, who},
        own::{self as says, Says},
    },
    web::problem::Failure,
};

/// `/feed/praise/ID/answer`
#[handler]
pub(crate) async fn answer(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let own = own(&reader)?;
    let text = Fields::read(&body).get("answer").text;
    let tx = begin(&reader).await?;
    let answered = own::answer(&tx, own, &text).await;
    finish(&reader, tx, answered).await
}

/// `/feed/praise/ID/answer/take-back`
#[handler]
pub(crate) async fn take_answer_back(reader: Reader<'_>) -> poem::Result<Response> {
    let own = own(&reader)?;
    let tx = begin(&reader).await?;
    let taken = own::take_answer_back(&tx, own).await;
    finish(&reader, tx, taken).await
}

/// `/feed/praise/ID/hide`
#[handler]
pub(crate) async fn hide(reader: Reader<'_>) -> poem::Result<Response> {
    set_hidden(&reader, true).await
}

/// `/feed/praise/ID/show`
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    set_hidden(&reader, false).await
}

async fn set_hidden(reader: &Reader<'_>, hidden: bool) -> poem::Result<Response> {
    let own = own(reader)?;
    let tx = begin(reader).await?;
    let done = own::hide(&tx, own, hidden).await;
    finish(reader, tx, done).await
}

/// `/feed/praise/ID/not-me`: the words leave the page, and the manager decides.
#[handler]
pub(crate) async fn not_me(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let own = own(&reader)?;
    let (db, organisation) = (reader.web.app.db.read(), reader.organisation.id);
    let praise = pass_on::of_id(db, organisation, own.recognition)
        .await
        .map_err(Failure::from)?
        .filter(|praise| praise.staff_id == Some(own.staff))
        .ok_or_else(not_found)?;
    let typed = Fields::read(&body).get("who").text;
    let somebody = who::named(db, organisation, &typed)
        .await
        .map_err(Failure::from)?;
    let says = says_of(&reader, praise.comment_id)?;
    let tx = begin(&reader).await?;
    let said = says::not_me(&tx, says, somebody.map(|person| person.id)).await;
    said_and_done(&reader, tx, said.map(drop)).await
}

/// `/feed/perhaps/ID/claim`
#[handler]
pub(crate) async fn claim(reader: Reader<'_>) -> poem::Result<Response> {
    let says = says_of(&reader, reader.id()?)?;
    let target = Target::open(reader.web.app.db.read(), says.organisation, says.comment).await;
    reader.permit(Action::CLAIM_PRAISE, target.map_err(Failure::from)?)?;
    let sites = reader.person()?.sites.clone();
    let tx = begin(&reader).await?;
    let said = says::claim(&tx, says, &sites).await;
    said_and_done(&reader, tx, said.map(drop)).await
}

/// The reader, if they are on the roster and may do this with what is theirs.
fn staff(reader: &Reader<'_>) -> poem::Result<Uuid> {
    let id = reader.person()?.staff.ok_or_else(not_found)?;
    let target = Target::StaffMember {
        id,
        sites: Vec::new(),
    };
    reader.permit(Action::ANSWER_PRAISE, Some(target))?;
    Ok(id)
}

fn own<'a>(reader: &'a Reader<'_>) -> poem::Result<Own<'a>> {
    Ok(Own {
        organisation: reader.organisation.id,
        staff: staff(reader)?,
        recognition: reader.id()?,
        actor: &reader.caller.actor,
        now: reader.web.app.clock.now(),
    })
}

fn says_of<'a>(reader: &'a Reader<'_>, comment: Uuid) -> poem::Result<Says<'a>> {
    Ok(Says {
        organisation: reader.organisation.id,
        comment,
        staff: staff(reader)?,
        actor: &reader.caller.actor,
        now: reader.web.app.clock.now(),
    })
}

async fn begin(reader: &Reader<'_>) -> Result<Tx, Failure> {
    Ok(reader.web.app.db.write().await?)
}

async fn finish(reader: &Reader<'_>, tx: Tx, done: Result<(), OwnError>) -> poem::Result<Response> {
    match done {
        Ok(()) => {
            tx.commit().await.map_err(Failure::from)?;
            Ok(reader.see_other("/feed", None))
        }
        Err(OwnError::NotYours) => Err(not_found()),
        Err(OwnError::NoReceipt) => Ok(reader.see_other("/feed", None)),
        Err(OwnError::Length) => Err(Error::from_status(StatusCode::UNPROCESSABLE_ENTITY)),
        Err(OwnError::Database(error)) => Err(Failure::from(error).into()),
    }
}

async fn said_and_done(
    reader: &Reader<'_>,
    tx: Tx,
    said: Result<(), DecisionError>,
) -> poem::Result<Response> {
    match said {
        Ok(()) => {
            tx.commit().await.map_err(Failure::from)?;
            Ok(reader.see_other("/feed", None))
        }
        Err(DecisionError::Database(error)) => Err(Failure::from(error).into()),
        Err(DecisionError::NoSuchComment) => Err(not_found()),
        // Somebody decided meanwhile, or the customer took the words back.
        Err(_) => Ok(reader.see_other("/feed", None)),
    }
}
