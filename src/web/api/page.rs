//! Pages of lists that go in the order of creation.
use chrono::DateTime;
use poem_openapi::types::MaybeUndefined;
use uuid::Uuid;

use crate::{
    platform::paging::PageQuery,
    web::{Web, cursor, problem::Failure},
};

/// Rows on a page where the caller names no number.
pub(super) fn default_limit() -> u64 {
    cursor::PAGE
}

/// The page that `after` and `limit` ask for.
pub(super) fn query(after: Option<&str>, limit: u64) -> Result<PageQuery, Failure> {
    let place = after.map(cursor::read).transpose()?;
    Ok(PageQuery {
        after: place.map(|(_, id)| id),
        limit: Some(limit),
    })
}

/// `next` as callers see it. The id alone is the place: it grows with the time of creation.
pub(super) fn next(last: Option<Uuid>) -> Option<String> {
    last.map(|id| cursor::after(DateTime::UNIX_EPOCH, id))
}

/// A language that pages and mails speak, where one is given.
pub(super) fn spoken(web: &Web, language: Option<&String>) -> Result<(), Failure> {
    let known = language.map(|tag| web.app.templates.known(tag)).transpose();
    known
        .map(drop)
        .map_err(|unknown| Failure::invalid(format!("language: {unknown}")))
}

/// A field of a patch: left out, emptied, or set.
pub(super) fn patch<T>(field: MaybeUndefined<T>) -> Option<Option<T>> {
    match field {
        MaybeUndefined::Undefined => None,
        MaybeUndefined::Null => Some(None),
        MaybeUndefined::Value(value) => Some(Some(value)),
    }
}
