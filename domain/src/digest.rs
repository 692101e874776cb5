//! When a reader's weekly digest leaves: on Monday at an hour of their own clock, once a week, whatever clocks do.
use chrono::{DateTime, Days, MappedLocalTime, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;

use crate::period::PeriodKind;

/// No change of clocks skips more than a day and a bit (Samoa left one out in 2011).
const LONGEST_GAP_MINUTES: i64 = 27 * 60;

/// When digests leave for one reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// The reader's clock.
    pub zone: Tz,
    /// Hour of Monday, 0 to 23.
    pub hour: u32,
}

/// A digest that is to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Week {
    /// The Monday on which it leaves, on the reader's calendar; it tells of the week before.
    pub monday: NaiveDate,
    /// The instant from which it may leave; it tells of what was recognised before.
    pub due: DateTime<Utc>,
}

/// The instant at which clocks in `zone` show the full `hour` on `day`: the earlier one where clocks are put back over
/// it, the first one after the gap where they are put forward.
#[must_use]
pub fn instant(zone: Tz, day: NaiveDate, hour: u32) -> DateTime<Utc> {
    let time = NaiveTime::from_hms_opt(hour.min(23), 0, 0).unwrap_or_default();
    let wanted = day.and_time(time);
    let after_gap = (0..=LONGEST_GAP_MINUTES)
        .find_map(|minutes| {
            let local = wanted + TimeDelta::minutes(minutes);
            match zone.from_local_datetime(&local) {
                MappedLocalTime::Single(at) | MappedLocalTime::Ambiguous(at, _) => Some(at),
                MappedLocalTime::None => None,
            }
        })
        .map(|at| at.with_timezone(&Utc));
    after_gap.unwrap_or_else(|| wanted.and_utc())
}

impl Rhythm {
    /// The latest week whose digest may have left by `now`.
    #[must_use]
    pub fn latest(self, now: DateTime<Utc>) -> Week {
        let today = now.with_timezone(&self.zone).date_naive();
        let this_week = self.week_of(PeriodKind::Week.start(today));
        if this_week.due <= now {
            return this_week;
        }
        let week_before = this_week.monday.checked_sub_days(Days::new(7));
        self.week_of(week_before.unwrap_or(this_week.monday))
    }

    /// The week whose digest is to be made at `now`: none for a reader who began after it was due (`since`), and none
    /// where `last`, the Monday of the latest one made, is that week or later. Weeks that were missed are not made up
    /// for: their praise stands in the next digest.
    #[must_use]
    pub fn due(self, now: DateTime<Utc>, since: DateTime<Utc>, last: Option<NaiveDate>) -> Option<Week> {
        let week = self.latest(now);
        let is_made = last.is_some_and(|last| week.monday <= last);
        (week.due > since && !is_made).then_some(week)
    }

    /// When the next digest after `now` falls due.
    #[must_use]
    pub fn next(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let latest = self.latest(now);
        let next = latest.monday.checked_add_days(Days::new(7));
        self.week_of(next.unwrap_or(latest.monday)).due
    }

    fn week_of(self, monday: NaiveDate) -> Week {
        Week {
            monday,
            due: instant(self.zone, monday, self.hour),
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::{
        Africa::Cairo,
        America::{New_York, Sao_Paulo},
        Asia::Kathmandu,
        Australia::Lord_Howe,
        Europe::London,
        Pacific::{Apia, Auckland, Honolulu},
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
    fn eight_on_monday_is_local_in_summer_and_winter() {
        assert_eq!(instant(London, day("2026-07-06"), 8), at("2026-07-06T07:00:00Z"));
        assert_eq!(instant(London, day("2026-11-23"), 8), at("2026-11-23T08:00:00Z"));
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
            instant(Lord_Howe, day("2026-10-04"), 2),
            at("2026-10-03T15:30:00Z")
        );
        // Samoa had no 30 December 2011.
        assert_eq!(instant(Apia, day("2011-12-30"), 8), at("2011-12-30T10:00:00Z"));
    }

    #[test]
    fn in_a_fold_it_is_the_earlier_instant() {
        assert_eq!(
            instant(New_York, day("2026-11-01"), 1),
            at("2026-11-01T05:00:00Z")
        );
    }

    #[test]
    fn before_the_hour_the_latest_week_is_the_one_before() {
        let rhythm = Rhythm {
            zone: Kathmandu,
            hour: 8,
        };
        assert_eq!(
            rhythm.latest(at("2026-11-23T02:14:59Z")).monday,
            day("2026-11-16")
        );
        assert_eq!(
            rhythm.latest(at("2026-11-23T02:15:00Z")).monday,
            day("2026-11-23")
        );
    }

    #[test]
    fn somebody_who_moves_west_over_the_date_line_has_one_monday_a_week() {
        let (east, west) = (
            Rhythm {
                zone: Auckland,
                hour: 8,
            },
            Rhythm {
                zone: Honolulu,
                hour: 8,
            },
        );
        let since = at("2026-01-01T00:00:00Z");
        let first = east.due(at("2026-11-22T19:00:00Z"), since, None).unwrap();
        assert_eq!(first.monday, day("2026-11-23"));
        assert_eq!(
            west.due(at("2026-11-23T20:00:00Z"), since, Some(first.monday)),
            None
        );
    }

    /// What happens in a reader's life.
    #[derive(Clone, Debug)]
    enum Event {
        Passes { minutes: i64 },
        Moves { zone: usize },
        Prefers { hour: u32 },
        IsToldOf { how_many: usize },
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            12 => (1_i64..4 * 24 * 60).prop_map(|minutes| Event::Passes { minutes }),
            1 => (0..TZ_VARIANTS.len()).prop_map(|zone| Event::Moves { zone }),
            1 => (0_u32..24).prop_map(|hour| Event::Prefers { hour }),
            4 => (1_usize..4).prop_map(|how_many| Event::IsToldOf { how_many }),
        ]
    }

    /// A reader whom a scheduler visits every quarter of an hour.
    struct Reader {
        rhythm: Rhythm,
        now: DateTime<Utc>,
        since: DateTime<Utc>,
        digests: Vec<(Week, Vec<DateTime<Utc>>)>,
        waiting: Vec<DateTime<Utc>>,
        recognised: usize,
    }

    impl Reader {
        fn visit(&mut self) {
            let last = self.digests.last().map(|(week, _)| week.monday);
            if let Some(week) = self.rhythm.due(self.now, self.since, last) {
                let (told, rest) = self.waiting.drain(..).partition(|at| *at < week.due);
                self.waiting = rest;
                self.digests.push((week, told));
            }
        }

        fn live(&mut self, event: &Event) {
            match event {
                Event::Moves { zone } => self.rhythm.zone = TZ_VARIANTS[*zone],
                Event::Prefers { hour } => self.rhythm.hour = *hour,
                Event::IsToldOf { how_many } => {
                    self.recognised += how_many;
                    self.waiting.extend(vec![self.now; *how_many]);
                }
                Event::Passes { minutes } => {
                    for _ in 0..(minutes / 15).max(1) {
                        self.now += TimeDelta::minutes(15);
                        self.visit();
                    }
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

        #[test]
        fn ten_years_of_moving_and_changing_clocks_bring_one_digest_a_week_and_each_praise_once(
            start in 0_i64..20 * 365, events in prop::collection::vec(event(), 2_400)
        ) {
            let since = at("2005-01-01T00:00:00Z") + TimeDelta::days(start);
            let mut reader = Reader {
                rhythm: Rhythm { zone: Cairo, hour: 8 },
                now: since, since, digests: Vec::new(), waiting: Vec::new(), recognised: 0,
            };
            for event in events.iter().take_while({
                let mut left = 3_660_i64 * 24 * 60;
                move |event| {
                    if let Event::Passes { minutes } = event { left -= minutes; }
                    left > 0
                }
            }) {
                reader.live(event);
            }
            let years = (reader.now - since).num_days() as f64 / 365.25;
            prop_assert!(years > 8.0, "only {years} years");
            for (before, after) in reader.digests.iter().zip(reader.digests.iter().skip(1)) {
                prop_assert_eq!(after.0.monday - before.0.monday, TimeDelta::days(7), "one a week");
                prop_assert!(before.0.due < after.0.due, "windows follow each other");
                prop_assert!(after.1.iter().all(|told| before.0.due <= *told && *told < after.0.due));
            }
            let told: usize = reader.digests.iter().map(|(_, told)| told.len()).sum();
            prop_assert_eq!(told + reader.waiting.len(), reader.recognised, "each praise once");
        }

        #[test]
        fn a_digest_leaves_on_monday_at_its_hour_or_right_after_a_gap(
            zone in 0..TZ_VARIANTS.len(), hour in 0_u32..24, days in 0_u64..20_000
        ) {
            let zone = TZ_VARIANTS[zone];
            let monday = PeriodKind::Week.start(day("1975-01-06") + Days::new(days));
            let due = instant(zone, monday, hour);
            let local = due.with_timezone(&zone).naive_local();
            let wanted = monday.and_hms_opt(hour, 0, 0).unwrap();
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
