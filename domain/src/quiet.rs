//! When somebody wants to hear nothing, by their own clock: every night, and on whole days of the week.
use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveDateTime, TimeDelta, Timelike, Utc, Weekday};
use chrono_tz::Tz;

use crate::local;

/// Minutes of a day.
pub const MINUTES: u32 = 24 * 60;
/// Six days in a row, the nights around them, and a day that some calendar leaves out.
const LONGEST_DAYS: u64 = 9;

/// Hours in which somebody wants to hear nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quiet {
    /// From and until which minute of the day, over midnight where the second is the smaller.
    night: Option<(u32, u32)>,
    /// Whole days: a bit each, Monday the lowest.
    days: u8,
}

/// Hours that cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotQuiet {
    /// They begin when they end, or are no times of a day.
    Night,
    /// No day of the week is left.
    Days,
}

impl Quiet {
    /// Every night from one minute of the day until another, and on these days (a bit each, Monday the lowest).
    pub fn new(night: Option<(u32, u32)>, days: u8) -> Result<Quiet, NotQuiet> {
        let is_night = night.is_none_or(|(from, to)| from != to && from < MINUTES && to < MINUTES);
        if !is_night {
            return Err(NotQuiet::Night);
        }
        if days >= 0b111_1111 {
            return Err(NotQuiet::Days);
        }
        Ok(Quiet { night, days })
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_never(self) -> bool {
        self == Quiet::default()
    }

    /// From and until which minute of every day.
    #[must_use]
    pub fn night(self) -> Option<(u32, u32)> {
        self.night
    }

    /// Whether the whole of this day of the week is quiet.
    #[must_use]
    pub fn has_day(self, day: Weekday) -> bool {
        self.days & (1 << day.num_days_from_monday()) != 0
    }

    /// Whether it is quiet at an instant, by the clock of `zone`.
    #[must_use]
    pub fn holds_at(self, zone: Tz, at: DateTime<Utc>) -> bool {
        self.holds(at.with_timezone(&zone).naive_local())
    }

    /// The instant from which something may leave that could leave at `at`: that one, or when the quiet hours around it
    /// end.
    #[must_use]
    pub fn ends(self, zone: Tz, at: DateTime<Utc>) -> DateTime<Utc> {
        if !self.holds_at(zone, at) {
            return at;
        }
        let today = at.with_timezone(&zone).date_naive();
        let mut days = (0..=LONGEST_DAYS).filter_map(|ahead| today.checked_add_days(Days::new(ahead)));
        days.find_map(|day| self.first_end(zone, day, at)).unwrap_or(at)
    }

    /// The earliest end of quiet hours on a day that lies after `at`.
    fn first_end(self, zone: Tz, day: NaiveDate, at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let minutes = [Some(0), self.night.map(|(_, to)| to)];
        let ends = minutes
            .into_iter()
            .flatten()
            .flat_map(|minute| local::instants(zone, day, minute));
        ends.filter(|end| *end > at && !self.holds_at(zone, *end)).min()
    }

    fn holds(self, local: NaiveDateTime) -> bool {
        let minute = local.hour() * 60 + local.minute();
        let is_night = self.night.is_some_and(|(from, to)| {
            if from < to {
                (from..to).contains(&minute)
            } else {
                minute >= from || minute < to
            }
        });
        is_night || self.has_day(local.weekday())
    }
}

/// When something leaves that is ready now: at once, or where its reader wants one mail an hour, with the next full hour;
/// in no quiet hours.
#[must_use]
pub fn leaves(is_hourly: bool, quiet: Quiet, zone: Tz, now: DateTime<Utc>) -> DateTime<Utc> {
    let at = if is_hourly { next_hour(now) } else { now };
    quiet.ends(zone, at)
}

fn next_hour(now: DateTime<Utc>) -> DateTime<Utc> {
    let into_it = now.timestamp().rem_euclid(3600);
    let whole = now - TimeDelta::nanoseconds(i64::from(now.timestamp_subsec_nanos()));
    whole + TimeDelta::seconds(3600 - into_it)
}

#[cfg(test)]
mod tests {
    use chrono_tz::{
        Europe::{Berlin, London},
        TZ_VARIANTS,
    };
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    const NIGHT: Option<(u32, u32)> = Some((20 * 60, 7 * 60));
    const WEEKEND: u8 = 0b110_0000;

    #[test]
    fn a_night_ends_in_the_morning_of_the_readers_clock() {
        let quiet = Quiet::new(NIGHT, 0).unwrap();
        // 23:30 and 06:59 in Berlin in winter.
        assert_eq!(
            quiet.ends(Berlin, at("2026-11-26T22:30:00Z")),
            at("2026-11-27T06:00:00Z")
        );
        assert_eq!(
            quiet.ends(Berlin, at("2026-11-27T05:59:00Z")),
            at("2026-11-27T06:00:00Z")
        );
        let by_day = at("2026-11-27T06:00:00Z");
        assert_eq!(quiet.ends(Berlin, by_day), by_day);
        // The clocks go forward in this night.
        assert_eq!(
            quiet.ends(London, at("2026-03-28T23:00:00Z")),
            at("2026-03-29T06:00:00Z")
        );
    }

    #[test]
    fn a_weekend_ends_with_the_night_after_it_where_there_is_one() {
        let friday_night = at("2026-11-27T21:00:00Z");
        let both = Quiet::new(NIGHT, WEEKEND).unwrap();
        assert_eq!(both.ends(London, friday_night), at("2026-11-30T07:00:00Z"));
        let days = Quiet::new(None, WEEKEND).unwrap();
        assert_eq!(days.ends(London, friday_night), friday_night);
        assert_eq!(
            days.ends(London, at("2026-11-28T10:00:00Z")),
            at("2026-11-30T00:00:00Z")
        );
    }

    #[test]
    fn hours_that_never_end_are_none() {
        assert_eq!(Quiet::new(Some((60, 60)), 0), Err(NotQuiet::Night));
        assert_eq!(Quiet::new(Some((0, MINUTES)), 0), Err(NotQuiet::Night));
        assert_eq!(Quiet::new(None, 0b111_1111), Err(NotQuiet::Days));
    }

    #[test]
    fn what_comes_hourly_leaves_with_the_next_full_hour_outside_of_quiet_hours() {
        let quiet = Quiet::new(NIGHT, 0).unwrap();
        let leaves = |now| leaves(true, quiet, London, at(now));
        assert_eq!(leaves("2026-11-27T09:00:00.5Z"), at("2026-11-27T10:00:00Z"));
        assert_eq!(leaves("2026-11-27T19:40:00Z"), at("2026-11-28T07:00:00Z"));
    }

    /// Whether a zone's clock is changed between two instants.
    fn is_changed(zone: Tz, from: DateTime<Utc>, to: DateTime<Utc>) -> bool {
        let offset = |at: DateTime<Utc>| at.with_timezone(&zone).naive_local() - at.naive_utc();
        let mut hours = (0..=(to - from).num_hours() + 1).map(|hour| from + TimeDelta::hours(hour));
        hours.any(|at| offset(at) != offset(from)) || offset(to) != offset(from)
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

        #[test]
        fn nothing_leaves_in_quiet_hours_and_nothing_later_than_they_end(
            zone in 0..TZ_VARIANTS.len(), day in 0_i64..20 * 365, minutes in prop::collection::vec(0_i64..365 * 1440, 40),
            from in 0..MINUTES, to in 0..MINUTES, has_night: bool, days in 0_u8..0b111_1111
        ) {
            let zone = TZ_VARIANTS[zone];
            prop_assume!(from != to);
            let quiet = Quiet::new(has_night.then_some((from, to)), days).unwrap();
            let year = at("2007-01-01T00:00:00Z") + TimeDelta::days(day);
            for minute in minutes {
                let now = year + TimeDelta::minutes(minute);
                let end = quiet.ends(zone, now);
                prop_assert!(!quiet.holds_at(zone, end), "{end} is quiet in {zone}");
                prop_assert!(end >= now && end - now < TimeDelta::days(LONGEST_DAYS as i64));
                if end > now && !is_changed(zone, now, end) {
                    let before = end - TimeDelta::minutes(1);
                    prop_assert!(quiet.holds_at(zone, before.max(now)), "it was over before {end} in {zone}");
                    let halfway = now + (end - now) / 2;
                    prop_assert!(quiet.holds_at(zone, halfway), "it was over at {halfway} in {zone}");
                }
            }
        }
    }
}
