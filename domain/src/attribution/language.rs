//! How a text is written: its language, its use of capitals.

use crate::text::lexicon::{FUNCTION, OTHER_LANGUAGE, WORD};
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

/// 0 for English (or too few words to say), 1 for another language.
pub(super) fn foreign_share(tokens: &Tokens, language: Option<&str>) -> f64 {
    if let Some(language) = language {
        return f64::from(u8::from(!language.to_lowercase().starts_with("en")));
    }
    let words = tokens.iter().filter(|t| t.is_word() && !t.capital);
    let (mut english, mut other, mut all) = (0u32, 0u32, 0u32);
    for token in words {
        all += 1;
        english += u32::from(token.is(FUNCTION));
        other += u32::from(token.is(OTHER_LANGUAGE) && !token.is(FUNCTION));
        other += u32::from(!token.is(WORD | FUNCTION) && !tokens.key(token).is_ascii());
    }
    if all < 5 {
        0.0
    } else {
        f64::from(other) / f64::from((other + english).max(1))
    }
}
