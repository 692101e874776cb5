//! Times of day as people and workbooks write them.
use chrono::{Days, NaiveDate, NaiveDateTime, TimeDelta};

use crate::table::day::{self, DayOrder};

/// A minute of a day; 24:00 is the next day's first.
pub(super) fn at(day: NaiveDate, minute: u32) -> NaiveDateTime {
    day.and_time(chrono::NaiveTime::MIN) + TimeDelta::minutes(i64::from(minute))
}

/// The first time from a moment on at which clocks show a minute.
pub(super) fn next(from: NaiveDateTime, minute: u32) -> NaiveDateTime {
    let found = at(from.date(), minute);
    if found >= from {
        found
    } else {
        at(from.date() + Days::new(1), minute)
    }
}

/// `08:30`, `8.30`, `8h30`, `8 am`, `0830`, with a day before it or none.
pub(super) fn moment(text: &str) -> Option<(String, u32)> {
    let text = text.trim();
    let apart = text.split_once('T').filter(|(day, time)| {
        day.ends_with(|last: char| last.is_ascii_digit())
            && time.starts_with(|first: char| first.is_ascii_digit())
    });
    if let Some((day, time)) = apart {
        return Some((day.to_owned(), clock(time)?));
    }
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_suffix = |word: &&&str| word.starts_with(|first: char| first.is_alphabetic());
    let suffixed = words.last().filter(is_suffix).is_some();
    let (day, time) = words.split_at_checked(words.len().checked_sub(1 + usize::from(suffixed))?)?;
    match clock(&time.join(" ")) {
        Some(minute) => Some((day_before(&day.join(" ")), minute)),
        // A workbook writes the midnight of a day as the day.
        None if words.len() == 1 && day::read(text, Some(DayOrder::DayFirst)).is_some() => {
            Some((text.to_owned(), 0))
        }
        None => None,
    }
}

/// A workbook writes a time without a day as one of the day on which its calendar begins.
fn day_before(day: &str) -> String {
    let day = day.trim_end_matches(',');
    let is_none = day.starts_with("1899-12-3") || day.starts_with("1900-01-0");
    if is_none { String::new() } else { day.to_owned() }
}

/// Minutes after midnight.
pub(super) fn clock(text: &str) -> Option<u32> {
    let text = text.trim().to_lowercase().replace('.', ":");
    if let Some(fraction) = text
        .strip_prefix("0:")
        .filter(|digits| digits.len() > 2 && !digits.contains(':'))
    {
        let share: f64 = format!("0.{fraction}").parse().ok()?;
        return Some((share * 24.0 * 60.0).round() as u32);
    }
    let letters = text
        .find(|letter: char| letter.is_alphabetic() && letter != 'h')
        .unwrap_or(text.len());
    let (digits, suffix) = text.split_at(letters);
    let half = match suffix.replace([':', ' '], "").as_str() {
        "" | "uhr" => None,
        "am" => Some(0),
        "pm" => Some(12),
        _ => return None,
    };
    let digits = digits.trim().trim_end_matches('h').trim_end_matches(':').trim();
    let (hour, minute) = match digits.split_once([':', 'h']) {
        Some((hour, rest)) => (hour, rest.split(':').next().unwrap_or_default()),
        None if digits.len() > 2 => digits.split_at_checked(digits.len() - 2)?,
        None => (digits, ""),
    };
    let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) && text.len() <= 2 {
        true => text.parse::<u32>().ok(),
        false => None,
    };
    let hour = number(hour)?;
    let minute = if minute.is_empty() { 0 } else { number(minute)? };
    let hour = match half {
        None => hour,
        Some(half) if (1..=12).contains(&hour) => hour % 12 + half,
        Some(_) => return None,
    };
    (minute < 60 && hour * 60 + minute <= 24 * 60).then_some(hour * 60 + minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        for text in [
            "08:30",
            "8:30",
            "8.30",
            "8h30",
            "0830",
            "8:30 AM",
            "8:30am",
            "08:30:00",
            "8.30 Uhr",
            "0.3541667",
        ] {
            assert_eq!(moment(text), Some((String::new(), 510)), "{text}");
        }
        assert_eq!(clock("8 pm"), Some(20 * 60));
        assert_eq!(clock("12 am"), Some(0));
        assert_eq!(clock("24:00"), Some(24 * 60));
        assert_eq!(moment("1899-12-31 08:30:00"), Some((String::new(), 510)));
        assert_eq!(moment("2026-11-27T08:30"), Some(("2026-11-27".to_owned(), 510)));
        assert_eq!(
            moment("27.11.2026 8:30 Uhr"),
            Some(("27.11.2026".to_owned(), 510))
        );
        for text in ["", "soon", "25:00", "8:61", "13 pm", "8-16", "27.11.2026x"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }
}
