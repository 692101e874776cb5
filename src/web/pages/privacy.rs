//! What is kept of customers, and for how long: for organisations that have no page of their own about it.
use poem::{Error, Response, handler, http::StatusCode};

use super::Visit;
use crate::{
    capture::form::RECEIPT_KEPT, roster::organisation as organisations, template::context::PrivacyPage,
    web::problem::Failure,
};

/// `/privacy/ORGANISATION`
#[handler]
pub(crate) async fn show(visit: Visit<'_>) -> poem::Result<Response> {
    let db = visit.web.app.db.read();
    let found = organisations::by_slug(db, visit.part("organisation"))
        .await
        .map_err(Failure::from)?;
    let organisation = found.ok_or_else(|| Error::from_status(StatusCode::NOT_FOUND))?;
    let page = PrivacyPage {
        page: visit.frame(&organisation, &format!("/privacy/{}", organisation.slug)),
        receipt_days: RECEIPT_KEPT.num_days(),
    };
    visit.page(StatusCode::OK, &page)
}
