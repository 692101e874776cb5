//! Instants at which clocks of a zone show a time, whatever is done to clocks.
use chrono::{DateTime, MappedLocalTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

/// No change of clocks skips more than a day and a bit (Samoa left one out in 2011).
const LONGEST_GAP_MINUTES: i64 = 27 * 60;

/// The instants at which clocks in `zone` show a minute of `day`: both where clocks are put back over it, the first one
/// after the gap where they are put forward.
pub(crate) fn instants(zone: Tz, day: NaiveDate, minute: u32) -> impl Iterator<Item = DateTime<Utc>> {
    let wanted = day.and_time(NaiveTime::default()) + TimeDelta::minutes(i64::from(minute));
    let found = (0..=LONGEST_GAP_MINUTES).find_map(|later| {
        match zone.from_local_datetime(&(wanted + TimeDelta::minutes(later))) {
            MappedLocalTime::Single(at) => Some((at, None)),
            MappedLocalTime::Ambiguous(at, again) => Some((at, Some(again))),
            MappedLocalTime::None => None,
        }
    });
    let (first, second) = match found {
        Some((at, again)) => (at.to_utc(), again.map(|again| again.to_utc())),
        None => (wanted.and_utc(), None),
    };
    [Some(first), second].into_iter().flatten()
}

/// The first of them.
#[must_use]
pub fn instant(zone: Tz, day: NaiveDate, minute: u32) -> DateTime<Utc> {
    let first = instants(zone, day, minute).next();
    first.unwrap_or_else(|| day.and_time(NaiveTime::default()).and_utc())
}

#[cfg(test)]
mod tests {
    use chrono::Days;
    use chrono_tz::{
        America::{New_York, Sao_Paulo},
        Australia::Lord_Howe,
        Europe::London,
        Pacific::Apia,
        TZ_VARIANTS,
    };
    use proptest::prelude::*;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn eight_is_local_in_summer_and_winter() {
        assert_eq!(
            instant(London, day("2026-07-06"), 480),
            at("2026-07-06T07:00:00Z")
        );
        assert_eq!(
            instant(London, day("2026-11-23"), 480),
            at("2026-11-23T08:00:00Z")
        );
    }

    #[test]
    fn in_a_gap_it_is_the_first_instant_after() {
        // São Paulo's clocks went from 00:00 to 01:00.
        assert_eq!(
            instant(Sao_Paulo, day("2018-11-04"), 0),
            at("2018-11-04T03:00:00Z")
        );
        // Lord Howe puts its clocks forward by half an hour.
        assert_eq!(
            instant(Lord_Howe, day("2026-10-04"), 120),
            at("2026-10-03T15:30:00Z")
        );
        // Samoa had no 30 December 2011.
        assert_eq!(instant(Apia, day("2011-12-30"), 480), at("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn in_a_fold_it_is_the_earlier_instant() {
        assert_eq!(
            instant(New_York, day("2026-11-01"), 60),
            at("2026-11-01T05:00:00Z")
        );
    }

    proptest! {
        #[test]
        fn it_is_the_time_on_the_clock_or_right_after_a_gap(
            zone in 0..TZ_VARIANTS.len(), hour in 0_u32..24, half in 0_u32..2, days in 0_u64..20_000
        ) {
            let (zone, minute) = (TZ_VARIANTS[zone], hour * 60 + half * 30);
            let day = day("1975-01-06") + Days::new(days);
            let due = instant(zone, day, minute);
            let local = due.with_timezone(&zone).naive_local();
            let wanted = day.and_hms_opt(hour, half * 30, 0).unwrap();
            if local == wanted {
                let earlier = due - TimeDelta::hours(1);
                prop_assert!(earlier.with_timezone(&zone).naive_local() < wanted, "the earlier one of a fold");
            } else {
                prop_assert!(local > wanted);
                let just_before = (due - TimeDelta::minutes(1)).with_timezone(&zone).naive_local();
                prop_assert!(just_before < wanted, "the first instant after a gap");
            }
        }
    }
}
