//! Parameters and types as the API's document says. The framework passes over parameters that it does not know, and reads numbers and booleans where strings belong, so that
//! `"name": false` would become a name; whoever sends that has made a mistake and must hear of it.
use std::sync::{Arc, LazyLock};

use poem::{
    Body, Endpoint, Request,
    http::{Method, StatusCode},
};
use serde_json::Value;

use super::{allow, auth, openapi, problem::Failure};

struct Operation {
    method: Method,
    path: Vec<String>,
    parameters: Vec<&'static str>,
    body: Option<&'static Value>,
}

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let paths = openapi::DOCUMENT.get("paths").and_then(Value::as_object);
    let operations = paths.into_iter().flatten().flat_map(|(path, item)| {
        let methods = item.as_object().into_iter().flatten();
        methods.filter_map(|(method, operation)| {
            Some(Operation {
                method: method.to_uppercase().parse().ok()?,
                path: allow::parts(path),
                parameters: parameters(operation),
                body: operation.pointer("/requestBody/content/application~1json/schema"),
            })
        })
    });
    operations.collect()
});

fn parameters(operation: &'static Value) -> Vec<&'static str> {
    let all = operation.get("parameters").and_then(Value::as_array);
    let of_query = |parameter: &&Value| parameter.get("in").and_then(Value::as_str) == Some("query");
    let name = |parameter: &'static Value| parameter.get("name")?.as_str();
    all.into_iter()
        .flatten()
        .filter(of_query)
        .filter_map(name)
        .collect()
}

impl Operation {
    fn asked_for(request: &Request) -> Option<&'static Operation> {
        let path = allow::parts(request.uri().path());
        let method = match request.method() {
            &Method::HEAD => &Method::GET,
            method => method,
        };
        let like = || OPERATIONS.iter().filter(|one| allow::is_like(&one.path, &path));
        // "/imports/roster" is not the import with the id "roster", whatever the method.
        let closest = like().min_by_key(|one| one.parts_left_open())?;
        like().find(|one| one.method == method && one.path == closest.path)
    }

    fn parts_left_open(&self) -> usize {
        self.path.iter().filter(|part| part.starts_with('{')).count()
    }

    /// A misspelt filter would otherwise be no filter, and answer everything.
    fn check_parameters(&self, query: &str) -> Result<(), Failure> {
        let given = query
            .split('&')
            .map(|pair| pair.split('=').next().unwrap_or_default());
        for name in given.filter(|name| !name.is_empty()) {
            let name = percent_encoding::percent_decode_str(name).decode_utf8_lossy();
            if !self.parameters.contains(&&*name) {
                return Err(unknown_parameter(&name, &self.parameters));
            }
        }
        Ok(())
    }
}

/// Refuses parameters that the operation does not have, and a body that has something else where the document wants a
/// string. What is no JSON at all is left to the operation to refuse. Nothing is read of strangers.
pub async fn refuse_what_is_not_described<E: Endpoint>(
    next: Arc<E>,
    mut request: Request,
) -> poem::Result<E::Output> {
    let Some(operation) = Operation::asked_for(&request) else {
        return next.call(request).await;
    };
    if let Some(query) = request.uri().query() {
        operation.check_parameters(query)?;
    }
    if let Some(schema) = operation.body {
        auth::identify(&mut request).await?;
        let bytes = request.take_body().into_bytes().await?;
        let body: Value = serde_json::from_slice(&bytes).unwrap_or_default();
        if let Some(field) = no_string(schema, &body, "") {
            return Err(bad_request(format!("{field} must be a string: put it in quotation marks")).into());
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

fn unknown_parameter(name: &str, known: &[&str]) -> Failure {
    let known = match known {
        [] => "it takes none".to_owned(),
        known => format!("it takes {}", known.join(", ")),
    };
    bad_request(format!("this operation has no parameter {name:?}; {known}"))
}

fn bad_request(detail: String) -> Failure {
    Failure::new(
        StatusCode::BAD_REQUEST,
        "bad_request",
        "The request cannot be read",
        Some(detail),
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
