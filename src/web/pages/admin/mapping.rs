//! What stands where in the pushes of a source: tried on a sample, with what it would become, and stored.
use entity::{push, source};
use poem::{Response, handler, http::StatusCode};
use serde_json::{Map, Value};

use super::source::{change, found, page_with};
use crate::{
    access::{Action, Target},
    capture::{
        draft::Scale,
        source::{
            SourceError,
            hook::HookPatch,
            inbox,
            preview::{self, Place},
            tool::{Content, Said},
        },
    },
    template::context::{Becomes, Choice, Fact, MappingField, MappingForm, PlaceRow},
    web::{
        pages::{fields::Fields, form::refuse_other_types, reader::Reader},
        problem::Failure,
    },
};

/// The fields that can be said here, as settings name them; the score stands in a table of its own.
const FIELDS: [&str; 13] = [
    "text",
    "id",
    "hint",
    "occurred_at",
    "revised_at",
    "staff",
    "site",
    "post",
    "author_name",
    "author_contact",
    "language",
    "incentivised",
    "score",
];
const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// Tries what was typed on a sample, takes the last push as the sample, or stores it.
#[handler]
pub(crate) async fn change_mapping(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let source = found(&reader).await?;
    let typed = Fields::read(&body);
    let settings = settings(&source.settings, &typed);
    let deed = typed.get("do").text;
    if deed == "save" {
        let patch = HookPatch {
            settings: Some(settings.clone()),
            ..HookPatch::default()
        };
        return match change(&reader, &source, patch).await {
            Ok(saved) => {
                let mut form = tried(&reader, &saved, &settings, &typed.get("sample").text)?;
                form.saved = true;
                let page = page_with(&reader, &saved, form).await?;
                reader.page(StatusCode::OK, &page)
            }
            Err(SourceError::Invalid {
                field: "settings",
                message,
            }) => {
                let mut form = form(&reader, &source, &settings);
                form.sample = typed.get("sample").text;
                form.problem = Some(message);
                let page = page_with(&reader, &source, form).await?;
                reader.page(StatusCode::UNPROCESSABLE_ENTITY, &page)
            }
            Err(error) => Err(Failure::from(error).into()),
        };
    }
    let sample = match deed.as_str() {
        "last" => last(&reader, &source).await?,
        _ => Some(typed.get("sample").text),
    };
    let mut form = tried(&reader, &source, &settings, sample.as_deref().unwrap_or_default())?;
    if sample.is_none() {
        form.nothing = Some("admin.no_sample");
    }
    let status = match form.problem {
        Some(_) => StatusCode::UNPROCESSABLE_ENTITY,
        None => StatusCode::OK,
    };
    let page = page_with(&reader, &source, form).await?;
    reader.page(status, &page)
}

/// The newest push that is kept, which the audit log notes.
async fn last(reader: &Reader<'_>, source: &source::Model) -> poem::Result<Option<String>> {
    reader.permit(Action::GET_PUSH, Some(Target::Organisation))?;
    let app = &reader.web.app;
    let newest = inbox::newest(app.db.read(), source)
        .await
        .map_err(Failure::from)?;
    let Some(push::Model { id, .. }) = newest else {
        return Ok(None);
    };
    let shown = inbox::show(&app.capture(), source, id, &reader.caller.actor).await;
    let shown = shown.map_err(|error| Failure::internal(&error))?;
    Ok(shown.map(|(_, body)| String::from_utf8_lossy(&body.bytes).into_owned()))
}

/// The form with a mapping, as yet without a sample.
pub(super) fn form(reader: &Reader<'_>, source: &source::Model, settings: &Value) -> MappingForm {
    let comment = settings.get("comment");
    let scale = comment.and_then(|comment| comment.pointer("/score/scale")?.as_str());
    let field = |name: &&str| MappingField {
        id: (*name).to_owned(),
        label: format!("admin.field.{name}"),
        value: typed_of(comment.and_then(|comment| match *name {
            "score" => comment.pointer("/score/at"),
            name => comment.get(name),
        })),
    };
    let none = Choice {
        value: String::new(),
        label: "admin.scale.as_it_is".to_owned(),
        chosen: scale.is_none(),
    };
    let choice = |of: &Scale| Choice {
        value: of.name().to_owned(),
        label: format!("admin.scale.{}", of.name()),
        chosen: scale == Some(of.name()),
    };
    MappingForm {
        action: reader.link(&format!("/sources/{}/mapping", source.id), None),
        sample: String::new(),
        fields: FIELDS.iter().map(field).collect(),
        scales: std::iter::once(none)
            .chain(Scale::ALL.iter().map(choice))
            .collect(),
        places: Vec::new(),
        becomes: Vec::new(),
        nothing: None,
        problem: None,
        saved: false,
    }
}

/// A pointer, or several with blanks between; what is made of more than pointers is JSON.
fn typed_of(value: Option<&Value>) -> String {
    match value {
        None => String::new(),
        Some(Value::String(pointer)) if !pointer.contains(' ') => pointer.clone(),
        Some(value) => value.to_string(),
    }
}

fn pick(typed: &str) -> Value {
    serde_json::from_str(typed).unwrap_or_else(|_| Value::String(typed.to_owned()))
}

/// The settings with what was typed in place of what they say of these fields.
fn settings(there: &Value, typed: &Fields) -> Value {
    let mut settings = there.as_object().cloned().unwrap_or_default();
    let mut comment: Map<String, Value> = match settings.remove("comment") {
        Some(Value::Object(comment)) => comment,
        _ => Map::new(),
    };
    let mut score: Map<String, Value> = match comment.remove("score") {
        Some(Value::Object(score)) => score,
        _ => Map::new(),
    };
    for name in FIELDS {
        let value = typed.get(&format!("at-{name}")).text.trim().to_owned();
        let (fields, key) = match name {
            "score" => (&mut score, "at"),
            name => (&mut comment, name),
        };
        set(fields, key, (!value.is_empty()).then(|| pick(&value)));
    }
    let scale = typed.get("scale").text;
    set(
        &mut score,
        "scale",
        (!scale.is_empty()).then_some(Value::String(scale)),
    );
    if !score.is_empty() {
        comment.insert("score".to_owned(), Value::Object(score));
    }
    if !comment.is_empty() {
        settings.insert("comment".to_owned(), Value::Object(comment));
    }
    Value::Object(settings)
}

fn set(fields: &mut Map<String, Value>, key: &str, value: Option<Value>) {
    match value {
        Some(value) => {
            fields.insert(key.to_owned(), value);
        }
        None => {
            fields.remove(key);
        }
    }
}

/// The form with a sample, and what that would become.
fn tried(
    reader: &Reader<'_>,
    source: &source::Model,
    settings: &Value,
    sample: &str,
) -> poem::Result<MappingForm> {
    let mut form = form(reader, source, settings);
    form.sample = sample.to_owned();
    if sample.trim().is_empty() {
        return Ok(form);
    }
    let content_type = match sample.trim_start().starts_with(['{', '[']) {
        true => JSON,
        false => FORM,
    };
    match preview::preview(source, Some(settings), content_type, sample.trim().as_bytes()) {
        Ok(preview) => {
            form.places = preview.places.into_iter().map(place).collect();
            match preview.content {
                Ok(Content::Said(said)) => form.becomes = said.iter().map(becomes).collect(),
                Ok(Content::Nothing) => form.nothing = Some("admin.becomes_nothing"),
                Ok(Content::Thin) => form.nothing = Some("admin.becomes_fetched"),
                Ok(Content::Withdrawn(_)) => form.nothing = Some("admin.becomes_withdrawn"),
                Err(fault) => form.problem = Some(fault),
            }
        }
        Err(SourceError::Invalid {
            field: "settings",
            message,
        }) => form.problem = Some(message),
        Err(error) => return Err(Failure::from(error).into()),
    }
    Ok(form)
}

fn place(place: Place) -> PlaceRow {
    PlaceRow {
        pointer: place.pointer,
        value: place.value,
    }
}

fn becomes(said: &Said) -> Becomes {
    let words = &said.words;
    let author = words.author.as_ref();
    let score = words
        .score
        .map(|score| format!("{} ({})", score.value, score.scale.name()));
    let facts = [
        ("id", said.id.clone()),
        ("hint", words.hint.clone()),
        ("score", score),
        ("staff", said.staff.clone()),
        ("site", said.site.clone()),
        ("post", words.post.clone()),
        ("occurred_at", said.occurred_at.map(|at| at.to_rfc3339())),
        ("revised_at", said.revised_at.map(|at| at.to_rfc3339())),
        ("author_name", author.and_then(|author| author.name.clone())),
        ("author_contact", author.and_then(|author| author.contact.clone())),
        ("language", words.language.clone()),
    ];
    let fact = |(name, value): (&str, Option<String>)| {
        Some(Fact {
            label: format!("admin.field.{name}"),
            value: value?,
        })
    };
    Becomes {
        text: words.text.clone(),
        facts: facts.into_iter().filter_map(fact).collect(),
    }
}
