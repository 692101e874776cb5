//! How a text is written: its language, its use of capitals.

use crate::text::speech::UNKNOWN;
use crate::text::token::{Token, Tokens};

/// Share of the words of which something holds.
pub(super) fn share(tokens: &Tokens, holds: impl Fn(&Token) -> bool) -> f64 {
    let words = tokens.iter().filter(|t| t.is_word() && t.end - t.start > 2);
    let (some, all) = words.fold((0u32, 0u32), |(n, all), t| (n + u32::from(holds(t)), all + 1));
    if all < 4 {
        0.5
    } else {
        f64::from(some) / f64::from(all)
    }
}

/// Share of the words in languages that no pack describes.
pub(super) fn foreign_share(tokens: &Tokens) -> f64 {
    let words = tokens.iter().filter(|t| t.is_word());
    let (foreign, all) = words.fold((0u32, 0u32), |(n, all), t| {
        (n + u32::from(t.language == UNKNOWN), all + 1)
    });
    f64::from(foreign) / f64::from(all.max(1))
}
