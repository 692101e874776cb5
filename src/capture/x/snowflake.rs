//! The ids of X: numbers that carry the time they were made.

use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};
use thiserror::Error;

/// Milliseconds from 1970 to the first id (2010-11-04T01:42:54.657Z), from X's description of its ids.
const EPOCH_MS: i64 = 1_288_834_974_657;

/// Bits below the time: machine and sequence.
const BELOW_TIME: u32 = 22;

/// The id of a post or an account. Greater is later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Snowflake(u64);

/// A text that is not an id.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("an id at X is 1 to 19 digits")]
pub struct SnowflakeError;

impl Snowflake {
    /// When the thing with this id was made; the time of posts since 2010 only.
    #[must_use]
    pub fn made_at(self) -> Option<DateTime<Utc>> {
        let milliseconds = i64::try_from(self.0 >> BELOW_TIME).ok()?;
        DateTime::from_timestamp_millis(milliseconds.checked_add(EPOCH_MS)?)
    }

    /// The lowest id of things made at this time or later.
    #[must_use]
    pub fn first_at(time: DateTime<Utc>) -> Self {
        let milliseconds = u64::try_from(time.timestamp_millis() - EPOCH_MS).unwrap_or(0);
        Self(milliseconds << BELOW_TIME)
    }
}

impl FromStr for Snowflake {
    type Err = SnowflakeError;

    fn from_str(text: &str) -> Result<Self, SnowflakeError> {
        let digits = (1..=19).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        digits
            .then(|| text.parse().ok())
            .flatten()
            .map(Self)
            .ok_or(SnowflakeError)
    }
}

impl fmt::Display for Snowflake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_its_time_and_a_time_its_first_id() {
        let time: DateTime<Utc> = "2026-11-21T00:00:00Z".parse().unwrap();
        let id = Snowflake::first_at(time);
        assert_eq!(id.to_string(), "2123929381893046272");
        assert_eq!(id.made_at(), Some(time));
        assert!(Snowflake::first_at(time + chrono::TimeDelta::milliseconds(1)) > id);
    }

    #[test]
    fn a_time_before_the_first_id_is_id_zero() {
        assert_eq!(Snowflake::first_at(DateTime::UNIX_EPOCH).to_string(), "0");
    }

    #[test]
    fn only_digits_are_an_id() {
        for text in [
            "",
            "12a",
            "-1",
            "+1",
            "../2/tweets",
            "12345678901234567890",
            "1 2",
        ] {
            assert_eq!(text.parse::<Snowflake>(), Err(SnowflakeError), "{text}");
        }
        assert!("9999999999999999999".parse::<Snowflake>().is_ok());
    }
}
