//! US dollars as people type and read them; inside they are millionths.
use std::{fmt, str::FromStr};

use chrono::{DateTime, Utc};

const MICRO: i64 = 1_000_000;

/// A budget as it is typed: `25`, `2.50` or `none`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Budget(pub(crate) Option<i64>);

/// Not an amount.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NotAnAmount;

impl fmt::Display for NotAnAmount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("give US dollars, 25 or 2.50 for example, or none for no limit")
    }
}

impl std::error::Error for NotAnAmount {}

impl FromStr for Budget {
    type Err = NotAnAmount;

    fn from_str(text: &str) -> Result<Budget, NotAnAmount> {
        if text == "none" {
            return Ok(Budget(None));
        }
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number(whole) || !is_number(part) || part.len() > 6 {
            return Err(NotAnAmount);
        }
        let micro: i64 = format!("{part:0<6}").parse().map_err(|_| NotAnAmount)?;
        let dollars: i64 = whole.parse().map_err(|_| NotAnAmount)?;
        let sum = dollars.checked_mul(MICRO).and_then(|sum| sum.checked_add(micro));
        sum.map(|sum| Budget(Some(sum))).ok_or(NotAnAmount)
    }
}

/// "$1.25", rounded up to a cent.
pub(crate) fn dollars(micro: i64) -> String {
    let cents = micro.saturating_add(9_999) / 10_000;
    format!("${}.{:02}", cents / 100, cents % 100)
}

/// "$1.25 of $25.00"
pub(crate) fn of_budget(spent: i64, budget: Option<i64>) -> String {
    match budget {
        Some(budget) => format!("{} of {}", dollars(spent), dollars(budget)),
        None => format!("{} (no budget set)", dollars(spent)),
    }
}

/// To the minute, in UTC.
pub(crate) fn time(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M UTC").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dollars_become_millionths() {
        assert_eq!("25".parse(), Ok(Budget(Some(25_000_000))));
        assert_eq!("2.50".parse(), Ok(Budget(Some(2_500_000))));
        assert_eq!("0.000001".parse(), Ok(Budget(Some(1))));
        assert_eq!("none".parse(), Ok(Budget(None)));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "-1", "1,50", "$5", "1.", ".5", "1.0000001", "99999999999999"] {
            assert_eq!(text.parse::<Budget>(), Err(NotAnAmount), "{text}");
        }
    }

    #[test]
    fn what_was_spent_is_rounded_up_to_a_cent() {
        assert_eq!(of_budget(1_000, Some(25_000_000)), "$0.01 of $25.00");
        assert_eq!(dollars(1_250_000), "$1.25");
    }
}
