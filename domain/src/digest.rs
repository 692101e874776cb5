//! When a reader's digests leave: every day, on a day of every week, or on the first of every month, at a time of their
//! own clock and outside of their quiet hours; one a period, whatever clocks do.
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Timelike, Utc, Weekday};
use chrono_tz::Tz;

use crate::{local::instant, quiet::Quiet};

/// Slots that quiet hours can push together, and some more.
const MOST_SLOTS: usize = 24;
const NOON: u32 = 12;

/// How often digests leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// Every day.
    Day,
    /// On this day of every week.
    Week(Weekday),
    /// On the first of every month.
    Month,
}

/// When digests leave for one reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rhythm {
    /// The reader's clock.
    pub zone: Tz,
    /// How often.
    pub every: Every,
    /// Minute of the day, 0 to 1439.
    pub minute: u32,
    /// A digest that would leave in these leaves at its time of the first day that is not quiet, or when they end.
    pub quiet: Quiet,
}

/// A digest that is to leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    /// Its day on the reader's calendar: there is one digest a day at most.
    pub day: NaiveDate,
    /// The instant from which it may leave; it tells of what was recognised before.
    pub due: DateTime<Utc>,
    /// The first day that it tells of.
    pub first: NaiveDate,
    /// The last: the day before it leaves, or from noon that day.
    pub last: NaiveDate,
}

impl Every {
    /// The latest day of a digest up to a day.
    fn latest(self, day: NaiveDate) -> NaiveDate {
        let back = match self {
            Every::Day => 0,
            Every::Week(on) => day.weekday().days_since(on),
            Every::Month => day.day0(),
        };
        day.checked_sub_days(Days::new(u64::from(back))).unwrap_or(day)
    }

    fn before(self, day: NaiveDate) -> NaiveDate {
        let before = match self {
            Every::Day => day.pred_opt(),
            Every::Week(_) => day.checked_sub_days(Days::new(7)),
            Every::Month => day.checked_sub_months(Months::new(1)),
        };
        before.unwrap_or(day)
    }

    fn after(self, day: NaiveDate) -> NaiveDate {
        let after = match self {
            Every::Day => day.succ_opt(),
            Every::Week(_) => day.checked_add_days(Days::new(7)),
            Every::Month => day.checked_add_months(Months::new(1)),
        };
        after.unwrap_or(day)
    }
}

impl Rhythm {
    /// The latest digest that may have left by `now`.
    #[must_use]
    pub fn latest(self, now: DateTime<Utc>) -> Slot {
        let day = self.latest_day(now);
        let due = self.leaves(day);
        let leaves_on = |at: DateTime<Utc>| at.with_timezone(&self.zone);
        let last = match leaves_on(due) {
            local if local.hour() >= NOON => local.date_naive(),
            local => local.date_naive().pred_opt().unwrap_or(day),
        };
        let first = leaves_on(self.leaves_before(day, due)).date_naive();
        Slot {
            day,
            due,
            first: first.min(last),
            last,
        }
    }

    /// The digest that is to be made at `now`: none for a reader who began after it was due (`since`), and none where
    /// `last`, the day of the latest one made, is that of this one or later. Digests that were missed are not made up
    /// for: their praise stands in the next one.
    #[must_use]
    pub fn due(self, now: DateTime<Utc>, since: DateTime<Utc>, last: Option<NaiveDate>) -> Option<Slot> {
        let slot = self.latest(now);
        let is_made = last.is_some_and(|last| slot.day <= last);
        (slot.due > since && !is_made).then_some(slot)
    }

    /// When the next digest after `now` falls due.
    #[must_use]
    pub fn next(self, now: DateTime<Utc>) -> DateTime<Utc> {
        let mut day = self.latest_day(now);
        for _ in 0..MOST_SLOTS {
            day = self.every.after(day);
            let leaves = self.leaves(day);
            if leaves > now {
                return leaves;
            }
        }
        self.leaves(day)
    }

    fn latest_day(self, now: DateTime<Utc>) -> NaiveDate {
        let today = now.with_timezone(&self.zone).date_naive();
        let mut day = self.every.latest(today.succ_opt().unwrap_or(today));
        for _ in 0..MOST_SLOTS {
            if self.leaves(day) <= now {
                break;
            }
            day = self.every.before(day);
        }
        day
    }

    /// When the digest before that of a day left.
    fn leaves_before(self, day: NaiveDate, due: DateTime<Utc>) -> DateTime<Utc> {
        let mut before = self.every.before(day);
        for _ in 0..MOST_SLOTS {
            if self.leaves(before) < due {
                break;
            }
            before = self.every.before(before);
        }
        self.leaves(before)
    }

    /// When the digest of a day leaves.
    fn leaves(self, day: NaiveDate) -> DateTime<Utc> {
        let mut days = day.iter_days().take(7);
        let awake = days.find(|day| !self.quiet.has_day(day.weekday()));
        let at = instant(self.zone, awake.unwrap_or(day), self.minute);
        self.quiet.ends(self.zone, at)
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use chrono_tz::{
        Africa::Cairo,
        Asia::Kathmandu,
        Europe::{Berlin, London},
        Pacific::{Auckland, Honolulu},
        TZ_VARIANTS,
    };
    use proptest::prelude::*;

    use super::*;

    const WEEKEND: u8 = 0b110_0000;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn mondays(zone: Tz) -> Rhythm {
        Rhythm {
            zone,
            every: Every::Week(Weekday::Mon),
            minute: 8 * 60,
            quiet: Quiet::default(),
        }
    }

    #[test]
    fn before_the_hour_the_latest_is_that_of_the_week_before() {
        let rhythm = mondays(Kathmandu);
        let latest = |now| rhythm.latest(at(now)).day;
        assert_eq!(latest("2026-11-23T02:14:59Z"), day("2026-11-16"));
        assert_eq!(latest("2026-11-23T02:15:00Z"), day("2026-11-23"));
    }

    #[test]
    fn in_the_morning_it_tells_of_the_days_before_and_from_noon_of_its_own_too() {
        let told = |rhythm: Rhythm, now: &str| {
            let slot = rhythm.latest(at(now));
            (slot.first, slot.last)
        };
        let weekly = mondays(London);
        let days = |first, last| (day(first), day(last));
        assert_eq!(
            told(weekly, "2026-11-23T09:00:00Z"),
            days("2026-11-16", "2026-11-22")
        );
        let daily = Rhythm {
            every: Every::Day,
            ..weekly
        };
        assert_eq!(
            told(daily, "2026-11-27T09:00:00Z"),
            days("2026-11-26", "2026-11-26")
        );
        let evening = Rhythm {
            minute: 1050,
            ..daily
        };
        assert_eq!(
            told(evening, "2026-11-27T18:00:00Z"),
            days("2026-11-26", "2026-11-27")
        );
        let monthly = Rhythm {
            every: Every::Month,
            ..weekly
        };
        assert_eq!(
            told(monthly, "2026-12-03T09:00:00Z"),
            days("2026-11-01", "2026-11-30")
        );
    }

    #[test]
    fn daily_with_quiet_weekends_leaves_on_monday_at_its_time_and_tells_of_the_weekend() {
        let rhythm = Rhythm {
            every: Every::Day,
            minute: 17 * 60 + 30,
            quiet: Quiet::new(None, WEEKEND).unwrap(),
            ..mondays(Berlin)
        };
        assert_eq!(
            rhythm.next(at("2026-11-27T17:00:00Z")),
            at("2026-11-30T16:30:00Z")
        );
        assert_eq!(rhythm.latest(at("2026-11-30T16:29:00Z")).day, day("2026-11-27"));
        let monday = rhythm.latest(at("2026-11-30T16:30:00Z"));
        assert_eq!((monday.day, monday.first), (day("2026-11-30"), day("2026-11-27")));
    }

    #[test]
    fn what_would_leave_at_night_leaves_in_the_morning() {
        let rhythm = Rhythm {
            every: Every::Day,
            minute: 22 * 60,
            quiet: Quiet::new(Some((20 * 60, 7 * 60)), 0).unwrap(),
            ..mondays(London)
        };
        let slot = rhythm.latest(at("2026-11-27T09:00:00Z"));
        assert_eq!(
            (slot.day, slot.due),
            (day("2026-11-26"), at("2026-11-27T07:00:00Z"))
        );
        assert_eq!((slot.first, slot.last), (day("2026-11-26"), day("2026-11-26")));
    }

    #[test]
    fn somebody_who_moves_west_over_the_date_line_has_one_monday_a_week() {
        let (east, west) = (mondays(Auckland), mondays(Honolulu));
        let since = at("2026-01-01T00:00:00Z");
        let first = east.due(at("2026-11-22T19:00:00Z"), since, None).unwrap();
        assert_eq!(first.day, day("2026-11-23"));
        assert_eq!(west.due(at("2026-11-23T20:00:00Z"), since, Some(first.day)), None);
    }

    #[test]
    fn whoever_changes_from_monday_to_every_day_has_another_one_the_day_after() {
        let since = at("2026-01-01T00:00:00Z");
        let daily = Rhythm {
            every: Every::Day,
            ..mondays(London)
        };
        let last = Some(day("2026-11-23"));
        assert_eq!(daily.due(at("2026-11-23T18:00:00Z"), since, last), None);
        let next = daily.due(at("2026-11-24T08:00:00Z"), since, last).unwrap();
        assert_eq!(next.day, day("2026-11-24"));
        let monthly = Rhythm {
            every: Every::Month,
            ..mondays(London)
        };
        assert_eq!(monthly.due(at("2026-11-30T08:00:00Z"), since, last), None);
        assert!(monthly.due(at("2026-12-01T08:00:00Z"), since, last).is_some());
    }

    /// What happens in a reader's life.
    #[derive(Clone, Debug)]
    enum Event {
        Passes { minutes: i64, is_down: bool },
        Moves { zone: usize },
        Prefers { every: Every, minute: u32 },
        IsQuiet { quiet: Quiet },
        IsToldOf { how_many: usize },
    }

    fn every() -> impl Strategy<Value = Every> {
        let weekday = |days| Every::Week(Weekday::Mon.succ_by(days));
        prop_oneof![Just(Every::Day), (0_u8..7).prop_map(weekday), Just(Every::Month)]
    }

    trait SuccBy {
        fn succ_by(self, days: u8) -> Weekday;
    }

    impl SuccBy for Weekday {
        fn succ_by(self, days: u8) -> Weekday {
            (0..days).fold(self, |day, _| day.succ())
        }
    }

    fn quiet() -> impl Strategy<Value = Quiet> {
        let night = prop::option::of((0_u32..1440, 1_u32..1440));
        (night, 0_u8..0b111_1111).prop_map(|(night, days)| {
            let night = night.map(|(from, long)| (from, (from + long) % 1440));
            Quiet::new(night, days).unwrap()
        })
    }

    fn event() -> impl Strategy<Value = Event> {
        prop_oneof![
            12 => (1_i64..4 * 24 * 60, any::<bool>()).prop_map(|(minutes, is_down)| Event::Passes { minutes, is_down }),
            1 => (0..TZ_VARIANTS.len()).prop_map(|zone| Event::Moves { zone }),
            1 => (every(), 0_u32..1440).prop_map(|(every, minute)| Event::Prefers { every, minute }),
            1 => quiet().prop_map(|quiet| Event::IsQuiet { quiet }),
            4 => (1_usize..4).prop_map(|how_many| Event::IsToldOf { how_many }),
        ]
    }

    /// A reader whom a scheduler visits when they are due, unless it is down.
    struct Reader {
        rhythm: Rhythm,
        now: DateTime<Utc>,
        since: DateTime<Utc>,
        digests: Vec<(Slot, Rhythm, DateTime<Utc>)>,
        told: usize,
        waiting: Vec<DateTime<Utc>>,
        recognised: usize,
    }

    impl Reader {
        fn visit(&mut self) {
            let last = self.digests.last().map(|(slot, ..)| slot.day);
            let Some(slot) = self.rhythm.due(self.now, self.since, last) else {
                return;
            };
            let waited = self.waiting.len();
            self.waiting.retain(|at| *at >= slot.due);
            self.told += waited - self.waiting.len();
            // What is made in quiet hours, since the scheduler comes late or they have just been chosen, waits for their end.
            let leaves = self.rhythm.quiet.ends(self.rhythm.zone, self.now);
            self.digests.push((slot, self.rhythm, leaves));
        }

        fn live(&mut self, event: &Event) {
            match event {
                Event::Moves { zone } => self.rhythm.zone = TZ_VARIANTS[*zone],
                Event::Prefers { every, minute } => {
                    (self.rhythm.every, self.rhythm.minute) = (*every, *minute);
                }
                Event::IsQuiet { quiet } => self.rhythm.quiet = *quiet,
                Event::IsToldOf { how_many } => {
                    self.recognised += how_many;
                    self.waiting.extend(vec![self.now; *how_many]);
                }
                Event::Passes { minutes, is_down } => {
                    let end = self.now + TimeDelta::minutes(*minutes);
                    while !is_down && self.rhythm.next(self.now) <= end {
                        self.now = self.rhythm.next(self.now);
                        self.visit();
                    }
                    self.now = end;
                    self.visit();
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 500, ..ProptestConfig::default() })]

        #[test]
        fn a_year_of_moving_and_changing_ones_mind_brings_one_digest_a_period_and_each_praise_once(
            start in 0_i64..20 * 365, events in prop::collection::vec(event(), 240)
        ) {
            let since = at("2005-01-01T00:00:00Z") + TimeDelta::days(start);
            let mut reader = Reader {
                rhythm: mondays(Cairo), now: since, since, digests: Vec::new(), told: 0, waiting: Vec::new(), recognised: 0,
            };
            let mut left = 365_i64 * 24 * 60;
            for event in &events {
                if let Event::Passes { minutes, .. } = event { left -= minutes; }
                if left < 0 { break; }
                reader.live(event);
            }
            for ((slot, rhythm, leaves), (next, then, _)) in reader.digests.iter().zip(reader.digests.iter().skip(1)) {
                prop_assert!(slot.day < next.day, "one a day at most");
                if then == rhythm && then.every != Every::Day {
                    let days = (next.day - slot.day).num_days();
                    prop_assert!(days >= if then.every == Every::Month { 28 } else { 7 }, "one a period");
                }
                prop_assert!(slot.first <= slot.last && slot.due <= *leaves);
                prop_assert!(!rhythm.quiet.holds_at(rhythm.zone, *leaves), "none in quiet hours");
                prop_assert!(!rhythm.quiet.holds_at(rhythm.zone, slot.due), "none is due in quiet hours");
            }
            prop_assert_eq!(reader.told + reader.waiting.len(), reader.recognised, "each praise once");
        }

        #[test]
        fn none_is_left_out_and_the_next_one_is_known(
            zone in 0..TZ_VARIANTS.len(), every in every(), minute in 0_u32..1440, quiet in quiet(), start in 0_i64..20 * 365
        ) {
            let rhythm = Rhythm { zone: TZ_VARIANTS[zone], every, minute, quiet };
            let mut now = at("2005-01-01T00:00:00Z") + TimeDelta::days(start);
            let end = now + TimeDelta::days(365);
            let mut last = rhythm.latest(now);
            while now < end {
                let next = rhythm.next(now);
                let longest = if every == Every::Month { 31 + 9 } else { 7 + 9 };
                prop_assert!(next > now && next - now < TimeDelta::days(longest), "{next} after {now}");
                let before = rhythm.latest(next - TimeDelta::seconds(1));
                prop_assert_eq!(before.due, last.due, "none before the next");
                let slot = rhythm.latest(next);
                prop_assert!(slot.due == next && slot.day > last.day);
                prop_assert!(slot.first >= last.last.min(slot.last) && slot.first <= slot.last, "days follow each other");
                (now, last) = (next, slot);
            }
        }
    }
}
