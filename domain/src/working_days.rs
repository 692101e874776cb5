//! Days on which people work, by the calendar of a place: from Monday to Friday, but for public holidays.
use std::{collections::HashSet, sync::LazyLock};

use chrono::{DateTime, Datelike, Days, NaiveDate, TimeDelta, Utc, Weekday};
use chrono_tz::Tz;

use crate::local;

/// When people are back at work, by the clock.
const MORNING: u32 = 9 * 60;
/// Days among which so many working days are as are ever asked for.
const FAR_ENOUGH: usize = 400;

/// Code and file of each country; `data/holidays/make.py` writes them.
static COUNTRIES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/holidays.rs"));
/// Days of each country that all or some of its regions keep.
static KEPT: LazyLock<Vec<(&str, Vec<Kept>)>> =
    LazyLock::new(|| COUNTRIES.iter().map(|(code, file)| (*code, kept(file))).collect());

/// A day, and which regions keep it; none: all.
type Kept = (NaiveDate, Vec<&'static str>);

fn kept(file: &'static str) -> Vec<Kept> {
    file.lines().filter_map(line).collect()
}

fn line(line: &'static str) -> Option<Kept> {
    let (day, regions) = line.split_once('\t').unwrap_or((line, ""));
    let regions = regions.split(',').filter(|region| !region.is_empty());
    Some((day.parse().ok()?, regions.collect()))
}

/// Every country and region whose holidays are known, as `DE` and `DE-BY`, in order.
#[must_use]
pub fn known() -> Vec<String> {
    let of_country = |(code, days): &(&str, Vec<Kept>)| {
        let mut regions: Vec<&str> = days.iter().flat_map(|(_, regions)| regions.clone()).collect();
        regions.sort_unstable();
        regions.dedup();
        let regions = regions.into_iter().map(|region| format!("{code}-{region}"));
        std::iter::once((*code).to_owned())
            .chain(regions)
            .collect::<Vec<_>>()
    };
    KEPT.iter().flat_map(of_country).collect()
}

/// On which days people work at a place.
#[derive(Clone, Debug)]
pub struct Calendar {
    zone: Tz,
    holidays: HashSet<NaiveDate>,
}

/// Until when something is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Term {
    /// The last day for it.
    pub day: NaiveDate,
    /// The morning of that day.
    pub last_morning: DateTime<Utc>,
    /// The end of that day.
    pub ends: DateTime<Utc>,
    /// The morning of the working day after it.
    pub morning_after: DateTime<Utc>,
}

impl Calendar {
    /// That of a country or region by its code; where there is none, or none that is known, every weekday is worked on.
    #[must_use]
    pub fn of(code: Option<&str>, zone: Tz) -> Calendar {
        let code = code.unwrap_or_default();
        let (country, region) = code.split_once('-').unwrap_or((code, ""));
        let days = KEPT.iter().filter(|(code, _)| *code == country);
        let days = days.flat_map(|(_, days)| days);
        let own = days.filter(|(_, regions)| regions.is_empty() || regions.contains(&region));
        Calendar {
            zone,
            holidays: own.map(|(day, _)| *day).collect(),
        }
    }

    /// By which clock.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// Whether people work on a day.
    #[must_use]
    pub fn is_worked(&self, day: NaiveDate) -> bool {
        !matches!(day.weekday(), Weekday::Sat | Weekday::Sun) && !self.holidays.contains(&day)
    }

    /// The term of so many working days after the day of `from`.
    #[must_use]
    pub fn term(&self, from: DateTime<Utc>, days: usize) -> Term {
        let today = from.with_timezone(&self.zone).date_naive();
        let day = self.worked_after(today).nth(days.max(1) - 1);
        self.until(day.unwrap_or(today))
    }

    /// The term that ends at a moment.
    #[must_use]
    pub fn ending(&self, ends: DateTime<Utc>) -> Term {
        // It ends with its last day, at the first moment of the next one.
        let last = ends - TimeDelta::seconds(1);
        self.until(last.with_timezone(&self.zone).date_naive())
    }

    fn until(&self, day: NaiveDate) -> Term {
        let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
        let after = self.worked_after(day).next().unwrap_or(next);
        Term {
            day,
            last_morning: local::instant(self.zone, day, MORNING),
            ends: local::instant(self.zone, next, 0),
            morning_after: local::instant(self.zone, after, MORNING),
        }
    }

    fn worked_after(&self, day: NaiveDate) -> impl Iterator<Item = NaiveDate> {
        let later = day.iter_days().skip(1).take(FAR_ENOUGH);
        later.filter(|day| self.is_worked(*day))
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{Europe::Berlin, Europe::London, TZ_VARIANTS};
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn two_working_days_after_a_weekday_a_friday_and_a_saturday() {
        let weekdays = Calendar::of(None, London);
        for (said, last) in [
            ("2026-11-23T23:59:00Z", "2026-11-25"),
            ("2026-11-27T09:00:00Z", "2026-12-01"),
            ("2026-11-28T09:00:00Z", "2026-12-01"),
            ("2026-11-29T09:00:00Z", "2026-12-01"),
        ] {
            assert_eq!(weekdays.term(at(said), 2).day, day(last), "{said}");
        }
    }

    #[test]
    fn christmas_is_worked_on_nowhere_in_germany_and_epiphany_in_some_of_it() {
        let said = at("2026-12-23T10:00:00Z");
        // Christmas Eve, a Thursday, is worked on; 25 and 26 December are not.
        let germany = Calendar::of(Some("DE"), Berlin);
        assert_eq!(germany.term(said, 2).day, day("2026-12-28"));
        assert_eq!(Calendar::of(None, Berlin).term(said, 2).day, day("2026-12-25"));
        let after = germany.term(at("2026-12-22T10:00:00Z"), 2);
        assert_eq!(after.ends, at("2026-12-24T23:00:00Z"));
        assert_eq!(after.morning_after, at("2026-12-28T08:00:00Z"));
        let epiphany = day("2026-01-06");
        assert!(!Calendar::of(Some("DE-BY"), Berlin).is_worked(epiphany));
        assert!(Calendar::of(Some("DE-BE"), Berlin).is_worked(epiphany));
        assert!(germany.is_worked(epiphany));
    }

    #[test]
    fn a_term_is_kept_by_the_clock_when_clocks_change() {
        let term = Calendar::of(Some("DE"), Berlin).term(at("2026-03-26T12:00:00Z"), 1);
        assert_eq!(term.last_morning, at("2026-03-27T08:00:00Z"));
        // Clocks went forward on Sunday.
        assert_eq!(term.morning_after, at("2026-03-30T07:00:00Z"));
    }

    #[test]
    fn a_term_is_known_again_by_its_end() {
        let weekdays = Calendar::of(None, London);
        let term = weekdays.term(at("2026-11-23T10:00:00Z"), 2);
        assert_eq!(weekdays.ending(term.ends), term);
    }

    #[test]
    fn every_line_of_every_country_is_read() {
        for (code, file) in COUNTRIES {
            let lines = file.lines().count();
            assert!(lines > 50, "{code}");
            assert_eq!(kept(file).len(), lines, "{code}");
        }
        assert!(known().contains(&"DE-BY".to_owned()) && known().contains(&"FR".to_owned()));
    }

    proptest! {
        #[test]
        fn a_term_ends_after_it_began_on_a_day_that_is_worked_on(
            zone in 0..TZ_VARIANTS.len(), country in 0..40_usize, seconds in 1_700_000_000_i64..2_080_000_000, days in 1_usize..=30
        ) {
            let codes = known();
            let calendar = Calendar::of(codes.get(country).map(String::as_str), TZ_VARIANTS[zone]);
            let from = DateTime::from_timestamp(seconds, 0).unwrap();
            let term = calendar.term(from, days);
            prop_assert!(calendar.is_worked(term.day));
            prop_assert!(from < term.last_morning && term.last_morning < term.ends && term.ends < term.morning_after);
            let began = from.with_timezone(&TZ_VARIANTS[zone]).date_naive();
            let worked = began.iter_days().skip(1).take_while(|day| *day <= term.day);
            prop_assert_eq!(worked.filter(|day| calendar.is_worked(*day)).count(), days);
        }
    }
}
