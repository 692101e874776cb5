//! How answers are fetched from a tool, on its source's page: the key, what is to be read, and what the tool held before it
//! pushed.
use chrono::NaiveDate;
use entity::source;
use poem::{Response, handler, http::StatusCode};
use serde_json::{Map, Value};

use super::{
    near,
    source::{change, found, source_page},
};
use crate::{
    access::{Action, Target},
    capture::{
        import::undo,
        source::{
            SourceError,
            backfill::{self, Backfill, State},
            health::HookHealth,
            hook::HookPatch,
            tool::{Tool, fetch::Fetch},
        },
    },
    template::context::{AdminSourcePage, BackfillShown, FetchForms, FetchSection, NamedField, Steps},
    web::{
        pages::{
            fields::Fields,
            form::refuse_other_types,
            reader::{Reader, not_found},
        },
        problem::Failure,
    },
};

/// The section; none where nothing can be fetched from the tool.
pub(super) async fn section(
    reader: &Reader<'_>,
    source: &source::Model,
    health: &HookHealth,
) -> Result<Option<FetchSection>, sea_orm::DbErr> {
    let set = Tool::find(&source.kind).and_then(|tool| tool.with(&source.settings).ok());
    let Some((label, fetch)) = set.and_then(|tool| Some((tool.label, tool.fetch?))) else {
        return Ok(None);
    };
    let newest = backfill::latest(reader.web.app.db.read(), source).await?;
    let may_change = reader.may(Action::UPDATE_SOURCE, &Target::Organisation);
    Ok(Some(FetchSection {
        tool: label,
        has_list: fetch.has_list(),
        has_thin: fetch.has_one(),
        has_key: health.reading_key_at.is_some(),
        problem: health.fetch_problem.clone(),
        backfill: newest.map(|newest| shown(reader, &newest)),
        forms: may_change.then(|| forms(reader, source, &fetch)),
    }))
}

fn forms(reader: &Reader<'_>, source: &source::Model, fetch: &Fetch) -> FetchForms {
    let below = |name: &str| reader.link(&format!("/sources/{}/{name}", source.id), None);
    let named = fetch.names().map(|(name, value)| NamedField {
        id: format!("named-{name}"),
        label: format!("admin.fetch_named.{name}"),
        value: value.to_owned(),
    });
    let language = reader.frame("/sources", "sources").language;
    let (language, key_at) = fetch.key_at_in(language.code());
    FetchForms {
        key_url: below("reading-key"),
        called: fetch.key.clone(),
        key_at: Steps {
            language: language.to_owned(),
            lines: vec![key_at.to_owned()],
            template: None,
        },
        server: fetch.server_as_entered().to_owned(),
        named: named.collect(),
        asks_words: fetch.asks_where(),
        words: source
            .settings
            .pointer("/fetch/comment/text")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        problem: None,
        backfill_url: fetch.has_list().then(|| below("backfill")),
        since: String::new(),
        since_problem: None,
    }
}

fn shown(reader: &Reader<'_>, newest: &Backfill) -> BackfillShown {
    let brought = newest.brought();
    let undone = newest.import.undone_at.is_some();
    let state = match newest.row.state {
        _ if undone => "admin.earlier_undone",
        State::Running => "admin.earlier_running",
        State::Stopped => "admin.earlier_stopped",
        State::Done => "admin.earlier_done",
    };
    BackfillShown {
        since: near(reader, newest.row.since),
        state,
        answers: brought.lines,
        added: brought.added,
        revised: brought.revised,
        left_out: brought.blank + brought.rejected,
        problem: newest.row.problem.clone(),
        next: newest.row.next_at.map(|at| near(reader, at)),
        may_stop: newest.row.state == State::Running,
        may_resume: newest.row.state == State::Stopped,
        may_undo: !undone,
    }
}

/// Enters the key, and what is to be read.
#[handler]
pub(crate) async fn enter_key(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let source = found(&reader).await?;
    let tool = Tool::find(&source.kind).filter(|tool| tool.fetch.is_some());
    tool.ok_or_else(not_found)?;
    let typed = Fields::read(&body);
    let key = typed.get("reading_key").text;
    let patch = HookPatch {
        settings: Some(settings(&source.settings, &typed)),
        reading_key: (!key.trim().is_empty()).then(|| key.into()),
        ..HookPatch::default()
    };
    match change(&reader, &source, patch).await {
        Ok(_) => Ok(back(&reader, &source)),
        Err(SourceError::Invalid { message, .. }) => {
            refused(&reader, &source, |forms| forms.problem = Some(message)).await
        }
        Err(error) => Err(Failure::from(error).into()),
    }
}

/// The settings with what was typed of server, names and words.
fn settings(there: &Value, typed: &Fields) -> Value {
    let mut settings = there.as_object().cloned().unwrap_or_default();
    let mut fetch = part(&mut settings, "fetch");
    let mut named = part(&mut fetch, "named");
    let mut comment = part(&mut fetch, "comment");
    let text = |name: &str| typed.get(name).text.trim().to_owned();
    set(&mut fetch, "server", text("server"));
    for name in ["form", "survey"] {
        set(&mut named, name, text(&format!("named-{name}")));
    }
    let words = text("words");
    // Several places are entered by command line or API; the page has one field, which stands empty then.
    let is_one = comment.get("text").is_none_or(Value::is_string);
    if is_one || !words.is_empty() {
        set(&mut comment, "text", words);
    }
    put(&mut fetch, "named", named);
    put(&mut fetch, "comment", comment);
    put(&mut settings, "fetch", fetch);
    Value::Object(settings)
}

fn part(of: &mut Map<String, Value>, name: &str) -> Map<String, Value> {
    match of.remove(name) {
        Some(Value::Object(part)) => part,
        _ => Map::new(),
    }
}

fn put(of: &mut Map<String, Value>, name: &str, part: Map<String, Value>) {
    if !part.is_empty() {
        of.insert(name.to_owned(), Value::Object(part));
    }
}

/// What was left empty is as the tool's file says.
fn set(of: &mut Map<String, Value>, name: &str, value: String) {
    match value.is_empty() {
        true => of.remove(name),
        false => of.insert(name.to_owned(), Value::String(value)),
    };
}

/// Begins a backfill, stops it, lets it go on, or takes it back.
#[handler]
pub(crate) async fn take_in(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let source = found(&reader).await?;
    Tool::find(&source.kind).ok_or_else(not_found)?;
    let typed = Fields::read(&body);
    let (what, since) = (typed.get("do").text, typed.get("since").text);
    match act(&reader, &source, &what, since.trim()).await {
        Ok(()) => Ok(back(&reader, &source)),
        Err(SourceError::Invalid { message, .. }) => {
            refused(&reader, &source, |forms| {
                forms.since = since;
                forms.since_problem = Some(message);
            })
            .await
        }
        Err(error) => Err(Failure::from(error).into()),
    }
}

async fn act(
    reader: &Reader<'_>,
    source: &source::Model,
    what: &str,
    since: &str,
) -> Result<(), SourceError> {
    let (app, actor) = (&reader.web.app, reader.caller.actor.as_str());
    if what == "undo" {
        return undo_newest(reader, source).await;
    }
    let tx = app.db.write().await?;
    let now = app.clock.now();
    match what {
        "stop" => backfill::stop(&tx, source, actor, now).await.map(drop)?,
        "resume" => backfill::go_on(&tx, source, actor, now).await.map(drop)?,
        _ => {
            let day: NaiveDate = since.parse().map_err(|_| SourceError::Invalid {
                field: "since",
                message: "give a day, such as 2026-01-31".to_owned(),
            })?;
            backfill::begin(&tx, source, day, actor, now).await?;
        }
    }
    Ok(tx.commit().await?)
}

async fn undo_newest(reader: &Reader<'_>, source: &source::Model) -> Result<(), SourceError> {
    let app = &reader.web.app;
    let Some(newest) = backfill::latest(app.db.read(), source).await? else {
        return Ok(());
    };
    let (own, actor) = (reader.organisation.id, reader.caller.actor.as_str());
    let undone = undo::undo(&app.db, &app.clock, own, newest.import.id, actor).await;
    undone.map(drop).map_err(|error| SourceError::Invalid {
        field: "backfill",
        message: error.to_string(),
    })
}

fn back(reader: &Reader<'_>, source: &source::Model) -> Response {
    reader.see_other(&format!("/sources/{}", source.id), None)
}

async fn refused(
    reader: &Reader<'_>,
    source: &source::Model,
    say: impl FnOnce(&mut FetchForms),
) -> poem::Result<Response> {
    let mut page: AdminSourcePage = source_page(reader, source).await?;
    if let Some(forms) = page.fetch.as_mut().and_then(|fetch| fetch.forms.as_mut()) {
        say(forms);
    }
    reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
}
