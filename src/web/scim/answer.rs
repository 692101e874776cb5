//! Answers and errors in the form of the protocol.
use poem::{Response, http::StatusCode};
use serde_json::{Value, json};

use crate::{
    roster::{RosterError, scim::ScimError},
    web::problem::Failure,
};

const TYPE: &str = "application/scim+json";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
/// More of an answer is no problem's.
const LONGEST: usize = 64 * 1024;

/// An answer of the protocol.
pub(super) fn answer(status: StatusCode, body: &Value) -> Response {
    Response::builder()
        .status(status)
        .content_type(TYPE)
        .body(body.to_string())
}

/// An error of the protocol.
fn error(status: StatusCode, kind: Option<&str>, detail: &str) -> Response {
    let mut body = json!({ "schemas": [ERROR], "status": status.as_u16().to_string(), "detail": detail });
    if let (Some(fields), Some(kind)) = (body.as_object_mut(), kind) {
        fields.insert("scimType".to_owned(), json!(kind));
    }
    answer(status, &body)
}

/// What went wrong before a handler of ours was asked, as the protocol says it.
pub(in crate::web) async fn error_of(problem: Response) -> Response {
    let (mut parts, body) = problem.into_parts();
    let bytes = body.into_bytes_limit(LONGEST).await.unwrap_or_default();
    let said: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let of = |name: &str| said.get(name).and_then(Value::as_str).map(str::to_owned);
    let status = parts.status;
    let words = of("detail").or_else(|| of("title")).unwrap_or_default();
    let answer = error(status, None, &words).into_parts();
    parts.headers.remove("content-length");
    parts.headers.extend(answer.0.headers);
    Response::from_parts(parts, answer.1)
}

/// What became of a request of ours.
pub(super) fn refused(failed: ScimError) -> poem::Result<Response> {
    let bad = StatusCode::BAD_REQUEST;
    let (status, kind) = match &failed {
        ScimError::Syntax(_) => (bad, Some("invalidSyntax")),
        ScimError::Value(_) => (bad, Some("invalidValue")),
        ScimError::Path(_) => (bad, Some("invalidPath")),
        ScimError::NoTarget(_) => (bad, Some("noTarget")),
        ScimError::Filter(_) => (bad, Some("invalidFilter")),
        ScimError::Mutability(_) => (bad, Some("mutability")),
        ScimError::Taken { .. } | ScimError::Roster(RosterError::Taken { .. }) => {
            (StatusCode::CONFLICT, Some("uniqueness"))
        }
        ScimError::NotFound(_) => (StatusCode::NOT_FOUND, None),
        ScimError::LastAdministrator | ScimError::Stopped(_) => (StatusCode::FORBIDDEN, None),
        ScimError::Roster(RosterError::Database(_)) | ScimError::Database(_) => {
            return Err(database(failed).into());
        }
        ScimError::Roster(_) => (bad, Some("invalidValue")),
    };
    Ok(error(status, kind, &failed.to_string()))
}

fn database(failed: ScimError) -> Failure {
    match failed {
        ScimError::Database(cause) | ScimError::Roster(RosterError::Database(cause)) => cause.into(),
        other => Failure::internal(&other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_problem_becomes_an_error_of_the_protocol() {
        use poem::IntoResponse;
        let problem = Failure::not_found("path").into_response();
        let error = error_of(problem).await;
        assert_eq!(error.content_type(), Some(TYPE));
        let body: Value = serde_json::from_str(&error.into_body().into_string().await.unwrap()).unwrap();
        let expected = json!({ "schemas": [ERROR], "status": "404", "detail": "there is no such path" });
        assert_eq!(body, expected);
    }
}
