//! Times as people say them: at the place where it happened, in the language of whoever reads. Contexts hold the times;
//! the templates' helpers `when`, `date`, `days` and `period` say them.
use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Timelike, Utc};
use chrono_tz::Tz;
use domain::period::PeriodKind;
use icu_calendar::{Gregorian, types::RataDie};
use icu_datetime::{
    FixedCalendarDateTimeFormatter, fieldsets,
    input::{Date, Time},
};
use serde::Serialize;

use super::{
    helpers::pairs as values,
    language::{Catalogue, CatalogueError},
};

/// A time to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// RFC 3339 with the local offset, for machines too.
    pub iso: String,
    /// The day it is there: what is near is said shorter.
    pub today: NaiveDate,
    /// Whether the day is named in full: mails are read later.
    pub full: bool,
}

impl Moment {
    /// As briefly as `now` allows: "today, 14:20", "Thursday, 18:12", "3 May, 09:00", "3 May 2025, 09:00".
    pub fn near(at: DateTime<Utc>, zone: Tz, now: DateTime<Utc>) -> Self {
        Self {
            iso: at.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S%:z").to_string(),
            today: now.with_timezone(&zone).date_naive(),
            full: false,
        }
    }

    /// For mails: "Saturday 21 November, 14:20"; with the year if it is not that of `now`.
    pub fn full(at: DateTime<Utc>, zone: Tz, now: DateTime<Utc>) -> Self {
        Self {
            full: true,
            ..Self::near(at, zone, now)
        }
    }
}

/// A period of a board.
#[derive(Clone, Debug, Serialize)]
pub struct Period {
    /// `week`, `month`, `quarter`, `year`, `all`.
    pub kind: &'static str,
    /// Its first day.
    pub first: NaiveDate,
    /// Its last.
    pub last: NaiveDate,
}

impl Period {
    /// The period of a kind that begins on a day.
    pub fn of(kind: PeriodKind, first: NaiveDate) -> Self {
        let last = kind.end(first).and_then(|end| end.pred_opt()).unwrap_or(first);
        Self {
            kind: kind.name(),
            first,
            last,
        }
    }
}

/// How a day is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// "20 February 2027"
    Day,
    /// "Saturday"
    Weekday,
    /// "November 2026"
    Month,
}

impl Style {
    pub(super) fn of_name(name: &str) -> Option<Self> {
        match name {
            "day" => Some(Self::Day),
            "weekday" => Some(Self::Weekday),
            "month" => Some(Self::Month),
            _ => None,
        }
    }
}

/// Formats with the fields of icu: their types differ, what is done with them does not.
macro_rules! say {
    ($catalogue:expr, $fields:expr, $input:expr) => {{
        let locale = $catalogue.locale();
        let formatter = FixedCalendarDateTimeFormatter::<Gregorian, _>::try_new(locale.into(), $fields)?;
        formatter.format($input).to_string()
    }};
}

impl Catalogue {
    /// A time, as near to `today` or in full.
    pub(super) fn moment(
        &self,
        local: NaiveDateTime,
        today: NaiveDate,
        full: bool,
    ) -> Result<String, CatalogueError> {
        let day = local.date();
        let day = if full {
            self.day_in_full(day, day.year() == today.year())?
        } else {
            self.near_day(day, today)?
        };
        let (hour, minute) = (byte(local.hour()), byte(local.minute()));
        let time = Time::try_new(hour, minute, 0, 0).unwrap_or(Time::start_of_day());
        let time = say!(self, fieldsets::T::hm(), &time);
        self.say("time.at", &values(&[("day", &day), ("time", &time)]))
    }

    /// A day.
    pub(super) fn day(&self, day: NaiveDate, style: Style) -> Result<String, CatalogueError> {
        let date = date(day);
        Ok(match style {
            Style::Day => say!(self, fieldsets::YMD::long(), &date),
            Style::Weekday => say!(self, fieldsets::E::long(), &date),
            Style::Month => say!(self, fieldsets::YM::long(), &date),
        })
    }

    /// "Monday 16 to Sunday 22 November", both days included; "Thursday 26 November" where they are one.
    pub(super) fn days(&self, first: NaiveDate, last: NaiveDate) -> Result<String, CatalogueError> {
        if first == last {
            return Ok(say!(self, fieldsets::MDE::long(), &date(last)));
        }
        let short = first.month() == last.month() && first.year() == last.year();
        let from = if short {
            say!(self, fieldsets::DE::long(), &date(first))
        } else {
            say!(self, fieldsets::MDE::long(), &date(first))
        };
        let to = say!(self, fieldsets::MDE::long(), &date(last));
        self.say("time.days", &values(&[("from", &from), ("to", &to)]))
    }

    /// "Monday 16 to Sunday 22 November", "November 2026", "October to December 2026", "2026", "all time".
    pub(super) fn period(
        &self,
        kind: &str,
        first: NaiveDate,
        last: NaiveDate,
    ) -> Result<String, CatalogueError> {
        match kind {
            "week" => self.days(first, last),
            "month" => self.day(first, Style::Month),
            "quarter" => {
                let from = say!(self, fieldsets::M::long(), &date(first));
                let to = self.day(last, Style::Month)?;
                self.say("time.months", &values(&[("from", &from), ("to", &to)]))
            }
            "year" => Ok(first.year().to_string()),
            _ => self.say("board.period.all", &BTreeMap::new()),
        }
    }

    fn near_day(&self, day: NaiveDate, today: NaiveDate) -> Result<String, CatalogueError> {
        let none = BTreeMap::new();
        match (today - day).num_days() {
            0 => self.say("time.today", &none),
            1 => self.say("time.yesterday", &none),
            2..=6 => self.day(day, Style::Weekday),
            _ if day.year() == today.year() => Ok(say!(self, fieldsets::MD::long(), &date(day))),
            _ => self.day(day, Style::Day),
        }
    }

    fn day_in_full(&self, day: NaiveDate, is_this_year: bool) -> Result<String, CatalogueError> {
        let date = date(day);
        Ok(if is_this_year {
            say!(self, fieldsets::MDE::long(), &date)
        } else {
            say!(self, fieldsets::YMDE::long(), &date)
        })
    }
}

fn date(day: NaiveDate) -> Date<Gregorian> {
    Date::from_rata_die(RataDie::new(day.num_days_from_ce().into()), Gregorian)
}

/// Hours and minutes are small.
fn byte(number: u32) -> u8 {
    u8::try_from(number).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::template::registry::embedded;

    fn catalogue(code: &str) -> Catalogue {
        Catalogue::parse(&embedded(&format!("text/{code}.toml")).unwrap()).unwrap()
    }

    fn words(moment: &Moment, code: &str) -> String {
        let local = DateTime::parse_from_rfc3339(&moment.iso).unwrap().naive_local();
        catalogue(code).moment(local, moment.today, moment.full).unwrap()
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn near(text: &str, code: &str) -> String {
        let now = at("2026-11-21T17:00:00Z");
        words(&Moment::near(at(text), chrono_tz::Europe::Berlin, now), code)
    }

    #[test]
    fn times_are_local_and_as_short_as_they_may_be() {
        assert_eq!(near("2026-11-21T13:20:00Z", "en"), "today, 14:20");
        assert_eq!(near("2026-11-19T23:30:00Z", "de"), "gestern, 00:30");
        assert_eq!(near("2026-11-19T17:12:00Z", "en"), "Thursday, 18:12");
        assert_eq!(near("2026-11-14T17:12:00Z", "de"), "14. November, 18:12");
        assert_eq!(near("2025-07-01T17:12:00Z", "en"), "1 July 2025, 19:12");
        assert_eq!(near("2026-11-21T13:20:00Z", "fr"), "aujourd’hui à 14:20");
        assert_eq!(near("2026-11-19T17:12:00Z", "fr"), "jeudi à 18:12");
        assert_eq!(near("2026-11-14T17:12:00Z", "es"), "14 de noviembre, 18:12");
    }

    #[test]
    fn a_time_to_come_is_a_date() {
        assert_eq!(near("2026-11-23T08:00:00Z", "en"), "23 November, 09:00");
    }

    #[test]
    fn mails_name_the_day() {
        let now = at("2026-11-21T17:00:00Z");
        let full = |text| Moment::full(at(text), chrono_tz::UTC, now);
        let moment = full("2026-11-21T14:20:00Z");
        assert_eq!(words(&moment, "en"), "Saturday 21 November, 14:20");
        assert_eq!(moment.iso, "2026-11-21T14:20:00+00:00");
        let leap = full("2024-02-29T09:05:00Z");
        assert_eq!(words(&leap, "de"), "Donnerstag, 29. Februar 2024, 09:05");
        assert_eq!(words(&leap, "fr"), "jeudi 29 février 2024 à 09:05");
        assert_eq!(words(&leap, "es"), "jueves, 29 de febrero de 2024, 09:05");
    }

    #[test]
    fn a_week_names_its_ends() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let english = catalogue("en")
            .days(day("2026-11-16"), day("2026-11-22"))
            .unwrap();
        assert_eq!(english, "Monday 16 to Sunday 22 November");
        let german = catalogue("de")
            .days(day("2026-11-30"), day("2026-12-06"))
            .unwrap();
        assert_eq!(german, "Montag, 30. November bis Sonntag, 6. Dezember");
        let french = catalogue("fr")
            .days(day("2026-11-16"), day("2026-11-22"))
            .unwrap();
        assert_eq!(french, "du lundi 16 au dimanche 22 novembre");
        let spanish = catalogue("es")
            .days(day("2026-11-16"), day("2026-11-22"))
            .unwrap();
        assert_eq!(spanish, "del lunes 16 al domingo, 22 de noviembre");
    }

    #[test]
    fn a_quarter_names_its_months() {
        let first: NaiveDate = "2026-10-01".parse().unwrap();
        let period = Period::of(PeriodKind::Quarter, first);
        let said = |code| {
            catalogue(code)
                .period(period.kind, period.first, period.last)
                .unwrap()
        };
        assert_eq!(said("en"), "October to December 2026");
        assert_eq!(said("de"), "Oktober bis Dezember 2026");
        assert_eq!(said("fr"), "octobre à décembre 2026");
        assert_eq!(said("es"), "octubre a diciembre de 2026");
    }
}
