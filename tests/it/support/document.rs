//! The API's document as tests read it: its operations, and bodies that it allows.
use plaudit::web::openapi;
use poem::http::Method;
use serde_json::{Map, Value, json};

/// What the document says of one operation.
pub struct Operation {
    pub id: String,
    pub method: Method,
    /// `/v1/comments/{id}`
    pub path: String,
    pub scope: String,
    /// Media type and a body that is allowed, where there is one.
    pub body: Option<(String, Value)>,
    /// Parameters of the address that must be there.
    query: Vec<String>,
}

impl Operation {
    /// All operations.
    pub fn all() -> Vec<Operation> {
        let document = openapi::document();
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.iter().flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().iter();
            methods.map(|(method, operation)| read(&document, path, method, operation))
        });
        operations.collect()
    }

    /// The address, with `id` in the place of the path's id; `source,push` where it has two.
    pub fn address(&self, id: &str) -> String {
        let mut ids = id.split(',').chain(std::iter::repeat(id));
        let parts = self.path.split('/').map(|part| match part.starts_with('{') {
            true => ids.next().unwrap(),
            false => part,
        });
        let path = parts.collect::<Vec<_>>().join("/");
        if self.query.is_empty() {
            return path;
        }
        format!("{path}?{}", self.query.join("&"))
    }

    pub fn has_id(&self) -> bool {
        self.path.contains('{')
    }

    /// The allowed body, if it is JSON.
    pub fn json_body(&self) -> Option<Map<String, Value>> {
        let (_, body) = self
            .body
            .as_ref()
            .filter(|(media_type, _)| media_type == "application/json")?;
        body.as_object().cloned()
    }
}

fn read(document: &Value, path: &str, method: &str, operation: &Value) -> Operation {
    let content = operation
        .pointer("/requestBody/content")
        .and_then(Value::as_object);
    let body = content
        .and_then(|content| content.iter().next())
        .map(|(media_type, body)| (media_type.clone(), sample(document, &body["schema"])));
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let required = parameters
        .iter()
        .filter(|p| p["in"] == "query" && p["required"] == true);
    let query = required.map(|parameter| {
        let value = sample(document, &parameter["schema"]);
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        format!("{}={value}", parameter["name"].as_str().unwrap())
    });
    Operation {
        id: operation["operationId"].as_str().unwrap().to_owned(),
        method: method.to_uppercase().parse().unwrap(),
        path: path.to_owned(),
        scope: operation["x-scope"].as_str().unwrap_or_default().to_owned(),
        body,
        query: query.collect(),
    }
}

/// The smallest value that a schema allows.
fn sample(document: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return sample(
            document,
            document.pointer(reference.trim_start_matches('#')).unwrap(),
        );
    }
    for of in ["allOf", "anyOf", "oneOf"] {
        if let Some(first) = schema[of].as_array().and_then(|all| all.first()) {
            return sample(document, first);
        }
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    match schema["type"].as_str() {
        Some("object") => object(document, schema),
        Some("array") if schema["minItems"].as_u64().unwrap_or_default() > 0 => {
            json!([sample(document, &schema["items"])])
        }
        Some("array") => json!([]),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
        Some("boolean") => json!(true),
        _ => json!(text(schema["format"].as_str())),
    }
}

fn object(document: &Value, schema: &Value) -> Value {
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let field = |name: &Value| {
        let name = name.as_str().unwrap();
        (name.to_owned(), sample(document, &schema["properties"][name]))
    };
    Value::Object(required.iter().map(field).collect())
}

fn text(format: Option<&str>) -> &'static str {
    match format {
        Some("uuid") => "019a0000-0000-7000-8000-000000000000",
        Some("date") => "2026-11-20",
        Some("date-time") => "2026-11-20T12:00:00Z",
        _ => "given",
    }
}
