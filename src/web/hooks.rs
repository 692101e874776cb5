//! `/hooks/{address}`: where tools push. The address names its source; the answer is given once the push is on disk, and
//! what it says is read afterwards.
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use chrono::{DateTime, TimeDelta, Utc};
use entity::source;
use poem::{
    IntoResponse, Request, Response, handler,
    http::{Method, StatusCode, header},
    web::{Data, Path},
};
use uuid::Uuid;

use super::{Web, address, body, problem::Failure};
use crate::capture::source::{
    hook,
    inbox::{self, Body, InboxError, Taken},
    secrets,
    tool::{
        Tool,
        signature::{Envelope, Refusal},
    },
};

/// Parameters by which services try an address: they want the value back.
const CHALLENGES: [&str; 4] = ["challenge", "hub.challenge", "validationToken", "crc_token"];
/// One line of the audit log tells of all pushes that a source refused within this time.
const TOLD_EVERY: TimeDelta = TimeDelta::minutes(1);

/// Pushes that were refused and are not in the audit log yet, with the time of the last line.
#[derive(Debug, Default)]
pub struct Refusals(Mutex<HashMap<Uuid, Refused>>);

#[derive(Debug, Default)]
struct Refused {
    told: Option<DateTime<Utc>>,
    count: u64,
}

impl Refusals {
    /// Counts one; returns how many there are to tell of, at most once a minute.
    fn note(&self, source: Uuid, now: DateTime<Utc>) -> Option<u64> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refused = all.entry(source).or_default();
        refused.count += 1;
        if refused.told.is_some_and(|told| now - told < TOLD_EVERY) {
            return None;
        }
        refused.told = Some(now);
        Some(std::mem::take(&mut refused.count))
    }
}

/// Takes a push, or answers a service that only tries the address.
#[handler]
pub(crate) async fn take(
    request: &Request,
    Path(given): Path<String>,
    Data(web): Data<&Web>,
    sent: poem::Body,
) -> Result<Response, Failure> {
    let found = hook::by_address(web.app.db.read(), &given).await?;
    let from = address::of(request, &web.app.config.server.trusted_proxies);
    let Some((hook, source)) = found else {
        web.limits.note_wrong_key(from)?;
        return Err(Failure::not_found("address"));
    };
    if source.removed_at.is_some() {
        return Err(gone());
    }
    if *request.method() != Method::POST {
        return Ok(answer(challenge(request).unwrap_or_default()));
    }
    body::mark_known(request);
    let body = Body {
        content_type: header(request, "content-type").unwrap_or_default().to_lowercase(),
        bytes: sent.into_vec().await.map_err(|_| unread())?,
    };
    let tool = tool(&source)?;
    if tool.is_probe(&body.content_type, &body.bytes) {
        return Ok(answer(String::new()));
    }
    if let Err(refused) = verify(web, request, &source, &tool, &body).await {
        web.limits.note_wrong_key(from)?;
        return Err(refused);
    }
    // Who has the address alone, from the log of a proxy say, uses up nothing of whoever can sign.
    web.limits.may_push(source.id)?;
    if let Some(reply) = tool.reply_to(&body.content_type, &body.bytes) {
        return Ok(answer_of(&tool, reply));
    }
    match inbox::take(&web.app.capture(), &hook, &body).await {
        Ok(Taken::New | Taken::Known) => Ok(answer_of(&tool, &tool.answer.body)),
        Ok(Taken::Full) => Err(full()),
        Err(InboxError::Database(error)) => Err(error.into()),
        Err(error @ InboxError::Seal(_)) => Err(Failure::internal(&error)),
    }
}

fn tool(source: &source::Model) -> Result<Tool, Failure> {
    // Who is told that an address is gone pushes there no more: an older Plaudit that lacks the tool is no reason.
    let unknown = || Failure::internal(&format!("no tool of kind {} is known", source.kind));
    let tool = Tool::find(&source.kind).ok_or_else(unknown)?;
    tool.with(&source.settings)
        .map_err(|error| Failure::internal(&error))
}

async fn verify(
    web: &Web,
    request: &Request,
    source: &source::Model,
    tool: &Tool,
    body: &Body,
) -> Result<(), Failure> {
    match check(web, request, source, tool, body)? {
        Ok(()) => Ok(()),
        Err(refusal) => {
            note_refused(web, source, refusal).await?;
            Err(unauthorized(refusal))
        }
    }
}

fn check(
    web: &Web,
    request: &Request,
    source: &source::Model,
    tool: &Tool,
    body: &Body,
) -> Result<Result<(), Refusal>, Failure> {
    let sealed = secrets::open(&web.app.secrets, source).map_err(|error| Failure::internal(&error))?;
    let secrets = sealed.as_ref().map(secrets::lines).unwrap_or_default();
    let url = format!("{}{}", web.app.config.server.base_url, request.uri());
    let envelope = Envelope {
        header: &|name| header(request, name),
        body: &body.bytes,
        url: &url,
        now: web.app.clock.now(),
    };
    Ok(tool.verify(&envelope, &secrets))
}

async fn note_refused(web: &Web, source: &source::Model, refusal: Refusal) -> Result<(), Failure> {
    let now = web.app.clock.now();
    if let Some(count) = web.forged.note(source.id, now) {
        let tx = web.app.db.write().await?;
        hook::note_refused(&tx, source, count, &refusal.to_string(), now).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn header(request: &Request, name: &str) -> Option<String> {
    let value = request.headers().get(name)?.to_str().ok()?;
    Some(value.to_owned())
}

fn challenge(request: &Request) -> Option<String> {
    let query = request.uri().query()?;
    let mut fields = form_urlencoded::parse(query.as_bytes());
    let (_, value) = fields.find(|(name, _)| CHALLENGES.contains(&name.as_ref()))?;
    Some(value.chars().take(500).collect())
}

fn answer_of(tool: &Tool, body: &str) -> Response {
    let answer = answer(body.to_owned());
    match &tool.answer.content_type {
        Some(content_type) => answer.with_content_type(content_type).into_response(),
        None => answer,
    }
}

fn answer(text: String) -> Response {
    Response::builder()
        .header(header::CONTENT_TYPE, "text/plain; charset=utf-8")
        .body(text)
}

fn unauthorized(refusal: Refusal) -> Failure {
    let detail = format!("this push was refused: {refusal}");
    Failure::new(
        StatusCode::UNAUTHORIZED,
        "unauthorized",
        "Not from whom it says",
        Some(detail),
    )
}

/// `super::body` answers why where it stopped.
fn unread() -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "bad_request",
        "The request cannot be read",
        Some("its body was not sent to the end".to_owned()),
    )
}

fn gone() -> Failure {
    let detail = "the source of this address was removed; push to it no more".to_owned();
    Failure::new(StatusCode::GONE, "gone", "Gone", Some(detail))
}

fn full() -> Failure {
    let detail = "the inbox of this source is full; send it again later".to_owned();
    Failure::new(
        StatusCode::TOO_MANY_REQUESTS,
        "too_many_requests",
        "Too many requests",
        Some(detail),
    )
}
