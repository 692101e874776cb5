//! Types as the API's document says. The framework reads numbers and booleans where strings belong, so that
//! `"name": false` would become a name; whoever sends that has made a mistake and must hear of it.
use std::sync::{Arc, LazyLock};

use poem::{
    Body, Endpoint, Request,
    http::{Method, StatusCode},
};
use serde_json::Value;

use super::{allow, openapi, problem::Failure};

/// Method, parts of the path, and the schema of the body.
static BODIES: LazyLock<Vec<(Method, Vec<String>, &'static Value)>> = LazyLock::new(|| {
    let paths = openapi::DOCUMENT.get("paths").and_then(Value::as_object);
    let operations = paths.into_iter().flatten().flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.filter_map(|(method, operation)| {
            let schema = operation.pointer("/requestBody/content/application~1json/schema")?;
            let method = method.to_uppercase().parse().ok()?;
            Some((method, allow::parts(path), schema))
        })
    });
    operations.collect()
});

/// Refuses a body that has something else where the document wants a string. What is no JSON at all is left to the
/// operation to refuse.
pub async fn refuse_other_types<E: Endpoint>(next: Arc<E>, mut request: Request) -> poem::Result<E::Output> {
    let path = allow::parts(request.uri().path());
    let is_meant = |(method, pattern, _): &&(Method, Vec<String>, &'static Value)| {
        method == request.method() && allow::is_like(pattern, &path)
    };
    if let Some((_, _, schema)) = BODIES.iter().find(is_meant) {
        let bytes = request.take_body().into_bytes().await?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if let Some(field) = no_string(schema, &body, "") {
            return Err(refusal(&field).into());
        }
        request.set_body(Body::from_bytes(bytes));
    }
    next.call(request).await
}

/// Nothing here is named with a NUL character, and PostgreSQL cannot even be asked for such a name.
pub async fn refuse_nul<E: Endpoint>(next: Arc<E>, request: Request) -> poem::Result<E::Output> {
    let uri = request.uri();
    if uri.path().contains("%00") || uri.query().is_some_and(|query| query.contains("%00")) {
        return Err(StatusCode::NOT_FOUND.into());
    }
    next.call(request).await
}

fn refusal(field: &str) -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "bad_request",
        "The request cannot be read",
        Some(format!("{field} must be a string: put it in quotation marks")),
    )
}

/// The first field that should be a string and is a number or a boolean.
fn no_string(schema: &Value, value: &Value, at: &str) -> Option<String> {
    let schema = resolved(schema);
    match value {
        Value::Number(_) | Value::Bool(_) => {
            let wants_string = schema.get("type").and_then(Value::as_str) == Some("string");
            wants_string.then(|| at.to_owned())
        }
        Value::Object(fields) => fields.iter().find_map(|(name, value)| {
            let at = if at.is_empty() {
                name.clone()
            } else {
                format!("{at}.{name}")
            };
            no_string(schema.get("properties")?.get(name)?, value, &at)
        }),
        Value::Array(items) => {
            let of = schema.get("items")?;
            items.iter().find_map(|item| no_string(of, item, at))
        }
        _ => None,
    }
}

fn resolved(schema: &Value) -> &Value {
    let first = schema.pointer("/allOf/0").unwrap_or(schema);
    let reference = first.get("$ref").and_then(Value::as_str);
    reference
        .and_then(|reference| openapi::DOCUMENT.pointer(reference.trim_start_matches('#')))
        .unwrap_or(first)
}
