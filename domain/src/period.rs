//! Calendar periods that boards count by. Weeks begin on Monday (ISO 8601).
use chrono::{Datelike, Days, Months, NaiveDate};

/// A length of time on the calendar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PeriodKind {
    /// Monday to Sunday.
    Week,
    /// A calendar month.
    Month,
    /// January to March, and so on.
    Quarter,
    /// A calendar year.
    Year,
    /// Since ever.
    All,
}

impl PeriodKind {
    /// All kinds, shortest first.
    pub const ALL: [PeriodKind; 5] = [
        PeriodKind::Week,
        PeriodKind::Month,
        PeriodKind::Quarter,
        PeriodKind::Year,
        PeriodKind::All,
    ];

    /// Its name in tables and addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            PeriodKind::Week => "week",
            PeriodKind::Month => "month",
            PeriodKind::Quarter => "quarter",
            PeriodKind::Year => "year",
            PeriodKind::All => "all",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<PeriodKind> {
        PeriodKind::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// First day of the period that holds `day`; 1970-01-01 for [`PeriodKind::All`].
    #[must_use]
    pub fn start(self, day: NaiveDate) -> NaiveDate {
        let (year, month) = (day.year(), day.month());
        let start = match self {
            PeriodKind::Week => day.checked_sub_days(Days::new(day.weekday().num_days_from_monday().into())),
            PeriodKind::Month => NaiveDate::from_ymd_opt(year, month, 1),
            PeriodKind::Quarter => NaiveDate::from_ymd_opt(year, (month - 1) / 3 * 3 + 1, 1),
            PeriodKind::Year => NaiveDate::from_ymd_opt(year, 1, 1),
            PeriodKind::All => Some(NaiveDate::default()),
        };
        start.unwrap_or(day)
    }

    /// First day after the period that begins on `start`; none for [`PeriodKind::All`].
    #[must_use]
    pub fn end(self, start: NaiveDate) -> Option<NaiveDate> {
        match self {
            PeriodKind::Week => start.checked_add_days(Days::new(7)),
            PeriodKind::Month => start.checked_add_months(Months::new(1)),
            PeriodKind::Quarter => start.checked_add_months(Months::new(3)),
            PeriodKind::Year => start.checked_add_months(Months::new(12)),
            PeriodKind::All => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn day(year: i32, month: u32, day: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, month, day).unwrap()
    }

    #[test]
    fn the_first_of_january_may_lie_in_a_week_of_the_old_year() {
        assert_eq!(PeriodKind::Week.start(day(2027, 1, 1)), day(2026, 12, 28));
    }

    #[test]
    fn november_lies_in_the_fourth_quarter() {
        assert_eq!(PeriodKind::Quarter.start(day(2026, 11, 21)), day(2026, 10, 1));
    }

    proptest! {
        #[test]
        fn every_day_lies_in_its_period(days in 0_u64..200_000) {
            let day = day(1800, 1, 1).checked_add_days(Days::new(days)).unwrap();
            for kind in PeriodKind::ALL {
                let start = kind.start(day);
                prop_assert_eq!(kind.start(start), start);
                if let Some(end) = kind.end(start) {
                    prop_assert!(start <= day && day < end);
                }
            }
        }
    }
}
