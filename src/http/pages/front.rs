//! `/`
use poem::{Error, Response, handler, http::StatusCode};

use super::Visit;

/// The page that was put there, if one was.
#[handler]
pub(crate) fn show(visit: Visit<'_>) -> poem::Result<Response> {
    match &visit.web.front {
        Some(page) => visit.page(StatusCode::OK, page.as_ref()),
        None => Err(Error::from_status(StatusCode::NOT_FOUND)),
    }
}
