//! A customer's words as segments: marked where the evidence is, so that templates never cut or escape by hand.
use std::ops::Range;

use serde::{Deserialize, Serialize};

/// A stretch of text, marked or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// The stretch, exactly as the customer wrote it.
    pub text: String,
    /// Whether it is evidence.
    pub marked: bool,
}

/// What a customer wrote, ready to show.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    /// The whole text, in order.
    pub segments: Vec<Segment>,
    /// BCP 47 tag of the language they are written in, if known.
    pub language: Option<String>,
    /// Quotation mark that opens them, for mails (pages leave it to the browser).
    pub open: String,
    /// Quotation mark that closes them.
    pub close: String,
}

impl Words {
    /// `text` with `spans` marked. Spans are half-open byte ranges in any order; they may touch or overlap.
    /// What lies outside the text or inside a character is left unmarked.
    pub fn marked(text: &str, spans: &[Range<usize>], language: Option<&str>) -> Self {
        let (open, close) = quotation_marks(language);
        Self {
            segments: cut(text, spans),
            language: language.map(str::to_owned),
            open: open.to_owned(),
            close: close.to_owned(),
        }
    }

    /// `text` without a mark.
    pub fn plain(text: &str, language: Option<&str>) -> Self {
        Self::marked(text, &[], language)
    }

    /// The words as one string.
    pub fn text(&self) -> String {
        self.segments
            .iter()
            .map(|segment| segment.text.as_str())
            .collect()
    }

    /// The words in one line, without characters that are not seen.
    pub fn in_one_line(mut self) -> Self {
        for segment in &mut self.segments {
            segment.text = super::escape::text(&segment.text);
        }
        self.segments.retain(|segment| !segment.text.is_empty());
        self
    }

    /// The words cut after `limit` characters at the end of a word, with an ellipsis; shorter ones stay whole.
    pub fn shortened(&self, limit: usize) -> Self {
        let mut short = self.clone();
        let mut left = limit;
        for at in 0..short.segments.len() {
            let Some(segment) = short.segments.get_mut(at) else {
                break;
            };
            let length = segment.text.chars().count();
            if length > left {
                segment.text = cut_at_word(&segment.text, left);
                short.segments.truncate(at + 1);
                break;
            }
            left -= length;
        }
        short
    }
}

fn cut_at_word(text: &str, limit: usize) -> String {
    let kept: String = text.chars().take(limit).collect();
    let end = kept
        .rfind(char::is_whitespace)
        .filter(|end| *end > 0)
        .unwrap_or(kept.len());
    let whole = kept
        .get(..end)
        .unwrap_or(&kept)
        .trim_end_matches([',', ';', ':', '.', ' ']);
    format!("{whole}…")
}

fn cut(text: &str, spans: &[Range<usize>]) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let mut from = 0;
    for span in joined(text, spans) {
        push(&mut segments, text.get(from..span.start), false);
        push(&mut segments, text.get(span.clone()), true);
        from = span.end;
    }
    push(&mut segments, text.get(from..), false);
    segments
}

/// The usable spans in order, those that touch or overlap made one.
fn joined(text: &str, spans: &[Range<usize>]) -> Vec<Range<usize>> {
    let usable = |span: &&Range<usize>| {
        text.get((*span).clone())
            .is_some_and(|stretch| !stretch.is_empty())
    };
    let mut sorted: Vec<_> = spans.iter().filter(usable).cloned().collect();
    sorted.sort_by_key(|span| (span.start, span.end));
    let mut joined: Vec<Range<usize>> = Vec::new();
    for span in sorted {
        match joined.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => joined.push(span),
        }
    }
    joined
}

fn push(segments: &mut Vec<Segment>, text: Option<&str>, marked: bool) {
    if let Some(text) = text.filter(|text| !text.is_empty()) {
        segments.push(Segment {
            text: text.to_owned(),
            marked,
        });
    }
}

/// The marks that the browsers' `quotes: auto` would show (Unicode CLDR, delimiters), in French with the spaces that part
/// them from the words; style.css says the same.
fn quotation_marks(language: Option<&str>) -> (&'static str, &'static str) {
    let primary = language.unwrap_or_default().split('-').next().unwrap_or_default();
    match primary {
        "de" | "cs" | "sk" | "sl" => ("„", "“"),
        "fr" => ("«\u{a0}", "\u{a0}»"),
        "it" | "es" | "pt" | "ru" | "ar" | "no" | "nb" => ("«", "»"),
        "pl" | "nl" | "ro" | "hu" => ("„", "”"),
        "sv" | "fi" => ("”", "”"),
        _ => ("“", "”"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn marks(words: &Words) -> Vec<(&str, bool)> {
        words
            .segments
            .iter()
            .map(|segment| (segment.text.as_str(), segment.marked))
            .collect()
    }

    #[test]
    fn evidence_is_marked_where_it_stands() {
        let words = Words::marked("Amina was kind.", &[10..14, 0..5], Some("en"));
        assert_eq!(
            marks(&words),
            [("Amina", true), (" was ", false), ("kind", true), (".", false)]
        );
    }

    #[test]
    fn overlapping_and_touching_spans_make_one_mark() {
        let words = Words::marked("abcdef", &[1..3, 2..4, 4..5], None);
        assert_eq!(marks(&words), [("a", false), ("bcde", true), ("f", false)]);
    }

    #[test]
    fn a_span_inside_a_letter_or_beyond_the_end_marks_nothing() {
        #[expect(clippy::reversed_empty_ranges, reason = "a broken span is the point")]
        let words = Words::marked("Müller", &[1..2, 4..99, 3..1], None);
        assert_eq!(marks(&words), [("Müller", false)]);
    }

    #[test]
    fn quotation_marks_are_those_of_the_words() {
        assert_eq!(Words::plain("Danke", Some("de-AT")).open, "„");
        assert_eq!(Words::plain("Merci", Some("fr-CA")).close, "\u{a0}»");
        assert_eq!(Words::plain("Gracias", Some("es")).close, "»");
    }

    #[test]
    fn shortened_words_end_at_a_word() {
        let words = Words::marked("She found the other half of it", &[10..20, 18..30], None).shortened(18);
        assert_eq!(words.text(), "She found the…");
        assert_eq!(Words::plain("Short.", None).shortened(6).text(), "Short.");
    }

    proptest! {
        #[test]
        fn no_letter_is_lost_or_added(text in "\\PC{0,40}", spans in prop::collection::vec((0_usize..60, 0_usize..60), 0..6)) {
            let spans: Vec<_> = spans.into_iter().map(|(start, end)| start..end).collect();
            prop_assert_eq!(Words::marked(&text, &spans, None).text(), text);
        }
    }
}
