//! The part of a customer's words that is for those who are thanked and their colleagues: without what complains, which a
//! manager reads.
use std::ops::Range;

use domain::{attribution::complaints, text::Span as Bytes};
use entity::{comment, comment_revision, source, verdict};

use super::{in_bytes, is_word_for_word, post};
use crate::template::Words;

/// What stands for words that were left out.
const LEFT_OUT: &str = "[…]";

/// Words without their complaints.
#[derive(Debug, PartialEq, Eq)]
pub struct Thanks {
    /// The words.
    pub text: String,
    /// The evidence in them, in bytes.
    pub spans: Vec<Range<usize>>,
}

/// What a comment says in thanks to those of `verdicts`; none once its words are erased. A public post stays whole.
pub fn thanks<'a>(
    source: &source::Model,
    (comment, words): (&comment::Model, &comment_revision::Model),
    verdicts: impl IntoIterator<Item = &'a verdict::Model>,
) -> Option<Thanks> {
    let text = words.text.as_deref()?;
    // Verdicts on earlier words point at places that have moved since.
    let spans: Vec<Range<usize>> = verdicts
        .into_iter()
        .filter(|verdict| verdict.revision == words.number && !is_word_for_word(source))
        .flat_map(|verdict| &verdict.spans.0)
        .map(|span| in_bytes(text, *span))
        .collect();
    let complains = matches!(
        comment.tone,
        Some(comment::Tone::Complaint | comment::Tone::Mixed)
    );
    if !complains || post(source, words).is_some() {
        let text = text.to_owned();
        return Some(Thanks { text, spans });
    }
    let bytes = |range: &Range<usize>| Bytes {
        start: range.start,
        end: range.end,
    };
    let thanked: Vec<Bytes> = spans.iter().map(bytes).collect();
    Some(without(
        text,
        spans,
        &complaints(text, words.language.as_deref(), &thanked),
    ))
}

/// The same as a page shows it, with the evidence marked.
pub fn marked<'a>(
    source: &source::Model,
    (comment, words): (&comment::Model, &comment_revision::Model),
    verdicts: impl IntoIterator<Item = &'a verdict::Model>,
) -> Option<Words> {
    let thanks = thanks(source, (comment, words), verdicts)?;
    Some(Words::marked(
        &thanks.text,
        &thanks.spans,
        words.language.as_deref(),
    ))
}

fn without(text: &str, mut spans: Vec<Range<usize>>, apart: &[Bytes]) -> Thanks {
    let mut left = text.to_owned();
    for gone in apart.iter().rev() {
        left.replace_range(gone.start..gone.end, LEFT_OUT);
        for span in spans.iter_mut().filter(|span| span.start >= gone.end) {
            let moved = |at: usize| at - (gone.end - gone.start) + LEFT_OUT.len();
            *span = moved(span.start)..moved(span.end);
        }
    }
    Thanks { text: left, spans }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_moves_with_the_words_that_are_left() {
        let text = "Cold food. Tom was kind. Never again. Thanks Tom";
        let apart = [Bytes { start: 0, end: 10 }, Bytes { start: 25, end: 37 }];
        let thanks = without(text, vec![11..14, 45..48], &apart);
        assert_eq!(thanks.text, "[…] Tom was kind. […] Thanks Tom");
        let marked: Vec<&str> = thanks
            .spans
            .iter()
            .map(|span| &thanks.text[span.clone()])
            .collect();
        assert_eq!(marked, ["Tom", "Tom"]);
    }
}
