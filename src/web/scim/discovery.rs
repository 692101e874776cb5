//! What of the protocol there is.
use poem::{
    Response, handler,
    http::StatusCode,
    web::{Data, Path},
};
use serde_json::{Value, json};

use super::answer::{answer, refused};
use crate::{
    roster::scim::{
        ScimError,
        schema::{ENTERPRISE, SCHEMAS, USER},
    },
    web::Web,
};

/// Users on one page of a list at most.
pub(super) const MOST_RESULTS: u64 = 200;
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// A list of the protocol.
pub(super) fn list(total: u64, start: u64, resources: &[Value]) -> Value {
    json!({
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}

fn whole(resources: &[Value]) -> Response {
    answer(StatusCode::OK, &list(resources.len() as u64, 1, resources))
}

/// The address of a resource.
pub(super) fn location(web: &Web, path: &str) -> String {
    format!("{}/scim/v2/{path}", web.app.config.server.base_url)
}

/// What of the protocol is supported.
#[handler]
pub(super) fn config(Data(web): Data<&Web>) -> Response {
    let no = json!({ "supported": false });
    let body = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
        "patch": { "supported": true },
        "bulk": { "supported": false, "maxOperations": 0, "maxPayloadSize": 0 },
        "filter": { "supported": true, "maxResults": MOST_RESULTS },
        "changePassword": no,
        "sort": no,
        "etag": no,
        "authenticationSchemes": [{
            "type": "oauthbearertoken",
            "name": "Key",
            "description": "A key of Plaudit with the scope scim: Authorization: Bearer plaudit_…",
            "specUri": "https://www.rfc-editor.org/info/rfc6750",
        }],
        "meta": {
            "resourceType": "ServiceProviderConfig",
            "location": location(web, "ServiceProviderConfig"),
        },
    });
    answer(StatusCode::OK, &body)
}

fn user_type(web: &Web) -> Value {
    json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"],
        "id": "User",
        "name": "User",
        "description": "Somebody on the roster",
        "endpoint": "/Users",
        "schema": USER,
        "schemaExtensions": [{ "schema": ENTERPRISE, "required": false }],
        "meta": { "resourceType": "ResourceType", "location": location(web, "ResourceTypes/User") },
    })
}

/// What there is: people.
#[handler]
pub(super) fn resource_types(Data(web): Data<&Web>) -> Response {
    whole(&[user_type(web)])
}

/// One of them.
#[handler]
pub(super) fn resource_type(Data(web): Data<&Web>, Path(id): Path<String>) -> poem::Result<Response> {
    match id.as_str() {
        "User" => Ok(answer(StatusCode::OK, &user_type(web))),
        _ => refused(ScimError::NotFound(id)),
    }
}

fn with_address(web: &Web, schema: &Value) -> Value {
    let id = schema.get("id").and_then(Value::as_str).unwrap_or_default();
    let meta = json!({ "resourceType": "Schema", "location": location(web, &format!("Schemas/{id}")) });
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        fields.insert("meta".to_owned(), meta);
    }
    schema
}

/// All schemas.
#[handler]
pub(super) fn schemas(Data(web): Data<&Web>) -> Response {
    let all: Vec<Value> = SCHEMAS.iter().map(|schema| with_address(web, schema)).collect();
    whole(&all)
}

/// One schema.
#[handler]
pub(super) fn one_schema(Data(web): Data<&Web>, Path(id): Path<String>) -> poem::Result<Response> {
    let found = SCHEMAS
        .iter()
        .find(|schema| schema.get("id").and_then(Value::as_str) == Some(&id));
    match found {
        Some(schema) => Ok(answer(StatusCode::OK, &with_address(web, schema))),
        None => refused(ScimError::NotFound(id)),
    }
}
