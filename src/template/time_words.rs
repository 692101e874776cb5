//! Times as people say them: in the reader's language, at the place where it happened.
use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use serde::Serialize;

use super::language::Language;

/// A time to show: for machines and for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moment {
    /// RFC 3339 with the local offset, for `<time datetime>`.
    pub iso: String,
    /// For instance "Today, 14:20".
    pub words: String,
}

impl Moment {
    /// As briefly as `now` allows: "Today, 14:20", "Thursday, 18:12", "3 May, 09:00", "3 May 2025, 09:00".
    pub fn near(at: DateTime<Utc>, zone: Tz, now: DateTime<Utc>, language: Language) -> Self {
        let (local, today) = (at.with_timezone(&zone), now.with_timezone(&zone).date_naive());
        let day = near_day(local.date_naive(), today, language);
        Self {
            iso: iso(local),
            words: format!("{day}, {}", local.format("%H:%M")),
        }
    }

    /// For mails, which are read later: "Saturday 21 November, 14:20"; with the year if it is not that of `now`.
    pub fn full(at: DateTime<Utc>, zone: Tz, now: DateTime<Utc>, language: Language) -> Self {
        let (local, this_year) = (at.with_timezone(&zone), now.with_timezone(&zone).year());
        let day = local.date_naive();
        let date = if day.year() == this_year {
            day_and_month(day, language)
        } else {
            date(day, language)
        };
        let comma = if language == Language::German { "," } else { "" };
        let words = format!(
            "{}{comma} {date}, {}",
            weekday(day, language),
            local.format("%H:%M")
        );
        Self {
            iso: iso(local),
            words,
        }
    }
}

/// "20 February 2027", "20. Februar 2027".
pub fn date(day: NaiveDate, language: Language) -> String {
    format!("{} {}", day_and_month(day, language), day.year())
}

/// "Monday 16 to Sunday 22 November", both days included.
pub fn days(first: NaiveDate, last: NaiveDate, language: Language) -> String {
    let short = first.month() == last.month() && first.year() == last.year();
    let from = if short {
        day_number(first, language)
    } else {
        day_and_month(first, language)
    };
    let (monday, sunday, until) = (
        weekday(first, language),
        weekday(last, language),
        day_and_month(last, language),
    );
    match language {
        Language::English => format!("{monday} {from} to {sunday} {until}"),
        Language::German => format!("{monday}, {from} bis {sunday}, {until}"),
    }
}

/// The day of the week in full.
pub fn weekday(day: NaiveDate, language: Language) -> &'static str {
    let names: [&str; 7] = match language {
        Language::English => [
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
            "Sunday",
        ],
        Language::German => [
            "Montag",
            "Dienstag",
            "Mittwoch",
            "Donnerstag",
            "Freitag",
            "Samstag",
            "Sonntag",
        ],
    };
    names
        .get(day.weekday().num_days_from_monday() as usize)
        .copied()
        .unwrap_or_default()
}

/// The month in full.
pub fn month(day: NaiveDate, language: Language) -> &'static str {
    let names: [&str; 12] = match language {
        Language::English => [
            "January",
            "February",
            "March",
            "April",
            "May",
            "June",
            "July",
            "August",
            "September",
            "October",
            "November",
            "December",
        ],
        Language::German => [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
    };
    names.get(day.month0() as usize).copied().unwrap_or_default()
}

fn near_day(day: NaiveDate, today: NaiveDate, language: Language) -> String {
    match ((today - day).num_days(), language) {
        (0, Language::English) => "Today".to_owned(),
        (0, Language::German) => "Heute".to_owned(),
        (1, Language::English) => "Yesterday".to_owned(),
        (1, Language::German) => "Gestern".to_owned(),
        (2..=6, _) => weekday(day, language).to_owned(),
        _ if day.year() == today.year() => day_and_month(day, language),
        _ => date(day, language),
    }
}

fn day_number(day: NaiveDate, language: Language) -> String {
    match language {
        Language::English => day.day().to_string(),
        Language::German => format!("{}.", day.day()),
    }
}

fn day_and_month(day: NaiveDate, language: Language) -> String {
    format!("{} {}", day_number(day, language), month(day, language))
}

fn iso(local: DateTime<Tz>) -> String {
    local.format("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn near(text: &str, language: Language) -> String {
        Moment::near(
            at(text),
            chrono_tz::Europe::Berlin,
            at("2026-11-21T17:00:00Z"),
            language,
        )
        .words
    }

    #[test]
    fn times_are_local_and_as_short_as_they_may_be() {
        assert_eq!(near("2026-11-21T13:20:00Z", Language::English), "Today, 14:20");
        assert_eq!(near("2026-11-19T23:30:00Z", Language::German), "Gestern, 00:30");
        assert_eq!(near("2026-11-19T17:12:00Z", Language::English), "Thursday, 18:12");
        assert_eq!(
            near("2026-11-14T17:12:00Z", Language::German),
            "14. November, 18:12"
        );
        assert_eq!(
            near("2025-07-01T17:12:00Z", Language::English),
            "1 July 2025, 19:12"
        );
    }

    #[test]
    fn a_time_to_come_is_a_date() {
        assert_eq!(
            near("2026-11-23T08:00:00Z", Language::English),
            "23 November, 09:00"
        );
    }

    #[test]
    fn mails_name_the_day() {
        let now = at("2026-11-21T17:00:00Z");
        let full = |text, language| Moment::full(at(text), chrono_tz::UTC, now, language);
        let moment = full("2026-11-21T14:20:00Z", Language::English);
        assert_eq!(moment.words, "Saturday 21 November, 14:20");
        assert_eq!(moment.iso, "2026-11-21T14:20:00+00:00");
        assert_eq!(
            full("2024-02-29T09:05:00Z", Language::German).words,
            "Donnerstag, 29. Februar 2024, 09:05"
        );
    }

    #[test]
    fn a_week_names_its_ends() {
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let english = days(day("2026-11-16"), day("2026-11-22"), Language::English);
        assert_eq!(english, "Monday 16 to Sunday 22 November");
        let german = days(day("2026-11-30"), day("2026-12-06"), Language::German);
        assert_eq!(german, "Montag, 30. November bis Sonntag, 6. Dezember");
    }
}
