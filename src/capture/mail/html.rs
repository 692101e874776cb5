//! The words of a mail that is HTML.
use std::collections::HashMap;

use html2text::{
    config,
    render::{TextDecorator, TrivialDecorator},
};

/// Wider than any paragraph: lines are as the author broke them.
const NO_WRAPPING: usize = 1_000_000;
/// More is style and quotations.
const READ: usize = 256 * 1024;
/// Elements of one name within each other; what the text costs grows with the square of it.
const DEEPEST: i32 = 100;
/// Elements that have no end, or need none: they are not within each other.
const ENDLESS: [&str; 26] = [
    "area", "base", "body", "br", "col", "dd", "dt", "embed", "head", "hr", "html", "img", "input", "li",
    "link", "meta", "option", "p", "source", "tbody", "td", "tfoot", "th", "thead", "tr", "wbr",
];

/// The text a reader sees, quotations marked as in plain text. Nothing for what no parser takes.
pub(super) fn to_text(html: &str) -> String {
    let html = without_rules(bounded(html));
    let text = config::with_decorator(Quoting(TrivialDecorator::new()))
        .allow_width_overflow()
        .raw_mode(true)
        .string_from_read(html.as_bytes(), NO_WRAPPING);
    text.unwrap_or_default()
}

fn bounded(html: &str) -> &str {
    let html = html.get(..html.floor_char_boundary(READ)).unwrap_or(html);
    let end = end_of_shallow(html);
    html.get(..end).unwrap_or(html)
}

/// Where elements stand too deep within each other.
fn end_of_shallow(html: &str) -> usize {
    let mut open: HashMap<String, i32> = HashMap::new();
    for (at, _) in html.match_indices('<') {
        let tag = html.get(at + 1..).unwrap_or_default();
        let (name, step) = match tag.strip_prefix('/') {
            Some(name) => (name, -1),
            None => (tag, 1),
        };
        let end = name
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(name.len());
        let name = name.get(..end).unwrap_or_default().to_ascii_lowercase();
        if name.is_empty() || ENDLESS.contains(&name.as_str()) {
            continue;
        }
        let depth = open.entry(name).or_default();
        *depth = (*depth + step).max(0);
        if *depth > DEEPEST {
            return at;
        }
    }
    html.len()
}

/// A rule would be drawn over the whole width.
fn without_rules(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let mut text = String::with_capacity(html.len());
    let mut done = 0;
    for (at, rule) in lower.match_indices("<hr") {
        text.push_str(html.get(done..at).unwrap_or_default());
        text.push_str("<br");
        done = at + rule.len();
    }
    text.push_str(html.get(done..).unwrap_or_default());
    text
}

/// Marks nothing but quotations.
struct Quoting(TrivialDecorator);

type Annotation = <TrivialDecorator as TextDecorator>::Annotation;

impl TextDecorator for Quoting {
    type Annotation = Annotation;

    fn decorate_link_start(&mut self, url: &str) -> (String, Annotation) {
        self.0.decorate_link_start(url)
    }

    fn decorate_link_end(&mut self) -> String {
        self.0.decorate_link_end()
    }

    fn decorate_em_start(&self) -> (String, Annotation) {
        self.0.decorate_em_start()
    }

    fn decorate_em_end(&self) -> String {
        self.0.decorate_em_end()
    }

    fn decorate_strong_start(&self) -> (String, Annotation) {
        self.0.decorate_strong_start()
    }

    fn decorate_strong_end(&self) -> String {
        self.0.decorate_strong_end()
    }

    fn decorate_strikeout_start(&self) -> (String, Annotation) {
        self.0.decorate_strikeout_start()
    }

    fn decorate_strikeout_end(&self) -> String {
        self.0.decorate_strikeout_end()
    }

    fn decorate_code_start(&self) -> (String, Annotation) {
        self.0.decorate_code_start()
    }

    fn decorate_code_end(&self) -> String {
        self.0.decorate_code_end()
    }

    fn decorate_preformat_first(&self) -> Annotation {
        self.0.decorate_preformat_first();
    }

    fn decorate_preformat_cont(&self) -> Annotation {
        self.0.decorate_preformat_cont();
    }

    fn decorate_image(&mut self, _: &str, _: &str) -> (String, Annotation) {
        self.0.decorate_image("", "")
    }

    fn header_prefix(&self, level: usize) -> String {
        self.0.header_prefix(level)
    }

    fn quote_prefix(&self) -> String {
        "> ".to_owned()
    }

    fn unordered_item_prefix(&self) -> String {
        self.0.unordered_item_prefix()
    }

    fn ordered_item_prefix(&self, number: i64) -> String {
        self.0.ordered_item_prefix(number)
    }

    fn decorate_superscript_start(&self) -> (String, Annotation) {
        (String::new(), Annotation::default())
    }

    fn decorate_superscript_end(&self) -> String {
        String::new()
    }

    fn make_subblock_decorator(&self) -> Quoting {
        Quoting(self.0.make_subblock_decorator())
    }

    fn finalise(&mut self, links: Vec<String>) -> Vec<html2text::render::TaggedLine<Annotation>> {
        self.0.finalise(links)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotations_are_marked_and_rules_are_not_drawn() {
        let html = "<html><head><style>p{}</style></head><body><div>Zoë was <b>great</b><HR size=1></div>\
            <div>On 1 May, Shop wrote:<br></div><blockquote type=cite><p>Dear you</p></blockquote></body></html>";
        let text = to_text(html);
        let lines: Vec<&str> = text
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        assert_eq!(lines, ["Zoë was great", "On 1 May, Shop wrote:", "> Dear you"]);
    }

    #[test]
    fn what_stands_in_front_of_endless_or_deep_markup_is_read() {
        for tag in [
            "<div>",
            "<blockquote>",
            "<b>",
            "<table><tr><td>",
            "<ul><li>",
            "<hr>",
            "<div><i></div>",
        ] {
            let text = to_text(&format!("<p>Zoë was great</p>{}", tag.repeat(2_000)));
            assert!(text.starts_with("Zoë was great"), "{tag}: {text:.100}");
            assert!(text.len() < 10_000, "{tag}: {}", text.len());
        }
        let deep = format!("Zoë was great{}", "<div>".repeat(2_000));
        assert_eq!(bounded(&deep).matches("<div>").count(), 100);
        let flat = "<div><p>Zoë<br></div>".repeat(2_000);
        assert_eq!(bounded(&flat), flat);
    }
}
