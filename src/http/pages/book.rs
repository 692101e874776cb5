//! What the pages of a reader share. Until there is a sign-in they are served by the demo alone, whose reader may see
//! everything: it is all invented.
use chrono_tz::Tz;
use entity::{organisation, site};
use poem::{Error, http::StatusCode};
use uuid::Uuid;

use super::Visit;
use crate::{
    http::problem::Failure,
    roster::organisation as organisations,
    template::context::{NavLink, Page},
};

/// The one organisation of the demo.
pub(super) async fn organisation(visit: &Visit<'_>) -> poem::Result<organisation::Model> {
    let db = visit.web.app.db.read();
    Ok(organisations::named_or_only(db, None)
        .await
        .map_err(Failure::from)?)
}

/// The id in the address; what is no id is found nowhere.
pub(super) fn id(visit: &Visit<'_>) -> poem::Result<Uuid> {
    Uuid::try_parse(visit.part("id")).map_err(|_| Error::from_status(StatusCode::NOT_FOUND))
}

/// The frame, with the way to feed and board.
pub(super) fn frame(visit: &Visit<'_>, organisation: &organisation::Model, path: &str, here: &str) -> Page {
    let mut page = visit.frame(organisation, path);
    page.nav = ["feed", "board"]
        .into_iter()
        .map(|name| NavLink {
            name,
            url: visit.link(&format!("/{name}"), None),
            here: name == here,
        })
        .collect();
    page
}

/// The time zone of a site, or the organisation's.
pub(super) fn zone(organisation: &organisation::Model, site: Option<&site::Model>) -> Tz {
    site.and_then(|site| site.time_zone.as_deref()?.parse().ok())
        .unwrap_or_else(|| organisations::zone(organisation))
}
