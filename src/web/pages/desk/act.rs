//! What is done on the desk. Whatever somebody else has done meanwhile, the desk is shown again as it is.
use entity::{decision, verdict};
use poem::{Error, Response, handler, http::StatusCode};
use sea_orm::DbErr;
use uuid::Uuid;

use super::{Refusal, again};
use crate::{
    access::{Action, Target},
    capture::read,
    ledger::verdict as verdicts,
    platform::db::Tx,
    triage::{
        self, Answer, DecisionError, NewDecision, check,
        desk::{
            DeskError,
            concern::{self, By},
            pass_on::{self as passing, How, PassOn},
            who,
        },
        own::{self, Says},
    },
    web::{
        pages::{
            fields::Fields,
            form::refuse_other_types,
            reader::{Reader, not_found},
        },
        problem::Failure,
    },
};

/// Candidates that "all of them" means: those that are shown.
const SHOWN: usize = 3;

/// `/desk/praise/ID/pass-on`
#[handler]
pub(crate) async fn pass_on(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let (id, account) = permitted_praise(&reader, Action::PASS_ON).await?;
    let fields = Fields::read(&body);
    let note = fields.get("note").text;
    let (how, deed) = match fields.get("how").text.as_str() {
        "sent" => (How::Sent, "sent"),
        _ => (How::Told, "passed_on"),
    };
    let new = PassOn {
        organisation: reader.organisation.id,
        recognition: id,
        how,
        note: Some(&note),
        account,
        actor: &reader.caller.actor,
        now: reader.web.app.clock.now(),
    };
    let tx = begin(&reader).await?;
    match passing::pass_on(&tx, new).await {
        Ok(_) => done(&reader, tx, deed, id).await,
        Err(error) => refused(&reader, error),
    }
}

/// `/desk/praise/ID/undo`
#[handler]
pub(crate) async fn undo_passing_on(reader: Reader<'_>) -> poem::Result<Response> {
    let (id, _) = permitted_praise(&reader, Action::PASS_ON).await?;
    let tx = begin(&reader).await?;
    let now = reader.web.app.clock.now();
    match passing::undo(&tx, reader.organisation.id, id, &reader.caller.actor, now).await {
        Ok(()) => undone(&reader, tx).await,
        Err(error) => refused(&reader, error),
    }
}

/// `/desk/praise/ID/not-them`: the words go back to be decided.
#[handler]
pub(crate) async fn not_them(reader: Reader<'_>) -> poem::Result<Response> {
    let (id, _) = permitted_praise(&reader, Action::DECIDE_TRIAGE).await?;
    let found = passing::of_id(reader.web.app.db.read(), reader.organisation.id, id).await;
    let praise = found.map_err(Failure::from)?.ok_or_else(not_found)?;
    let says = Says {
        organisation: reader.organisation.id,
        comment: praise.comment_id,
        staff: praise.staff_id.ok_or_else(not_found)?,
        actor: &reader.caller.actor,
        now: reader.web.app.clock.now(),
    };
    let tx = begin(&reader).await?;
    match own::not_me(&tx, says, None).await {
        Ok(_) => done(&reader, tx, "not_them", praise.comment_id).await,
        Err(error) => undecided(&reader, error),
    }
}

/// `/desk/comment/ID/decide`
#[handler]
pub(crate) async fn decide(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let comment = permitted_comment(&reader, Action::DECIDE_TRIAGE).await?;
    let fields = Fields::read(&body);
    let typed = fields.get("who").text;
    let (answer, deed) = match answer(&reader, comment, &fields).await? {
        Some(answer) => answer,
        None if typed.is_empty() => return Err(Error::from_status(StatusCode::BAD_REQUEST)),
        None => return again(&reader, Refusal::not_found(comment, comment, typed)).await,
    };
    let new = NewDecision {
        organisation: reader.organisation.id,
        comment,
        answer,
        take_back: Vec::new(),
        keeps_others: false,
        actor: &reader.caller.actor,
        oneself: reader.caller.oneself(),
        now: reader.web.app.clock.now(),
    };
    let tx = begin(&reader).await?;
    match triage::decide_and_learn(&reader.web.app.attribute(), &tx, new).await {
        Ok(_) => done(&reader, tx, deed, comment).await,
        Err(DecisionError::Oneself) => again(&reader, Refusal::oneself(comment, comment)).await,
        Err(error) => undecided(&reader, error),
    }
}

/// `/desk/check/ID/answer`: whoever is asked about an automatic credit says whom they read in it.
#[handler]
pub(crate) async fn answer_check(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let id = reader.id()?;
    let found = check::list::one(db, own, id).await.map_err(Failure::from)?;
    let comment = found.ok_or_else(not_found)?.comment_id;
    let target = Target::said(db, own, comment, reader.today()).await;
    reader.permit(Action::DECIDE_TRIAGE, target.map_err(Failure::from)?)?;
    let fields = Fields::read(&body);
    let typed = fields.get("who").text;
    let (answer, deed) = match answer(&reader, comment, &fields).await? {
        Some(answer) => answer,
        None if typed.is_empty() => return Err(Error::from_status(StatusCode::BAD_REQUEST)),
        None => return again(&reader, Refusal::not_found(id, comment, typed)).await,
    };
    let new = NewDecision {
        organisation: own,
        comment,
        answer,
        take_back: Vec::new(),
        keeps_others: false,
        actor: &reader.caller.actor,
        oneself: reader.caller.oneself(),
        now: reader.web.app.clock.now(),
    };
    let tx = begin(&reader).await?;
    match check::answer::answer(&reader.web.app.attribute(), &tx, id, new).await {
        Ok(Some(_)) => done(&reader, tx, deed, comment).await,
        Ok(None) => undone(&reader, tx).await,
        Err(DecisionError::Oneself) => again(&reader, Refusal::oneself(id, comment)).await,
        Err(error) => undecided(&reader, error),
    }
}

/// What was chosen, and its name in addresses; none where a name was typed that is nobody's.
async fn answer(
    reader: &Reader<'_>,
    comment: Uuid,
    fields: &Fields,
) -> Result<Option<(Answer, &'static str)>, Failure> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    if let Ok(staff) = Uuid::try_parse(&fields.get("staff").text) {
        return Ok(Some((Answer::Credit(vec![staff]), "credited")));
    }
    Ok(match fields.get("decision").text.as_str() {
        "all" => Some((Answer::Credit(shown(reader, comment).await?), "credited")),
        "nobody" => Some((Answer::NobodyKnown { site_praise: false }, "nobody")),
        "not_staff" => Some((Answer::NotStaff, "not_staff")),
        "not_praise" => Some((Answer::NotPraise, "not_praise")),
        _ => {
            let found = who::named(db, own, &fields.get("who").text).await?;
            found.map(|person| (Answer::Credit(vec![person.id]), "credited"))
        }
    })
}

/// Those whom the page offers.
async fn shown(reader: &Reader<'_>, comment: Uuid) -> Result<Vec<Uuid>, DbErr> {
    let current = verdicts::current(reader.web.app.db.read(), &[comment]).await?;
    let open = current
        .iter()
        .filter(|verdict| verdict.state == verdict::State::Open);
    Ok(open.filter_map(|verdict| verdict.staff_id).take(SHOWN).collect())
}

/// `/desk/comment/ID/undo`
#[handler]
pub(crate) async fn undo_decision(reader: Reader<'_>) -> poem::Result<Response> {
    let comment = permitted_decision(&reader).await?;
    let tx = begin(&reader).await?;
    let (oneself, now) = (reader.caller.oneself(), reader.web.app.clock.now());
    let undone_one: Result<decision::Model, _> = triage::undo(
        &tx,
        reader.organisation.id,
        comment,
        &reader.caller.actor,
        oneself,
        now,
    )
    .await;
    match undone_one {
        Ok(_) => undone(&reader, tx).await,
        Err(error) => undecided(&reader, error),
    }
}

/// `/desk/comment/ID/handled`
#[handler]
pub(crate) async fn handle(reader: Reader<'_>) -> poem::Result<Response> {
    let comment = permitted_concern(&reader).await?;
    let (tx, by) = (begin(&reader).await?, by(&reader)?);
    match concern::handle(&tx, reader.organisation.id, comment, by).await {
        Ok(()) => done(&reader, tx, "handled", comment).await,
        Err(error) => refused(&reader, error),
    }
}

/// `/desk/comment/ID/handled/undo`
#[handler]
pub(crate) async fn undo_handling(reader: Reader<'_>) -> poem::Result<Response> {
    let comment = permitted_concern(&reader).await?;
    let (tx, by) = (begin(&reader).await?, by(&reader)?);
    match concern::undo(&tx, reader.organisation.id, comment, by).await {
        Ok(()) => undone(&reader, tx).await,
        Err(error) => refused(&reader, error),
    }
}

fn by<'a>(reader: &'a Reader<'_>) -> poem::Result<By<'a>> {
    Ok(By {
        account: reader.person()?.account,
        actor: &reader.caller.actor,
        now: reader.web.app.clock.now(),
    })
}

async fn begin(reader: &Reader<'_>) -> Result<Tx, Failure> {
    Ok(reader.web.app.db.write().await?)
}

async fn done(reader: &Reader<'_>, tx: Tx, deed: &str, of: Uuid) -> poem::Result<Response> {
    tx.commit().await.map_err(Failure::from)?;
    Ok(reader.see_other("/desk", Some(&format!("done={deed}&of={of}"))))
}

async fn undone(reader: &Reader<'_>, tx: Tx) -> poem::Result<Response> {
    tx.commit().await.map_err(Failure::from)?;
    Ok(reader.see_other("/desk", None))
}

fn refused(reader: &Reader<'_>, error: DeskError) -> poem::Result<Response> {
    match error {
        DeskError::NotFound => Err(not_found()),
        DeskError::NotWaiting | DeskError::NotReachable => Ok(reader.see_other("/desk", None)),
        DeskError::TooLong { .. } => Err(Error::from_status(StatusCode::PAYLOAD_TOO_LARGE)),
        DeskError::Database(error) => Err(Failure::from(error).into()),
    }
}

fn undecided(reader: &Reader<'_>, error: DecisionError) -> poem::Result<Response> {
    match error {
        DecisionError::Database(error) => Err(Failure::from(error).into()),
        DecisionError::NoSuchComment | DecisionError::NoSuchStaffMember(_) => Err(not_found()),
        _ => Ok(reader.see_other("/desk", None)),
    }
}

/// The recognition in the address, and the account that may do this to it.
async fn permitted_praise(reader: &Reader<'_>, action: Action) -> poem::Result<(Uuid, Uuid)> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let id = reader.id()?;
    let found = passing::of_id(db, own, id).await.map_err(Failure::from)?;
    let praise = found.ok_or_else(not_found)?;
    let target = Target::praise(db, own, &praise, reader.today()).await;
    reader.permit(action, target.map_err(Failure::from)?)?;
    Ok((id, reader.person()?.account))
}

/// The comment in the address, if the reader may do this to it.
async fn permitted_comment(reader: &Reader<'_>, action: Action) -> poem::Result<Uuid> {
    let id = reader.id()?;
    let target = Target::said(
        reader.web.app.db.read(),
        reader.organisation.id,
        id,
        reader.today(),
    )
    .await;
    reader.permit(action, target.map_err(Failure::from)?)?;
    Ok(id)
}

/// The comment in the address, if the reader may undo what was decided on it.
async fn permitted_decision(reader: &Reader<'_>) -> poem::Result<Uuid> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let id = reader.id()?;
    let target = Target::decided(db, own, id, reader.today()).await;
    reader.permit(Action::UNDO_DECISION, target.map_err(Failure::from)?)?;
    Ok(id)
}

/// What is to be put right is its site's; without a site, the administrators'.
async fn permitted_concern(reader: &Reader<'_>) -> poem::Result<Uuid> {
    let id = reader.id()?;
    let found = read::one(reader.web.app.db.read(), reader.organisation.id, id).await;
    let (comment, _) = found.map_err(Failure::from)?.ok_or_else(not_found)?;
    let target = comment.site_id.map_or(Target::Organisation, Target::Site);
    reader.permit(Action::HANDLE_CONCERN, Some(target))?;
    Ok(id)
}
