//! The customer's own page: what has become of their words. Whoever has its address may correct and withdraw them.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{decision::Kind, staff_member};
use poem::{
    Error, Response, handler,
    http::{HeaderValue, StatusCode, header},
};

use super::{
    Visit,
    fields::{Fields, Written},
    form::{again, refuse_other_types, sender, wrong_with_words},
    place,
};
use crate::{
    capture::{
        erase,
        form::{self, correction},
        receipt::{self, Receipt},
    },
    template::{
        Moment, Words,
        context::{Act, Field, FormProblemKind as Problem, Heard, Note, ReceiptNotice, ReceiptPage},
    },
    web::problem::Failure,
};

/// After so long without anybody doing anything, nothing is to be expected.
const KEPT_AFTER: TimeDelta = TimeDelta::days(14);

/// The receipt.
#[handler]
pub(crate) async fn show(visit: Visit<'_>) -> poem::Result<Response> {
    let receipt = find(&visit).await?;
    let mut page = page(&visit, &receipt);
    page.notice = notice(&visit).filter(|_| page.words.is_some());
    visit.page(StatusCode::OK, &page).map(unseen)
}

/// Takes corrected words.
#[handler]
pub(crate) async fn correct(visit: Visit<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(visit.request)?;
    let receipt = find(&visit).await?;
    if is_gone(&receipt) {
        return Ok(visit.see_other(&path(&visit), None));
    }
    let words = Fields::read(&body).get("words");
    let mut page = page(&visit, &receipt);
    page.again = Field {
        value: words.text.clone(),
        problem: wrong_with_words(&words),
    };
    if page.again.problem.is_some() {
        return visit.page(StatusCode::UNPROCESSABLE_ENTITY, &page).map(unseen);
    }
    if let Err(refused) = visit.web.limits.may_correct(sender(&visit)) {
        page.again.problem = Some(Problem::TooMany);
        return again(&visit, &page, refused).map(unseen);
    }
    match store(&visit, &receipt, words).await {
        Ok(()) => Ok(visit.see_other(&path(&visit), Some("corrected"))),
        Err(failed) => {
            page.again.problem = Some(Problem::OurFault);
            again(&visit, &page, failed).map(unseen)
        }
    }
}

/// Takes the words back.
#[handler]
pub(crate) async fn withdraw(visit: Visit<'_>) -> poem::Result<Response> {
    let receipt = find(&visit).await?;
    let request = erase::Request {
        actor: "customer",
        reason: "withdrawn_by_customer",
        now: visit.web.app.clock.now(),
    };
    withdraw_words(&visit, &receipt, request)
        .await
        .map_err(Failure::from)?;
    Ok(visit.see_other(&path(&visit), None))
}

async fn withdraw_words(
    visit: &Visit<'_>,
    receipt: &Receipt,
    request: erase::Request<'_>,
) -> Result<(), sea_orm::DbErr> {
    let tx = visit.web.app.db.write().await?;
    erase::withdraw(&tx, receipt.organisation.id, &[receipt.comment.id], request).await?;
    tx.commit().await
}

/// The receipt at the address. 404 where there is none, 410 once it is too old.
async fn find(visit: &Visit<'_>) -> poem::Result<Receipt> {
    let found = receipt::receipt(visit.web.app.db.read(), visit.part("token"))
        .await
        .map_err(Failure::from)?;
    let receipt = found.ok_or_else(|| Error::from_status(StatusCode::NOT_FOUND))?;
    if form::is_over(&receipt.comment, visit.web.app.clock.now()) {
        return Err(Error::from_status(StatusCode::GONE));
    }
    Ok(receipt)
}

async fn store(visit: &Visit<'_>, receipt: &Receipt, words: Written) -> Result<(), Failure> {
    let now = visit.web.app.clock.now();
    let draft = correction(&receipt.comment, &receipt.words, &receipt.source, words.text, now);
    draft.check()?;
    visit.web.comments.store(draft).await?;
    Ok(())
}

/// Its address is a secret: neither search engines nor the sites it links to may learn it.
pub(super) fn unseen(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert("x-robots-tag", HeaderValue::from_static("noindex, nofollow"));
    answer
}

fn notice(visit: &Visit<'_>) -> Option<ReceiptNotice> {
    if visit.has("corrected") {
        return Some(ReceiptNotice::Corrected);
    }
    visit.has("again").then_some(ReceiptNotice::SentAgain)
}

fn path(visit: &Visit<'_>) -> String {
    format!("/r/{}", visit.part("token"))
}

fn is_gone(receipt: &Receipt) -> bool {
    receipt.comment.withdrawn_at.is_some() || receipt.comment.erased_at.is_some()
}

fn page(visit: &Visit<'_>, receipt: &Receipt) -> ReceiptPage {
    let path = path(visit);
    let frame = visit.frame(&receipt.organisation, &path);
    let at = |time| moment(visit, receipt, time);
    let place = place_name(receipt);
    let received = at(receipt.comment.received_at);
    let thank = visit.link(&place::path(&receipt.organisation, receipt.site.as_ref()), None);
    let until = form::receipt_until(&receipt.comment).with_timezone(&receipt.zone);
    let until = until.date_naive();
    let text = match &receipt.words.text {
        Some(text) if !is_gone(receipt) => text,
        _ if receipt.comment.withdrawn_at.is_some() => {
            return ReceiptPage::withdrawn(frame, &place, received, &thank, until);
        }
        _ => return ReceiptPage::erased(frame, &place, received, &thank, until),
    };
    let words = Words::plain(text, receipt.words.language.as_deref());
    let heard = heard(visit, receipt, at);
    let mut page = ReceiptPage::of(frame, &heard, words, &path, &thank, until);
    page.here_url = visit.link(&path, None);
    page.correct_url = Some(visit.link(&format!("{path}/correct"), None));
    page.withdraw_url = Some(visit.link(&format!("{path}/withdraw"), None));
    page.corrected = receipt.corrected_at().map(at);
    page
}

fn moment(visit: &Visit<'_>, receipt: &Receipt, at: DateTime<Utc>) -> Moment {
    Moment::near(at, receipt.zone, visit.web.app.clock.now())
}

fn place_name(receipt: &Receipt) -> String {
    match &receipt.site {
        Some(site) => site.name.clone(),
        None => receipt.organisation.name.clone(),
    }
}

/// What people have done with the words. Nobody is named but who answers, and nothing follows from what was found in
/// the words or whom it was told: else a stranger would learn who works where.
fn heard(visit: &Visit<'_>, receipt: &Receipt, at: impl Fn(DateTime<Utc>) -> Moment) -> Heard {
    let passed_on = receipt.passed_on.iter().map(|passed| {
        let line = passed.note.as_deref().map(|line| note(line, None));
        (passed.passed_on_at, Act::PassedOn(line))
    });
    let answers = receipt.answers.iter().map(|(answer, person)| {
        let line = note(&answer.text, Some(called(person)));
        (answer.created_at, Act::Answered(line))
    });
    let mut acts: Vec<_> = passed_on.chain(answers).collect();
    acts.extend(end(receipt, acts.is_empty()));
    acts.sort_by_key(|(at, _)| *at);
    Heard {
        received: at(receipt.comment.received_at),
        is_kept: visit.web.app.clock.now() - receipt.comment.received_at >= KEPT_AFTER,
        acts: acts.into_iter().map(|(when, act)| (at(when), act)).collect(),
        place: place_name(receipt),
    }
}

/// Whether somebody has dealt with the words, or looks into them, by what they last decided.
fn end(receipt: &Receipt, is_untouched: bool) -> Option<(DateTime<Utc>, Act)> {
    if let Some(handled) = receipt.comment.handled_at {
        return Some((handled, Act::Closed));
    }
    let decided = receipt.decisions.last().filter(|_| is_untouched)?;
    let is_over = receipt.comment.concern_since.is_none()
        && matches!(decided.kind, Kind::NotStaff | Kind::NotPraise | Kind::NobodyKnown);
    let act = if is_over { Act::Closed } else { Act::LooksInto };
    Some((decided.created_at, act))
}

/// A colleague's line to the customer.
fn note(line: &str, by: Option<String>) -> Note {
    Note {
        text: Words::plain(line, None),
        by,
    }
}

/// What somebody is called: whoever answers signs with it.
fn called(person: &staff_member::Model) -> String {
    person.first_name().to_owned()
}
