//! The API's description: made from the code, mended where poem-openapi says less than is true.
use poem::{handler, web::Data};
use poem_openapi::OpenApiService;
use serde_json::{Value, json};

use super::api::{Apis, apis};
use crate::access::Action;

/// The document as it is served.
#[derive(Clone, Debug)]
pub struct Document(pub String);

/// Swagger UI's page.
#[derive(Clone, Debug)]
pub struct SwaggerPage(pub String);

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
pub(crate) fn swagger_ui(page: Data<&SwaggerPage>) -> poem::Response {
    poem::Response::builder()
        .content_type("text/html; charset=utf-8")
        .header("content-security-policy", SWAGGER_POLICY)
        .body(page.0.0.clone())
}

/// Serves the document.
#[handler]
pub(crate) fn serve_document(document: Data<&Document>) -> poem::Response {
    poem::Response::builder()
        .content_type("application/json")
        .body(document.0.0.clone())
}

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
    document
}

/// Says at each operation which scope its key needs.
fn name_scopes(document: &mut Value) {
    for operation in operations(document) {
        let id = operation
            .get("operationId")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        if let Some(action) = Action::ALL.iter().find(|action| action.operation == id) {
            operation.insert("x-scope".to_owned(), json!(action.scope.name()));
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
