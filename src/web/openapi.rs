//! The API's description: made from the code, mended where poem-openapi says less than is true.
use std::{collections::BTreeSet, io::Write, sync::LazyLock};

use flate2::{Compression, write::GzEncoder};
use poem::{
    Request, Response, handler,
    http::{HeaderValue, StatusCode, header},
};
use poem_openapi::OpenApiService;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::api::{Apis, apis};
use crate::{access::Action, platform::text_file::hex};

/// A text that changes with the version only: packed once, kept by browsers and asked for again by its tag.
struct Kept {
    plain: String,
    packed: Vec<u8>,
    tag: String,
}

static DOCUMENT_KEPT: LazyLock<Kept> = LazyLock::new(|| Kept::new(DOCUMENT.to_string()));

static SWAGGER_KEPT: LazyLock<Kept> = LazyLock::new(|| Kept::new(service().swagger_ui_html()));

impl Kept {
    fn new(plain: String) -> Kept {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        let written = packed.write_all(plain.as_bytes());
        let packed = written.and_then(|()| packed.finish()).unwrap_or_default();
        let tag = format!("\"{}\"", hex(&Sha256::digest(&plain)));
        Kept { plain, packed, tag }
    }

    fn answer(&self, request: &Request, content_type: &str) -> Response {
        let said = |name| request.header(name).unwrap_or_default();
        let answer = Response::builder()
            .header(header::ETAG, &self.tag)
            .header(header::VARY, "accept-encoding")
            .header(header::CACHE_CONTROL, "public, max-age=3600");
        if said(header::IF_NONE_MATCH).contains(&self.tag) {
            return answer.status(StatusCode::NOT_MODIFIED).finish();
        }
        let answer = answer.content_type(content_type);
        if said(header::ACCEPT_ENCODING).contains("gzip") {
            let answer = answer.header(header::CONTENT_ENCODING, "gzip");
            return answer.body(self.packed.clone());
        }
        answer.body(self.plain.clone())
    }
}

const SWAGGER_POLICY: &str = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; \
     img-src 'self' data:; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// The API as a service under `/v1`.
#[must_use]
pub fn service() -> OpenApiService<Apis, ()> {
    OpenApiService::new(apis(), "Plaudit", "1.0.0")
        .description(
            "Customers praise the people who served them; Plaudit works out who earned it and tells them.",
        )
        .url_prefix("/v1")
}

/// Swagger UI, embedded; the one page whose scripts stand inside it.
#[handler]
pub(crate) fn swagger_ui(request: &Request) -> Response {
    let mut answer = SWAGGER_KEPT.answer(request, "text/html; charset=utf-8");
    let policy = HeaderValue::from_static(SWAGGER_POLICY);
    answer
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, policy);
    answer
}

/// Serves the document.
#[handler]
pub(crate) fn serve_document(request: &Request) -> Response {
    DOCUMENT_KEPT.answer(request, "application/json")
}

/// The API's document, made once.
pub(super) static DOCUMENT: LazyLock<Value> = LazyLock::new(document);

/// The API's document, version 3.0 of OpenAPI.
#[must_use]
pub fn document() -> Value {
    let mut document: Value = serde_json::from_str(&service().spec()).unwrap_or_default();
    if let Some(info) = document.pointer_mut("/info").and_then(Value::as_object_mut) {
        info.insert("license".to_owned(), json!({ "name": "Apache-2.0" }));
    }
    name_scopes(&mut document);
    strip_charsets(&mut document);
    fill_descriptions(&mut document);
    name_formats(&mut document);
    close_bodies(&mut document);
    document
}

/// A day is a `date` to every tool but the one that wrote this, and what is unsigned begins at 0.
fn name_formats(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let format = fields.get("format").and_then(Value::as_str).unwrap_or_default();
            if format == "naive-date" {
                fields.insert("format".to_owned(), json!("date"));
            } else if format.starts_with("uint") {
                fields.entry("minimum").or_insert(json!(0));
            }
            fields.values_mut().for_each(name_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(name_formats),
        _ => {}
    }
}

/// Bodies take no field that is not named, and null for every field that may be left out.
fn close_bodies(document: &mut Value) {
    let mut names = BTreeSet::new();
    for operation in operations(document) {
        if let Some(body) = operation.get("requestBody") {
            find_references(body, &mut names);
        }
    }
    let mut known = 0;
    while known < names.len() {
        known = names.len();
        for name in names.clone() {
            let schema = document.pointer(&format!("/components/schemas/{name}"));
            find_references(schema.unwrap_or(&Value::Null), &mut names);
        }
    }
    for name in names {
        let schema = document.pointer_mut(&format!("/components/schemas/{name}"));
        if let Some(schema) = schema.and_then(Value::as_object_mut) {
            close_body(schema);
        }
    }
}

fn find_references(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            names.extend(reference.and_then(|reference| Some(reference.rsplit_once('/')?.1.to_owned())));
            fields.values().for_each(|value| find_references(value, names));
        }
        Value::Array(items) => items.iter().for_each(|item| find_references(item, names)),
        _ => {}
    }
}

fn close_body(schema: &mut serde_json::Map<String, Value>) {
    let required = schema.get("required").cloned().unwrap_or_default();
    let is_required = |name: &String| {
        let mut names = required.as_array().into_iter().flatten();
        names.any(|required| required == name)
    };
    let Some(fields) = schema.get_mut("properties").and_then(Value::as_object_mut) else {
        return;
    };
    for (name, field) in fields.iter_mut() {
        if let (false, Some(field)) = (is_required(name), field.as_object_mut()) {
            field.insert("nullable".to_owned(), json!(true));
        }
    }
    schema.insert("additionalProperties".to_owned(), json!(false));
}

/// Says at each operation which scope its key needs.
fn name_scopes(document: &mut Value) {
    for operation in operations(document) {
        let id = operation
            .get("operationId")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let action = Action::ALL.iter().find(|action| action.operation == id);
        if let Some(scope) = action.and_then(|action| action.scope) {
            operation.insert("x-scope".to_owned(), json!(scope.name()));
        }
    }
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut serde_json::Map<String, Value>> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let methods = paths
        .into_iter()
        .flat_map(|paths| paths.values_mut())
        .filter_map(Value::as_object_mut);
    methods
        .flat_map(|methods| methods.values_mut())
        .filter_map(Value::as_object_mut)
}

/// `application/json; charset=utf-8` is a media type that tools do not match.
fn strip_charsets(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            let with_charset: Vec<String> = fields
                .keys()
                .filter(|key| key.contains("; charset="))
                .cloned()
                .collect();
            for key in with_charset {
                if let Some(content) = fields.remove(&key) {
                    fields.insert(key.split(';').next().unwrap_or_default().to_owned(), content);
                }
            }
            fields.values_mut().for_each(strip_charsets);
        }
        Value::Array(items) => items.iter_mut().for_each(strip_charsets),
        _ => {}
    }
}

/// An answer without a description is not valid.
fn fill_descriptions(document: &mut Value) {
    for operation in operations(document) {
        let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (status, answer) in answers.into_iter().flatten() {
            let is_empty = answer
                .get("description")
                .and_then(Value::as_str)
                .unwrap_or_default()
                .is_empty();
            if let (true, Some(answer)) = (is_empty, answer.as_object_mut()) {
                answer.insert("description".to_owned(), json!(format!("Answer {status}")));
            }
        }
    }
}
