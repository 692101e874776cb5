//! Times as exports write them. Nothing is assumed: a time without a zone and a date whose day and month could be
//! swapped need the caller's word.
use std::str::FromStr;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use domain::table::day::{self, DayOrder};

/// Dates that can be read in one way only.
const CLEAR: [&str; 7] = [
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d.%m.%Y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
];
const DAY_FIRST: [&str; 4] = ["%d/%m/%Y", "%d-%m-%Y", "%d/%m/%y", "%d-%m-%y"];
const MONTH_FIRST: [&str; 4] = ["%m/%d/%Y", "%m-%d-%Y", "%m/%d/%y", "%m-%d-%y"];
const TIMES: [&str; 5] = [
    "%H:%M:%S%.f",
    "%H:%M",
    "%I:%M:%S %p",
    "%I:%M %p",
    "%H:%M:%S%.f%#z",
];
const BETWEEN: [&str; 3] = [" ", "T", ", "];
/// Words between a day and a time of day.
const AT: [&str; 6] = ["at", "um", "à", "a", "las", "alle"];

/// How dates are to be read that could mean two days.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DateFormat {
    /// `31/12/2026`
    DayFirst,
    /// `12/31/2026`
    MonthFirst,
    /// A pattern such as `%d/%m/%y %H:%M`.
    Pattern(String),
}

impl FromStr for DateFormat {
    type Err = String;

    fn from_str(given: &str) -> Result<DateFormat, String> {
        match given {
            "dmy" => Ok(DateFormat::DayFirst),
            "mdy" => Ok(DateFormat::MonthFirst),
            pattern if pattern.contains('%') => Ok(DateFormat::Pattern(pattern.to_owned())),
            _ => Err("use dmy (31/12/2026), mdy (12/31/2026) or a pattern such as %d/%m/%y %H:%M".to_owned()),
        }
    }
}

/// Why a time cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFault {
    /// It is none.
    Unreadable,
    /// It has no zone, and none was said.
    NeedsZone,
    /// Day and month could be swapped.
    NeedsOrder,
}

/// Reads the times of one file. The format of the line before is tried first.
#[derive(Clone, Debug)]
pub struct TimeReader {
    zone: Option<Tz>,
    has_order: bool,
    /// None where the caller's pattern is the only one tried.
    words: Option<Option<DayOrder>>,
    formats: Vec<String>,
    latest: usize,
}

impl TimeReader {
    /// A reader for a zone that times without one are in, and an order of day and month.
    #[must_use]
    pub fn new(zone: Option<Tz>, format: Option<&DateFormat>) -> TimeReader {
        TimeReader {
            zone,
            has_order: format.is_some(),
            words: match format {
                None => Some(None),
                Some(DateFormat::DayFirst) => Some(Some(DayOrder::DayFirst)),
                Some(DateFormat::MonthFirst) => Some(Some(DayOrder::MonthFirst)),
                Some(DateFormat::Pattern(_)) => None,
            },
            formats: formats(format),
            latest: 0,
        }
    }

    /// The time that a text means; a day alone counts as its noon.
    pub fn read(&mut self, text: &str) -> Result<DateTime<Utc>, TimeFault> {
        let text = text.trim();
        if let Some(at) = with_zone(text) {
            return Ok(at);
        }
        let (local, is_utc) = match text.strip_suffix("UTC").or_else(|| text.strip_suffix("GMT")) {
            Some(rest) => (rest.trim_end(), true),
            None => (text, false),
        };
        if !self.has_order && is_ambiguous(local) {
            return Err(TimeFault::NeedsOrder);
        }
        let naive = self.local(local).ok_or(TimeFault::Unreadable)?;
        let zone = if is_utc { Some(Tz::UTC) } else { self.zone };
        in_zone(naive, zone.ok_or(TimeFault::NeedsZone)?).ok_or(TimeFault::Unreadable)
    }

    fn local(&mut self, text: &str) -> Option<NaiveDateTime> {
        let count = self.formats.len();
        for step in 0..count {
            let index = (self.latest + step) % count;
            if let Some(found) = self.formats.get(index).and_then(|format| read_as(text, format)) {
                self.latest = index;
                return Some(found);
            }
        }
        in_words(text, self.words?)
    }
}

/// `18. Januar 2026 um 18:17`, `18 janvier 2026`.
fn in_words(text: &str, order: Option<DayOrder>) -> Option<NaiveDateTime> {
    let (mut day, mut time) = (Vec::new(), Vec::new());
    for word in text
        .split_whitespace()
        .filter(|word| !AT.contains(&word.to_lowercase().as_str()))
    {
        match word.contains(':') || !time.is_empty() {
            true => time.push(word),
            false => day.push(word),
        }
    }
    let day = day::read(&day.join(" "), order)?;
    if time.is_empty() {
        return Some(day.and_time(NaiveTime::from_hms_opt(12, 0, 0)?));
    }
    let time = time.join(" ");
    let mut known = TIMES
        .iter()
        .filter_map(|format| NaiveTime::parse_from_str(&time, format).ok());
    Some(day.and_time(known.next()?))
}

fn formats(format: Option<&DateFormat>) -> Vec<String> {
    let days: Vec<&str> = match format {
        Some(DateFormat::Pattern(pattern)) => return vec![pattern.clone()],
        Some(DateFormat::DayFirst) => CLEAR.into_iter().chain(DAY_FIRST).collect(),
        Some(DateFormat::MonthFirst) => CLEAR.into_iter().chain(MONTH_FIRST).collect(),
        None => CLEAR.to_vec(),
    };
    let with_time = |day: &str| -> Vec<String> {
        let times = TIMES
            .iter()
            .flat_map(|time| BETWEEN.map(|between| format!("{day}{between}{time}")));
        times.chain([day.to_owned()]).collect()
    };
    days.into_iter().flat_map(with_time).collect()
}

fn read_as(text: &str, format: &str) -> Option<NaiveDateTime> {
    let noon = NaiveTime::from_hms_opt(12, 0, 0)?;
    let time = NaiveDateTime::parse_from_str(text, format);
    let found = time.or_else(|_| NaiveDate::parse_from_str(text, format).map(|day| day.and_time(noon)));
    // A year of two digits is read by the patterns that say so.
    found.ok().filter(|at| chrono::Datelike::year(&at.date()) >= 1000)
}

/// Times that say their zone, and seconds or milliseconds since 1970.
fn with_zone(text: &str) -> Option<DateTime<Utc>> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.len() {
        10 if is_number => return DateTime::from_timestamp(text.parse().ok()?, 0),
        13 if is_number => return DateTime::from_timestamp_millis(text.parse().ok()?),
        _ => {}
    }
    let zoned = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f %z"))
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S%.f%z"))
        .or_else(|_| DateTime::parse_from_rfc2822(text));
    zoned.ok().map(|at| at.with_timezone(&Utc))
}

/// Two small numbers and a year, parted by `/` or `-`.
fn is_ambiguous(text: &str) -> bool {
    let day = text.split([' ', ',', 'T']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['/', '-']).collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    match parts.as_slice() {
        [first, _, _] => parts.iter().all(is_number) && first.len() <= 2,
        _ => false,
    }
}

/// A local time that exists twice is the earlier one; one that does not exist is an hour later.
fn in_zone(naive: NaiveDateTime, zone: Tz) -> Option<DateTime<Utc>> {
    let found = zone.from_local_datetime(&naive).earliest();
    let found = found.or_else(|| {
        zone.from_local_datetime(&(naive + TimeDelta::hours(1)))
            .earliest()
    });
    found.map(|at| at.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, zone: Option<Tz>, format: Option<&DateFormat>) -> Result<String, TimeFault> {
        let at = TimeReader::new(zone, format).read(text)?;
        Ok(at.format("%Y-%m-%d %H:%M:%S").to_string())
    }

    #[test]
    fn a_time_with_its_zone_needs_nothing_else() {
        for text in [
            "2026-01-18T18:17:02Z",
            "2026-01-18T19:17:02+01:00",
            "2026-01-18 18:17:02 +0000",
            "2026-01-18 18:17:02 UTC",
            "Sun, 18 Jan 2026 18:17:02 +0000",
            "1768760222",
            "1768760222000",
        ] {
            assert_eq!(
                read(text, None, None).as_deref(),
                Ok("2026-01-18 18:17:02"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_time_without_a_zone_needs_one() {
        assert_eq!(read("2026-07-18 18:17", None, None), Err(TimeFault::NeedsZone));
        let london = Some(Tz::Europe__London);
        assert_eq!(
            read("2026-07-18 18:17", london, None).as_deref(),
            Ok("2026-07-18 17:17:00")
        );
        assert_eq!(
            read("Jul 18, 2026 6:17 PM", london, None).as_deref(),
            Ok("2026-07-18 17:17:00")
        );
        assert_eq!(
            read("18.7.2026", london, None).as_deref(),
            Ok("2026-07-18 11:00:00")
        );
        for text in [
            "18. Juli 2026 um 18:17",
            "18 juillet 2026 à 18:17",
            "18 de julio de 2026 18:17",
            "18-Jul-26 6:17 PM",
        ] {
            assert_eq!(
                read(text, london, None).as_deref(),
                Ok("2026-07-18 17:17:00"),
                "{text}"
            );
        }
    }

    #[test]
    fn a_day_that_could_be_a_month_needs_an_order() {
        let utc = Some(Tz::UTC);
        for text in [
            "03/04/2026",
            "18/01/2026 18:17:02",
            "1/18/2026 6:17:02 PM",
            "3-4-2026",
        ] {
            assert_eq!(read(text, utc, None), Err(TimeFault::NeedsOrder), "{text}");
        }
        let (day, month) = (Some(&DateFormat::DayFirst), Some(&DateFormat::MonthFirst));
        assert_eq!(read("03/04/2026", utc, day).as_deref(), Ok("2026-04-03 12:00:00"));
        assert_eq!(read("03/04/26", utc, month).as_deref(), Ok("2026-03-04 12:00:00"));
        assert_eq!(
            read("1/18/2026 6:17:02 PM", utc, month).as_deref(),
            Ok("2026-01-18 18:17:02")
        );
        assert_eq!(read("1/18/2026", utc, day), Err(TimeFault::Unreadable));
    }

    #[test]
    fn a_pattern_of_ones_own_is_the_only_one_tried() {
        let pattern = "%d|%m|%Y %H.%M".parse::<DateFormat>().unwrap();
        let utc = Some(Tz::UTC);
        assert_eq!(
            read("18|01|2026 18.17", utc, Some(&pattern)).as_deref(),
            Ok("2026-01-18 18:17:00")
        );
        assert_eq!(
            read("2026-01-18 18:17", utc, Some(&pattern)),
            Err(TimeFault::Unreadable)
        );
    }

    #[test]
    fn an_hour_that_the_clocks_skip_is_the_one_after() {
        let london = Some(Tz::Europe__London);
        assert_eq!(
            read("2026-03-29 01:30", london, None).as_deref(),
            Ok("2026-03-29 01:30:00")
        );
    }

    #[test]
    fn what_is_no_time_is_told_apart() {
        for text in ["", "yesterday", "2026-13-01", "{\"ImportId\":\"endDate\"}"] {
            assert_eq!(
                read(text, Some(Tz::UTC), None),
                Err(TimeFault::Unreadable),
                "{text}"
            );
        }
    }
}
