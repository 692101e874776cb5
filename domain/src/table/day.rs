//! Days as tables write them. What could be two days is never guessed: the column has to tell, or somebody says it.
use std::{collections::HashMap, str::FromStr, sync::LazyLock};

use chrono::{Datelike, Days, NaiveDate};

use crate::text::normal_form;

/// Day 0 of the days that Excel counts.
const SERIAL_START: (i32, u32, u32) = (1899, 12, 30);
/// Words between the parts of a day.
const BETWEEN: [&str; 4] = ["de", "del", "of", "the"];
/// What English and French put behind the number of a day.
const ORDINALS: [&str; 5] = ["st", "nd", "rd", "th", "er"];

static MONTHS: LazyLock<HashMap<String, u32>> = LazyLock::new(|| {
    let file: toml::Table = include_str!("../../data/months.toml").parse().unwrap_or_default();
    let names = ["january", "february", "march", "april", "may", "june", "july"];
    let names = names
        .into_iter()
        .chain(["august", "september", "october", "november", "december"]);
    let mut months = HashMap::new();
    for (name, number) in names.zip(1..) {
        let words = file
            .get(name)
            .and_then(toml::Value::as_array)
            .into_iter()
            .flatten();
        months.extend(words.filter_map(|word| Some((word.as_str()?.to_owned(), number))));
    }
    months
});

/// Which comes first where both are numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayOrder {
    /// `31/12/2026`
    DayFirst,
    /// `12/31/2026`
    MonthFirst,
}

impl DayOrder {
    /// As it is said on the command line and in the API.
    pub fn name(self) -> &'static str {
        match self {
            DayOrder::DayFirst => "dmy",
            DayOrder::MonthFirst => "mdy",
        }
    }
}

impl FromStr for DayOrder {
    type Err = String;

    fn from_str(given: &str) -> Result<DayOrder, String> {
        match given {
            "dmy" => Ok(DayOrder::DayFirst),
            "mdy" => Ok(DayOrder::MonthFirst),
            _ => Err("use dmy (31/12/2026) or mdy (12/31/2026)".to_owned()),
        }
    }
}

/// What the values of a column tell of their order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// No day of theirs could be two.
    NotNeeded,
    /// One of them can be read in one order only.
    Told(DayOrder),
    /// All of them can be read in both: such as this.
    Open(String),
    /// These two contradict each other: the first begins with the day, the second with the month.
    Contradiction(String, String),
}

/// Looks through all values: one that can be read in one order only tells of the others.
pub fn evidence<S: AsRef<str>>(values: impl Iterator<Item = S>) -> Evidence {
    let (mut day, mut month, mut open, mut is_swappable) = (None, None, None, false);
    for value in values {
        let value = value.as_ref();
        let Some((first, second)) = swappable(value) else {
            continue;
        };
        is_swappable = true;
        let kind = match (first > 12, second > 12) {
            (true, false) => &mut day,
            (false, true) => &mut month,
            (false, false) if first != second => &mut open,
            _ => continue,
        };
        kind.get_or_insert_with(|| value.trim().to_owned());
    }
    match (day, month, open) {
        (Some(day), Some(month), _) => Evidence::Contradiction(day, month),
        (Some(_), None, _) => Evidence::Told(DayOrder::DayFirst),
        (None, Some(_), _) => Evidence::Told(DayOrder::MonthFirst),
        (None, None, Some(value)) => Evidence::Open(value),
        (None, None, None) if is_swappable => Evidence::Told(DayOrder::DayFirst),
        (None, None, None) => Evidence::NotNeeded,
    }
}

/// The two days that a text may mean.
pub fn both(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let day = text.trim().split([' ', ',', 'T']).next()?;
    Some((
        read(day, Some(DayOrder::DayFirst))?,
        read(day, Some(DayOrder::MonthFirst))?,
    ))
}

/// How the two are said: `3 April 2026 or 4 March 2026`.
pub fn both_in_words(text: &str) -> String {
    match both(text) {
        Some((day, month)) => format!("{} or {}", day.format("%-d %B %Y"), month.format("%-d %B %Y")),
        None => "two days".to_owned(),
    }
}

/// The day that a text means; none where it is none, or could be two and no order is given.
pub fn read(text: &str, order: Option<DayOrder>) -> Option<NaiveDate> {
    let text = without_midnight(text.trim());
    let parts = parts(text);
    let numbers: Vec<Option<u32>> = parts.iter().map(|part| number(part)).collect();
    let found = match (parts.as_slice(), numbers.as_slice()) {
        ([whole], [Some(_)]) => return counted(whole),
        ([first, ..], [Some(year), Some(month), Some(day)]) if first.len() == 4 => (*year, *month, *day),
        ([.., last], [Some(first), Some(second), Some(_)]) => {
            let (day, month) = sorted(text, (*first, *second), order)?;
            (full_year(last)?, month, day)
        }
        ([_, word, last], [Some(day), None, Some(_)]) => (full_year(last)?, month(word)?, *day),
        ([word, _, last], [None, Some(day), Some(_)]) => (full_year(last)?, month(word)?, *day),
        _ => return None,
    };
    let (year, month, day) = found;
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).filter(|day| day.year() >= 1000)
}

/// The day and the month, which are the first and the second number or the other way round.
fn sorted(text: &str, (first, second): (u32, u32), order: Option<DayOrder>) -> Option<(u32, u32)> {
    if text.contains('.') {
        return Some((first, second));
    }
    match order {
        Some(DayOrder::DayFirst) => Some((first, second)),
        Some(DayOrder::MonthFirst) => Some((second, first)),
        None if first > 12 || first == second => Some((first, second)),
        None if second > 12 => Some((second, first)),
        None => None,
    }
}

/// The two numbers that could be swapped.
fn swappable(text: &str) -> Option<(u32, u32)> {
    let day = text.trim().split([' ', ',', 'T']).next().unwrap_or_default();
    let mut numbers = day.split(['/', '-']);
    let (first, second, year) = (numbers.next()?, numbers.next()?, numbers.next()?);
    let is_short = first.len() <= 2 && second.len() <= 2 && numbers.next().is_none();
    number(year).filter(|_| is_short)?;
    Some((number(first)?, number(second)?))
}

/// Words and numbers, without what only stands between them.
fn parts(text: &str) -> Vec<String> {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    let words = words.map(|word| match number_before_ordinal(word) {
        Some(number) => number.to_owned(),
        None => normal_form(word),
    });
    words.filter(|word| !BETWEEN.contains(&word.as_str())).collect()
}

fn number_before_ordinal(word: &str) -> Option<&str> {
    let mut endings = ORDINALS.iter();
    let number = endings.find_map(|ending| word.strip_suffix(ending))?;
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then_some(number)
}

fn number(text: &str) -> Option<u32> {
    let is_number = !text.is_empty() && text.len() <= 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

fn month(word: &str) -> Option<u32> {
    MONTHS.get(word).copied()
}

/// Of two digits those up to 68 are of this century.
fn full_year(text: &str) -> Option<u32> {
    match (text.len(), number(text)?) {
        (4, year) => Some(year),
        (2, year) if year <= 68 => Some(2000 + year),
        (2, year) => Some(1900 + year),
        _ => None,
    }
}

/// `20150401`, or the days that Excel counts.
fn counted(text: &str) -> Option<NaiveDate> {
    match text.len() {
        8 => NaiveDate::parse_from_str(text, "%Y%m%d").ok(),
        5 => {
            let (year, month, day) = SERIAL_START;
            NaiveDate::from_ymd_opt(year, month, day)?.checked_add_days(Days::new(text.parse().ok()?))
        }
        _ => None,
    }
}

/// Exports of databases put a midnight behind each day.
fn without_midnight(text: &str) -> &str {
    let found = text.split_once([' ', 'T']);
    let is_midnight = |time: &str| {
        let mut digits = time
            .trim_end_matches('Z')
            .bytes()
            .filter(|byte| *byte != b':' && *byte != b'.');
        time.contains(':') && digits.all(|byte| byte == b'0')
    };
    found
        .filter(|(_, time)| is_midnight(time))
        .map_or(text, |(day, _)| day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_read_in_the_forms_of_four_languages() {
        for text in [
            "2015-04-01",
            "2015/04/01",
            "01.04.2015",
            "1.4.15",
            "1. April 2015",
            "1 avr. 2015",
            "1er avril 2015",
            "1 de abril de 2015",
            "April 1, 2015",
            "April 1st, 2015",
            "01-Apr-15",
            "2015-04-01 00:00:00",
            "2015-04-01T00:00:00",
            "20150401",
            "42095",
        ] {
            assert_eq!(read(text, None), NaiveDate::from_ymd_opt(2015, 4, 1), "{text}");
        }
        assert_eq!(read("31/12/1999", None), NaiveDate::from_ymd_opt(1999, 12, 31));
        assert_eq!(read("12/31/99", None), NaiveDate::from_ymd_opt(1999, 12, 31));
    }

    #[test]
    fn what_could_be_two_days_needs_an_order() {
        assert_eq!(read("03/04/2026", None), None);
        let april = NaiveDate::from_ymd_opt(2026, 4, 3);
        assert_eq!(read("03/04/2026", Some(DayOrder::DayFirst)), april);
        assert_eq!(read("04-03-26", Some(DayOrder::MonthFirst)), april);
        assert_eq!(both_in_words("03/04/2026"), "3 April 2026 or 4 March 2026");
        assert_eq!(read("05/05/2026", None), NaiveDate::from_ymd_opt(2026, 5, 5));
    }

    #[test]
    fn what_is_no_day_is_none() {
        for text in [
            "",
            "soon",
            "31.02.2026",
            "2026",
            "1/2",
            "1 Foo 2026",
            "13:30",
            "99999999",
        ] {
            assert_eq!(read(text, Some(DayOrder::DayFirst)), None, "{text}");
        }
    }

    #[test]
    fn a_column_tells_its_order_if_one_value_does() {
        let of = |values: &[&str]| evidence(values.iter().copied());
        assert_eq!(of(&["2026-01-02", "", "x"]), Evidence::NotNeeded);
        assert_eq!(
            of(&["03/04/2026", "31/12/2025"]),
            Evidence::Told(DayOrder::DayFirst)
        );
        assert_eq!(
            of(&["03/04/2026", "1/18/2026 6:17 PM"]),
            Evidence::Told(DayOrder::MonthFirst)
        );
        assert_eq!(of(&["05/05/2026"]), Evidence::Told(DayOrder::DayFirst));
        assert_eq!(
            of(&["05/05/2026", "03/04/2026"]),
            Evidence::Open("03/04/2026".to_owned())
        );
        assert_eq!(
            of(&["31/12/2025", "12/31/2025"]),
            Evidence::Contradiction("31/12/2025".to_owned(), "12/31/2025".to_owned())
        );
        let late: Vec<&str> = std::iter::repeat_n("2026-01-02", 2000)
            .chain(["03/04/2026", "25/04/2026"])
            .collect();
        assert_eq!(of(&late), Evidence::Told(DayOrder::DayFirst));
        assert!(
            !matches!(of(&["13/25/2026"]), Evidence::Open(_)),
            "neither order reads it"
        );
    }
}
