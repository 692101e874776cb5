//! `/me/stored`: everything that is stored about the reader, as a file.
use poem::{Body, Response, handler, http::header};
use serde_json::json;

use super::{reader::Reader, sessions::own_account};
use crate::{
    access::{Action, Target, audit},
    record::stored::{self, Head, Whose},
    roster::staff,
    web::problem::Failure,
};

/// Notes in the log that it is taken out, and begins to send it.
#[handler]
pub(crate) async fn save(reader: Reader<'_>) -> poem::Result<Response> {
    let account = own_account(&reader).await?;
    reader.permit(Action::SAVE_STORED, Some(Target::Account(account.id)))?;
    let (app, organisation) = (&reader.web.app, &reader.organisation);
    let person = match account.staff_id {
        Some(id) => staff::get(app.db.read(), organisation.id, id).await.ok(),
        None => None,
    };
    let now = app.clock.now();
    let entry = audit::Entry {
        organisation: organisation.id,
        at: now,
        actor: &reader.caller.actor,
        action: Action::SAVE_STORED.operation,
        subject_kind: "account",
        subject_id: Some(account.id.to_string()),
        detail: json!({}),
    };
    let noting = async {
        let tx = app.db.write().await?;
        audit::record(&tx, entry).await?;
        tx.commit().await
    };
    noting.await.map_err(Failure::from)?;
    let whose = Whose {
        organisation: organisation.id,
        account: account.id,
        staff: account.staff_id,
        employee_id: person.map(|person| person.employee_id),
    };
    let head = Head {
        organisation: organisation.name.clone(),
        name: reader.person()?.name.clone(),
        at: now,
    };
    let name = format!("plaudit-stored-{}.json", reader.today());
    Ok(Response::builder()
        .content_type("application/json")
        .header(header::CACHE_CONTROL, "no-store")
        .header(
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        )
        .body(Body::from_bytes_stream(stored::pieces(
            app.db.clone(),
            whose,
            head,
        ))))
}
