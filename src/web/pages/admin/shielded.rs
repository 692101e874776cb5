//! What the shield keeps: a safe reader lets it through, or keeps it from everybody.
use poem::{Response, handler, http::StatusCode};
use uuid::Uuid;

use super::{bad_request, set_aside};
use crate::{
    access::Action,
    capture::{
        held::Decider,
        shielded::{self, ShieldError},
    },
    said::shield,
    template::context::AdminShieldedPage,
    web::{
        cursor,
        pages::{
            fields::Fields,
            form::refuse_other_types,
            reader::{Reader, not_found},
        },
        problem::Failure,
    },
};

/// The page.
#[handler]
pub(crate) async fn show(reader: Reader<'_>) -> poem::Result<Response> {
    let (db, own) = (reader.web.app.db.read(), reader.organisation.id);
    let (after, rows) = (set_aside::after(&reader)?, cursor::rows(set_aside::ROWS));
    let rows = shielded::list(db, own, after, rows)
        .await
        .map_err(Failure::from)?;
    let shown = set_aside::Set {
        path: "/shielded",
        decides: Action::DECIDE_SHIELDED,
        why: |comment| shield::kinds(comment).into_iter().map(shield::why).collect(),
    };
    let (items, next_url) = shown.page(&reader, rows).await.map_err(Failure::from)?;
    let page = AdminShieldedPage {
        page: reader.frame("/shielded", "shielded"),
        waiting: shielded::count(db, own).await.map_err(Failure::from)?,
        items,
        next_url,
    };
    reader.page(StatusCode::OK, &page)
}

/// Lets through, or keeps.
#[handler]
pub(crate) async fn decide(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let comment = Uuid::try_parse(reader.part("id")).map_err(|_| not_found())?;
    let is_kept = match Fields::read(&body).get("decision").text.as_str() {
        "release" => false,
        "keep" => true,
        _ => return Err(bad_request()),
    };
    match settle(&reader, comment, is_kept).await {
        // Another safe reader was quicker: the list shows what is left.
        Ok(()) | Err(ShieldError::NotWaiting) => Ok(reader.see_other("/shielded", None)),
        Err(failed) => Err(Failure::from(failed).into()),
    }
}

async fn settle(reader: &Reader<'_>, comment: Uuid, is_kept: bool) -> Result<(), ShieldError> {
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let by = Decider {
        actor: &reader.caller.actor,
        now: app.clock.now(),
    };
    let tx = app.db.write().await?;
    if is_kept {
        shielded::keep(&tx, own, comment, by).await?;
    } else {
        shielded::release(&tx, own, comment, by).await?;
    }
    Ok(tx.commit().await?)
}
