//! Where the next page of a list begins: a time and an id, in a form that callers need not read.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::problem::Failure;

/// Rows on a page where the caller names no number.
pub const PAGE: u64 = 50;
/// Most rows on a page.
pub const LARGEST_PAGE: u64 = 200;

/// The place after a row.
#[must_use]
pub fn after(at: DateTime<Utc>, id: Uuid) -> String {
    let mut bytes = at.timestamp_micros().to_be_bytes().to_vec();
    bytes.extend_from_slice(id.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Reads a place; one that was not made by [`after`] is refused.
pub fn read(cursor: &str) -> Result<(DateTime<Utc>, Uuid), Failure> {
    decode(cursor).ok_or_else(|| Failure::invalid("`after` must be the `next` of an earlier page"))
}

fn decode(cursor: &str) -> Option<(DateTime<Utc>, Uuid)> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let (at, id) = bytes.split_first_chunk::<8>()?;
    let at = DateTime::from_timestamp_micros(i64::from_be_bytes(*at))?;
    Some((at, Uuid::from_slice(id).ok()?))
}

/// The number of rows to read for a page of `limit`: one more, which shows whether there is a next page.
#[must_use]
pub fn rows(limit: u64) -> u64 {
    limit + 1
}

/// Cuts the extra row off; the place after the last row kept, if there was one.
pub fn cut<T>(
    mut rows: Vec<T>,
    limit: u64,
    place: impl Fn(&T) -> (DateTime<Utc>, Uuid),
) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_more = rows.len() > limit;
    rows.truncate(limit);
    let last = if has_more { rows.last() } else { None };
    let next = last.map(|row| {
        let (at, id) = place(row);
        after(at, id)
    });
    (rows, next)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_survives_the_way_to_the_caller_and_back() {
        let (at, id) = (
            DateTime::from_timestamp_micros(1_795_000_000_123_456).unwrap(),
            Uuid::now_v7(),
        );
        assert_eq!(read(&after(at, id)).unwrap(), (at, id));
    }

    #[test]
    fn an_invented_place_is_refused() {
        assert!(read("bogus").is_err());
    }
}
