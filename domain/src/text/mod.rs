//! Words as the customer wrote them: normal forms, tokens and clauses, each with its place in the text.

pub(crate) mod clause;
mod cutter;
mod folded;
pub(crate) mod lexicon;
mod normal;
mod pack;
pub(crate) mod similar;
pub(crate) mod speech;
pub(crate) mod token;

pub use folded::folded_words;
pub(crate) use normal::hash_key;
pub use normal::normal_form;

use serde::{Deserialize, Serialize};

/// A half-open stretch of a text. Inside Rust it counts bytes; outside (API, files) Unicode code points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Span {
    /// First position of the stretch.
    pub start: usize,
    /// First position behind the stretch.
    pub end: usize,
}

/// Turns a span in bytes of `text` into one in code points. Positions behind the end or inside a character are moved
/// to the next character boundary.
pub fn to_code_points(text: &str, span: Span) -> Span {
    let count = |limit: usize| text.char_indices().take_while(|(at, _)| *at < limit).count();
    Span {
        start: count(span.start),
        end: count(span.end),
    }
}
