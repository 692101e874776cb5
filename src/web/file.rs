//! A list as a file, on its way to whoever asked for it.
use chrono::NaiveDate;
use poem::{Body, IntoResponse, Response, http::header};
use poem_openapi::{
    ApiResponse,
    payload::{Binary, Payload},
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
};
use serde_json::json;

use super::{Web, problem::Failure};
use crate::{
    access::{Caller, audit},
    find::{Format, file},
};

/// A file that is written while it is sent.
#[derive(Debug)]
pub struct SavedFile(Response);

/// Notes in the log that a list is taken out, and begins to send it. The words that were looked for stay out of the log.
pub(crate) async fn save(
    web: &Web,
    (caller, action): (Caller, &str),
    list: file::List,
    format: Format,
    today: NaiveDate,
) -> Result<SavedFile, Failure> {
    note(web, &caller, action, &list, format).await?;
    let name = format!("{}-{today}.{}", list.name(), format.name());
    let pieces = file::pieces(&web.app, caller, today, list, format);
    let answer = Response::builder()
        .content_type(format.media_type())
        .header(header::CACHE_CONTROL, "no-store")
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        )
        .body(Body::from_bytes_stream(pieces));
    Ok(SavedFile(answer))
}

async fn note(
    web: &Web,
    caller: &Caller,
    action: &str,
    list: &file::List,
    format: Format,
) -> Result<(), Failure> {
    let tx = web.app.db.write().await?;
    let entry = audit::Entry {
        organisation: caller.organisation,
        at: web.app.clock.now(),
        actor: &caller.actor,
        action,
        subject_kind: list.name(),
        subject_id: None,
        detail: json!({ "format": format.name(), "conditions": list.conditions() }),
    };
    audit::record(&tx, entry).await?;
    Ok(tx.commit().await?)
}

impl IntoResponse for SavedFile {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for SavedFile {
    fn meta() -> MetaResponses {
        let content = Format::ALL.map(|format| MetaMediaType {
            content_type: format.media_type(),
            schema: Binary::<Body>::schema_ref(),
        });
        MetaResponses {
            responses: vec![MetaResponse {
                description: "The file, written while it is sent; one that breaks off is not whole.",
                status: Some(200),
                status_range: None,
                content: content.into(),
                headers: Vec::new(),
            }],
        }
    }

    fn register(_registry: &mut Registry) {}
}
