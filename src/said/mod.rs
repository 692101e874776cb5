//! What was said, as pages, mails and digests show it: the words with their evidence, the post they are, and why they
//! are somebody's.
pub mod shield;
pub mod thanks;
mod why;
pub mod words;

use std::ops::Range;

use entity::{comment_revision, json::Span, source, verdict};

pub use why::{in_hundred, sure, why, why_there};

use crate::template::{
    Words,
    context::{Post, SourceName},
};

/// Whether words must be shown exactly as they are, with nothing marked in them: the terms of X ask for it.
#[must_use]
pub fn is_word_for_word(source: &source::Model) -> bool {
    source.kind == "x"
}

/// The words with the evidence of `verdicts` marked; none once they are erased.
pub fn marked<'a>(
    source: &source::Model,
    words: &comment_revision::Model,
    verdicts: impl IntoIterator<Item = &'a verdict::Model>,
) -> Option<Words> {
    // Verdicts on earlier words point at places that have moved since.
    let of_these_words = verdicts
        .into_iter()
        .filter(|verdict| verdict.revision == words.number);
    with_spans(source, words, of_these_words.flat_map(|verdict| &verdict.spans.0))
}

/// The words with `spans` marked, as far as anything may be marked in them.
pub fn with_spans<'a>(
    source: &source::Model,
    words: &comment_revision::Model,
    spans: impl IntoIterator<Item = &'a Span>,
) -> Option<Words> {
    let text = words.text.as_deref()?;
    let spans: Vec<Range<usize>> = spans
        .into_iter()
        .filter(|_| !is_word_for_word(source))
        .map(|span| in_bytes(text, *span))
        .collect();
    Some(Words::marked(text, &spans, words.language.as_deref()))
}

/// Code points to bytes; what lies beyond the text is its end.
fn in_bytes(text: &str, span: Span) -> Range<usize> {
    let byte = |point: u32| {
        let mut bytes = text.char_indices().map(|(at, _)| at);
        bytes.nth(point as usize).unwrap_or(text.len())
    };
    byte(span.start)..byte(span.end)
}

/// What the way is called in which it came in; of what was said aloud, how, and who wrote it down.
#[must_use]
pub fn source(source: &source::Model, words: &comment_revision::Model) -> SourceName {
    match logged(source, words) {
        Some((way, logged_by)) => SourceName::Logged { way, logged_by },
        None => SourceName::Named(source.name.clone()),
    }
}

/// How it was said (`phone` or `counter`), and the name of whoever wrote it down; none of what was not said aloud.
#[must_use]
pub fn logged(source: &source::Model, words: &comment_revision::Model) -> Option<(String, String)> {
    logged_in(words).filter(|_| source.kind == "spoken")
}

/// The same of a comment that is known to be written down by staff.
#[must_use]
pub fn logged_in(words: &comment_revision::Model) -> Option<(String, String)> {
    let kept = words.metadata.as_ref()?;
    let part = |name: &str| kept.get(name)?.as_str().map(str::to_owned);
    Some((part("said_by")?, part("logged_by")?))
}

/// The public post that a comment is.
#[must_use]
pub fn post(source: &source::Model, words: &comment_revision::Model) -> Option<Post> {
    let network = match source.kind.as_str() {
        "x" => "X",
        "mastodon" => "Mastodon",
        _ => return None,
    };
    let author = words.author.clone().unwrap_or_default();
    let handle = author
        .handle
        .map(|handle| format!("@{handle}"))
        .unwrap_or_default();
    Some(Post {
        author: author.name.unwrap_or_else(|| handle.clone()),
        handle,
        network: network.to_owned(),
        url: words.permalink.clone()?,
    })
}

/// The customer's name as they gave it, where it stands in no post.
#[must_use]
pub fn author(source: &source::Model, words: &comment_revision::Model) -> Option<String> {
    let author = words.author.as_ref().filter(|_| post(source, words).is_none())?;
    author.name.clone().filter(|name| !name.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_count_letters_and_not_bytes() {
        let text = "Grüß Gott, José!";
        let range = in_bytes(text, Span { start: 11, end: 15 });
        assert_eq!(&text[range], "José");
        assert_eq!(in_bytes(text, Span { start: 15, end: 99 }).end, text.len());
    }
}
