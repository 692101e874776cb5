//! Usual working hours: `1-5@8-16;6@22-6` is Monday to Friday from 8 to 16 h, and Saturday 22 h to Sunday 6 h.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDateTime, NaiveTime, Timelike};

/// Working hours of a week in the site's local time. 1 is Monday; a shift whose end is not after its start ends on the
/// following day.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Shifts(Vec<Shift>);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Shift {
    /// Bit 0 is Monday.
    days: u8,
    /// Minutes after midnight.
    start: u16,
    end: u16,
}

/// Why a text is not a list of shifts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{part}\" is not a shift: {problem}; right is, for example, 1-5@8-16;6@22-6 (1 = Monday)")]
pub struct ShiftsError {
    part: String,
    problem: &'static str,
}

impl Shifts {
    /// Is somebody with these hours at work at this local time?
    pub fn cover(&self, at: NaiveDateTime) -> bool {
        self.0.iter().any(|shift| shift.covers(at))
    }

    /// When the shift begins and ends in which this local time falls; midnight as an end is 0:00.
    pub fn shift_at(&self, at: NaiveDateTime) -> Option<(NaiveTime, NaiveTime)> {
        let clock =
            |minutes: u16| NaiveTime::from_hms_opt(u32::from(minutes / 60), u32::from(minutes % 60), 0);
        let shift = self.0.iter().find(|shift| shift.covers(at))?;
        Some((clock(shift.start)?, clock(shift.end)?))
    }

    /// Does any shift cover this hour of the day, whatever the day?
    pub(crate) fn touch_hour(&self, hour: u16) -> bool {
        let minute = hour * 60;
        self.0.iter().any(|s| {
            if s.start < s.end {
                (s.start..s.end).contains(&minute)
            } else {
                minute >= s.start || minute < s.end
            }
        })
    }
}

impl Shift {
    fn covers(&self, at: NaiveDateTime) -> bool {
        let day = at.weekday().num_days_from_monday();
        let minute = (at.hour() * 60 + at.minute()) as u16;
        let on = |day: u32| self.days >> day & 1 == 1;
        if self.start < self.end {
            on(day) && (self.start..self.end).contains(&minute)
        } else {
            (on(day) && minute >= self.start) || (on((day + 6) % 7) && minute < self.end)
        }
    }
}

impl FromStr for Shifts {
    type Err = ShiftsError;

    fn from_str(text: &str) -> Result<Shifts, ShiftsError> {
        let parts = text.split(';').map(str::trim).filter(|p| !p.is_empty());
        parts.map(shift).collect::<Result<_, _>>().map(Shifts)
    }
}

fn shift(part: &str) -> Result<Shift, ShiftsError> {
    let wrong = |problem| ShiftsError {
        part: part.to_owned(),
        problem,
    };
    let (days, hours) = part
        .split_once('@')
        .ok_or_else(|| wrong("there is no @ between days and hours"))?;
    let days = days
        .split(',')
        .try_fold(0, |set, range| Some(set | day_range(range)?));
    let days = days.ok_or_else(|| wrong("days are numbers from 1 (Monday) to 7, or ranges such as 1-5"))?;
    let hours = hours
        .split_once('-')
        .and_then(|(a, b)| Some((clock(a, 23)?, clock(b, 24)?)));
    let (start, end) = hours.ok_or_else(|| wrong("hours are two times such as 8-16 or 8:30-17"))?;
    if start == end {
        return Err(wrong("it ends when it starts"));
    }
    Ok(Shift {
        days,
        start,
        end: end % (24 * 60),
    })
}

fn day_range(range: &str) -> Option<u8> {
    let (from, to) = range.split_once('-').unwrap_or((range, range));
    let (from, to): (u8, u8) = (from.trim().parse().ok()?, to.trim().parse().ok()?);
    if !(1..=7).contains(&from) || !(1..=7).contains(&to) {
        return None;
    }
    let length = (to + 7 - from) % 7;
    Some((0..=length).fold(0, |set, i| set | 1 << ((from - 1 + i) % 7)))
}

fn clock(text: &str, last_hour: u16) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':').unwrap_or((text.trim(), "0"));
    let (hour, minute): (u16, u16) = (hour.parse().ok()?, minute.parse().ok()?);
    (hour <= last_hour && minute < 60 && hour * 60 + minute <= 24 * 60).then(|| hour * 60 + minute)
}

impl fmt::Display for Shifts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, shift) in self.0.iter().enumerate() {
            let gap = if i > 0 { ";" } else { "" };
            write!(f, "{gap}{}@", days(shift.days))?;
            time(f, shift.start)?;
            f.write_str("-")?;
            time(f, if shift.end == 0 { 24 * 60 } else { shift.end })?;
        }
        Ok(())
    }
}

/// Runs of days, comma separated.
fn days(set: u8) -> String {
    let on = |day: u8| (1..=7).contains(&day) && set >> (day - 1) & 1 == 1;
    let starts = (1..=7).filter(|d| on(*d) && !on(d - 1));
    let runs = starts.map(|from| {
        let to = (from..=7).take_while(|d| on(*d)).last().unwrap_or(from);
        if to == from {
            from.to_string()
        } else {
            format!("{from}-{to}")
        }
    });
    runs.collect::<Vec<_>>().join(",")
}

fn time(f: &mut fmt::Formatter<'_>, minutes: u16) -> fmt::Result {
    match (minutes / 60, minutes % 60) {
        (hour, 0) => write!(f, "{hour}"),
        (hour, minute) => write!(f, "{hour}:{minute:02}"),
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;

    use super::*;

    fn at(day: u32, hour: u32) -> NaiveDateTime {
        // 2026-11-16 is a Monday.
        NaiveDate::from_ymd_opt(2026, 11, 15 + day)
            .unwrap()
            .and_hms_opt(hour, 30, 0)
            .unwrap()
    }

    #[test]
    fn shifts_may_cross_midnight() {
        let shifts: Shifts = "1-5@8-16;6@22-6".parse().unwrap();
        assert!(shifts.cover(at(1, 8)) && !shifts.cover(at(1, 16)) && !shifts.cover(at(6, 8)));
        assert!(shifts.cover(at(6, 23)) && shifts.cover(at(7, 5)) && !shifts.cover(at(6, 5)));
    }

    #[test]
    fn the_shift_of_a_moment_has_its_beginning_and_end() {
        let shifts: Shifts = "1-5@8:30-16;6@22-6;7@18-24".parse().unwrap();
        let hours = |from, until| {
            let clock = |(hour, minute)| NaiveTime::from_hms_opt(hour, minute, 0).unwrap();
            Some((clock(from), clock(until)))
        };
        assert_eq!(shifts.shift_at(at(1, 8)), hours((8, 30), (16, 0)));
        assert_eq!(shifts.shift_at(at(7, 5)), hours((22, 0), (6, 0)));
        assert_eq!(shifts.shift_at(at(7, 23)), hours((18, 0), (0, 0)));
        assert_eq!(shifts.shift_at(at(1, 16)), None);
    }

    #[test]
    fn display_is_what_was_parsed() {
        for text in ["1-5@8-16;6@22-6", "1,3,5@8:30-17:05", "1-7@0-24", ""] {
            let shifts: Shifts = text.parse().unwrap();
            assert_eq!(shifts.to_string(), text);
        }
        assert_eq!("6-1@9-17".parse::<Shifts>().unwrap().to_string(), "1,6-7@9-17");
    }

    #[test]
    fn an_error_says_what_would_be_right() {
        for (text, problem) in [
            ("8-16", "no @"),
            ("0-5@8-16", "1 (Monday)"),
            ("1@8", "hours"),
            ("1@25-26", "hours"),
            ("1@8-8", "ends"),
            ("1@8-1616", "hours"),
        ] {
            let message = text.parse::<Shifts>().unwrap_err().to_string();
            assert!(
                message.contains(problem) && message.contains("1-5@8-16"),
                "{message}"
            );
        }
    }
}
