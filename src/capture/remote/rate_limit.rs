//! How often a service lets us ask.

use chrono::{DateTime, Utc};

/// What the answer's headers said about further calls; a header that was absent or unreadable is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls allowed in a window.
    pub limit: Option<u32>,
    /// Calls left in this window.
    pub remaining: Option<u32>,
    /// When the window ends.
    pub resets_at: Option<DateTime<Utc>>,
}

impl RateLimit {
    /// Reads the three headers by their names; the end of the window may be seconds since 1970 (X) or a
    /// time in RFC 3339 (Mastodon).
    #[must_use]
    pub fn from_headers<'a>(header: impl Fn(&str) -> Option<&'a str>) -> Self {
        let number = |name: &str| header(name)?.trim().parse().ok();
        Self {
            limit: number("x-rate-limit-limit").or_else(|| number("x-ratelimit-limit")),
            remaining: number("x-rate-limit-remaining").or_else(|| number("x-ratelimit-remaining")),
            resets_at: header("x-rate-limit-reset")
                .or_else(|| header("x-ratelimit-reset"))
                .and_then(moment),
        }
    }

    /// When the next call may be made: the end of the window, if this one is used up.
    #[must_use]
    pub fn exhausted_until(&self) -> Option<DateTime<Utc>> {
        (self.remaining == Some(0)).then_some(self.resets_at).flatten()
    }
}

fn moment(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    match text.parse::<i64>() {
        Ok(seconds) => DateTime::from_timestamp(seconds, 0),
        Err(_) => DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[(&str, &'static str)]) -> RateLimit {
        RateLimit::from_headers(|name| {
            headers
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| *value)
        })
    }

    #[test]
    fn a_window_beyond_2038_is_read() {
        let rate = read(&[
            ("x-rate-limit-remaining", "0"),
            ("x-rate-limit-reset", "4102444800"),
        ]);
        assert_eq!(
            rate.exhausted_until().unwrap().to_rfc3339(),
            "2100-01-01T00:00:00+00:00"
        );
    }

    #[test]
    fn mastodons_time_is_read_too() {
        let rate = read(&[
            ("x-ratelimit-limit", "300"),
            ("x-ratelimit-reset", "2026-11-21T10:05:00.123Z"),
        ]);
        assert_eq!(rate.limit, Some(300));
        assert_eq!(rate.resets_at.unwrap().timestamp(), 1_795_255_500);
        assert_eq!(rate.exhausted_until(), None);
    }

    #[test]
    fn nonsense_in_a_header_is_no_limit() {
        let rate = read(&[("x-rate-limit-remaining", "many"), ("x-rate-limit-reset", "soon")]);
        assert_eq!(rate, RateLimit::default());
    }
}
