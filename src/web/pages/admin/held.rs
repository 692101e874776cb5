//! What looks like junk: an administrator lets it go its way, or erases it.
use poem::{Response, handler, http::StatusCode};
use uuid::Uuid;

use super::{bad_request, set_aside};
use crate::{
    access::Action,
    capture::held::{self, Decider, HeldError, HeldFor},
    template::context::AdminHeldPage,
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
    let rows = held::list(db, own, after, rows).await.map_err(Failure::from)?;
    let shown = set_aside::Set {
        path: "/held",
        decides: Action::RELEASE_HELD,
        why: |comment| HeldFor::of(comment).into_iter().map(why).collect(),
    };
    let (items, next_url) = shown.page(&reader, rows).await.map_err(Failure::from)?;
    let page = AdminHeldPage {
        page: reader.frame("/held", "held"),
        held: held::count(db, own).await.map_err(Failure::from)?,
        items,
        next_url,
    };
    reader.page(StatusCode::OK, &page)
}

/// The key of the sentence.
fn why(reason: HeldFor) -> &'static str {
    match reason {
        HeldFor::Trap => "held.why.trap",
        HeldFor::NoToken => "held.why.no_token",
        HeldFor::TooFast => "held.why.too_fast",
        HeldFor::TooOld => "held.why.too_old",
        HeldFor::Network => "held.why.network",
        HeldFor::Organisation => "held.why.organisation",
    }
}

/// Releases or erases.
#[handler]
pub(crate) async fn decide(reader: Reader<'_>, body: Vec<u8>) -> poem::Result<Response> {
    refuse_other_types(reader.request)?;
    let comment = Uuid::try_parse(reader.part("id")).map_err(|_| not_found())?;
    let is_junk = match Fields::read(&body).get("decision").text.as_str() {
        "release" => false,
        "junk" => true,
        _ => return Err(bad_request()),
    };
    match settle(&reader, comment, is_junk).await {
        // Somebody else was quicker: the list shows what is left.
        Ok(()) | Err(HeldError::NotHeld) => Ok(reader.see_other("/held", None)),
        Err(failed) => Err(Failure::from(failed).into()),
    }
}

async fn settle(reader: &Reader<'_>, comment: Uuid, is_junk: bool) -> Result<(), HeldError> {
    let (app, own) = (&reader.web.app, reader.organisation.id);
    let by = Decider {
        actor: &reader.caller.actor,
        now: app.clock.now(),
    };
    let tx = app.db.write().await?;
    if is_junk {
        held::discard(&tx, own, comment, by).await?;
    } else {
        held::release(&tx, own, comment, by).await?;
    }
    Ok(tx.commit().await?)
}
