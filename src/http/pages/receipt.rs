//! The customer's own page: what has become of their words. Whoever has its address may correct and withdraw them.
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use entity::{
    comment::{State, Tone},
    staff_member,
};
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
    http::problem::Failure,
    roster::organisation,
    template::{
        Moment, Words,
        context::{
            Answer, Field, Finding, FormProblemKind as Problem, Heard, Note, ReceiptNotice, ReceiptPage,
        },
        time_words,
    },
};

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
    erase::withdraw(&tx, receipt.organisation.id, receipt.comment.id, request).await?;
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
    let until = form::receipt_until(&receipt.comment).with_timezone(&zone(receipt));
    let until = time_words::date(until.date_naive(), visit.language);
    let text = match &receipt.words.text {
        Some(text) if !is_gone(receipt) => text,
        _ if receipt.comment.withdrawn_at.is_some() => {
            return ReceiptPage::withdrawn(frame, &place, received, &thank, &until);
        }
        _ => return ReceiptPage::erased(frame, &place, received, &thank, &until),
    };
    let words = Words::plain(text, receipt.words.language.as_deref());
    let heard = heard(receipt, at);
    let mut page = ReceiptPage::of(frame, &heard, words, &path, &thank, &until);
    page.correct_url = Some(visit.link(&format!("{path}/correct"), None));
    page.withdraw_url = Some(visit.link(&format!("{path}/withdraw"), None));
    page.corrected = receipt.corrected_at().map(at);
    page
}

fn zone(receipt: &Receipt) -> Tz {
    let own = receipt.site.as_ref().and_then(|site| site.time_zone.as_deref());
    own.and_then(|zone| zone.parse().ok())
        .unwrap_or_else(|| organisation::zone(&receipt.organisation))
}

fn moment(visit: &Visit<'_>, receipt: &Receipt, at: DateTime<Utc>) -> Moment {
    Moment::near(at, zone(receipt), visit.web.app.clock.now(), visit.language)
}

fn place_name(receipt: &Receipt) -> String {
    match &receipt.site {
        Some(site) => site.name.clone(),
        None => receipt.organisation.name.clone(),
    }
}

/// What has happened to the words. Nobody is named but who answers: the customer learns that they were heard, not the
/// roster.
fn heard(receipt: &Receipt, at: impl Fn(DateTime<Utc>) -> Moment) -> Heard {
    let finding = finding(receipt);
    let told_at = match finding {
        Finding::Concern => receipt.complaint_told_at,
        _ => receipt.praise_told_at,
    };
    // Whoever passed it on had it, if only on their desk.
    let told_at = told_at.or_else(|| receipt.passed_on.first().map(|passed| passed.passed_on_at));
    let passed_on = receipt.passed_on.iter();
    let answers = receipt.answers.iter();
    Heard {
        received: at(receipt.comment.received_at),
        finding,
        with_manager: told_at.map(&at),
        passed_on: passed_on
            .map(|passed| {
                (
                    at(passed.passed_on_at),
                    passed.note.as_deref().map(|line| note(line, None)),
                )
            })
            .collect(),
        waits: receipt.waits,
        answers: answers
            .map(|(answer, person)| Answer {
                at: at(answer.created_at),
                note: note(&answer.text, Some(called(person))),
            })
            .collect(),
        name: receipt.answers.first().map(|(_, person)| called(person)),
        place: place_name(receipt),
    }
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
    person
        .preferred_name
        .as_ref()
        .unwrap_or(&person.given_name)
        .clone()
}

fn finding(receipt: &Receipt) -> Finding {
    match receipt.comment.state {
        State::Held => Finding::Held,
        State::Settling | State::Attributing => Finding::Reading,
        _ if receipt.has_person() => Finding::Person,
        State::Triage => Finding::Deciding,
        State::Done if receipt.is_for_the_place() => Finding::Place,
        State::Done if is_concern(receipt) => Finding::Concern,
        State::Done => Finding::Nobody,
    }
}

/// Words with a complaint in them go to somebody who can put it right (see `route`).
fn is_concern(receipt: &Receipt) -> bool {
    matches!(receipt.comment.tone, Some(Tone::Complaint | Tone::Mixed))
}
