//! Stretches of a text that the business wrote itself: quoted replies, answers below a review.

use crate::text::token::{Kind, Tokens};

/// Stretches that quote somebody who answers a customer: “@Shop: @kelly_b …”, and "RT".
pub(super) fn quoted_replies(tokens: &Tokens) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut open = None;
    for (i, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::Mark('“') => open = Some(i),
            Kind::Mark('"') if open.is_none() => open = Some(i),
            Kind::Mark('”' | '"') => found.extend(open.take().map(|start| (start, i))),
            _ if token.upper && tokens.key(token) == "rt" => found.push((i, tokens.len())),
            _ => {}
        }
    }
    found.extend(open.map(|start| (start, tokens.len())));
    found.retain(|(start, end)| {
        tokens
            .range(*start, (*end).min(start + 4))
            .iter()
            .any(|t| t.kind == Kind::Handle || tokens.key(t) == "rt")
    });
    found.extend(answer_of_business(tokens));
    found
}

/// What only a business writes, so that all from its greeting on is its answer.
const ANSWERS: [&[&str]; 10] = [
    &["dm", "us"],
    &["please", "dm"],
    &["your", "kind", "words"],
    &["your", "feedback"],
    &["write", "this", "review"],
    &["leave", "us"],
    &["share", "your"],
    &["welcoming", "you", "back"],
    &["reaching", "out", "to", "us"],
    &["we", "like", "to", "help"],
];

/// "Dear Sandbar16, thank you for taking the time to write this review …", or a tweet of the business.
fn answer_of_business(tokens: &Tokens) -> Option<(usize, usize)> {
    let says = |i: usize, words: &[&str]| words.iter().zip(i..).all(|(word, at)| tokens.is_any(at, &[word]));
    let at = (0..tokens.len()).find(|i| ANSWERS.iter().any(|words| says(*i, words)))?;
    if tokens.at(0).kind == Kind::Handle {
        return Some((0, tokens.len()));
    }
    let greets = |i: &usize| {
        tokens.is_any(*i, &["dear", "hi", "hello", "hey"])
            && (tokens.at(i + 1).capital || tokens.at(i + 1).is_mark(','))
    };
    let greeting = (0..at).rev().find(greets)?;
    Some((greeting, tokens.len()))
}
