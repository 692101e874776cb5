//! Everything that is stored about whoever asks, on its way to them.
use entity::{account, organisation};
use poem::{Body, IntoResponse, Response, http::header};
use poem_openapi::{
    ApiResponse,
    payload::{Json, Payload},
    registry::{MetaMediaType, MetaResponse, MetaResponses, Registry},
};
use serde_json::{Value, json};

use super::{Web, problem::Failure};
use crate::{
    access::{Action, audit, person},
    platform::calendar,
    record::stored::{self, Head, Whose},
    roster::organisation as organisations,
};

/// A file that is written while it is sent.
#[derive(Debug)]
pub struct StoredFile(Response);

/// Notes in the log that it is taken out, and begins to send it.
pub(crate) async fn save(web: &Web, actor: &str, account: &account::Model) -> Result<StoredFile, Failure> {
    let app = &web.app;
    let found = organisations::by_id(app.db.read(), account.organisation_id).await?;
    let organisation = found.ok_or_else(|| Failure::not_found("organisation"))?;
    let staff = person::on_roster(app.db.read(), account).await?;
    note(web, actor, account).await?;
    let now = app.clock.now();
    let head = Head {
        organisation: organisation.name.clone(),
        name: person::name(account, staff.as_ref()),
        at: now,
    };
    let whose = Whose {
        organisation: organisation.id,
        account: account.id,
        staff: account.staff_id,
        employee_id: staff.map(|person| person.employee_id),
    };
    let pieces = stored::pieces(app.db.clone(), whose, head);
    Ok(StoredFile(answer(
        &organisation,
        now,
        Body::from_bytes_stream(pieces),
    )))
}

async fn note(web: &Web, actor: &str, account: &account::Model) -> Result<(), Failure> {
    let entry = audit::Entry {
        organisation: account.organisation_id,
        at: web.app.clock.now(),
        actor,
        action: Action::SAVE_STORED.operation,
        subject_kind: "account",
        subject_id: Some(account.id.to_string()),
        detail: json!({}),
    };
    let tx = web.app.db.write().await?;
    audit::record(&tx, entry).await?;
    Ok(tx.commit().await?)
}

fn answer(organisation: &organisation::Model, now: chrono::DateTime<chrono::Utc>, body: Body) -> Response {
    let name = format!("plaudit-stored-{}.json", calendar::day_in(organisation, now));
    Response::builder()
        .content_type("application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        )
        .body(body)
}

impl IntoResponse for StoredFile {
    fn into_response(self) -> Response {
        self.0
    }
}

impl ApiResponse for StoredFile {
    fn meta() -> MetaResponses {
        MetaResponses {
            responses: vec![MetaResponse {
                description: "The file, written while it is sent; one that breaks off is not whole.",
                status: Some(200),
                status_range: None,
                content: vec![MetaMediaType {
                    content_type: "application/json",
                    schema: Json::<Value>::schema_ref(),
                }],
                headers: Vec::new(),
            }],
        }
    }

    fn register(_registry: &mut Registry) {}
}
