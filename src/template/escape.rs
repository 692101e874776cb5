//! The one place where values become safe to show, in HTML and in plain text.

/// For HTML text and quoted attributes; invisible characters that could disguise the order of letters are dropped.
pub(super) fn html(value: &str) -> String {
    handlebars::html_escape(&clean(value))
}

/// For plain text: one line, so that no name can begin a line of its own.
pub(super) fn text(value: &str) -> String {
    let breaks = [
        '\n', '\t', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}',
    ];
    clean(&value.replace(breaks, " "))
}

/// Drops control characters (except line break and tab) and the characters that reorder text beyond their own
/// element (Unicode Standard Annex 9, explicit directional embeddings, overrides and isolates). Right-to-left words
/// need none of them, since every quotation has `dir="auto"`.
pub(super) fn clean(value: &str) -> String {
    value.chars().filter(|letter| !is_disguise(*letter)).collect()
}

fn is_disguise(letter: char) -> bool {
    match letter {
        '\n' | '\t' => false,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => true,
        _ => letter.is_control(),
    }
}

/// One line for a header: no line break, no control character, at most `limit` characters, and nothing that a mail
/// program would decode (RFC 2047, encoded words begin with `=?`).
pub(super) fn header(value: &str, limit: usize) -> String {
    let clean = clean(value).replace("=?", "= ?");
    let line = clean
        .split(|letter: char| letter.is_whitespace())
        .filter(|word| !word.is_empty());
    let line = line.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= limit {
        return line;
    }
    let kept: String = line.chars().take(limit.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn markup_and_direction_tricks_do_nothing() {
        assert_eq!(
            html("<b a=\"'\">\u{202e}x\u{0}"),
            "&lt;b a&#x3D;&quot;&#x27;&quot;&gt;x"
        );
    }

    #[test]
    fn joiners_of_other_scripts_stay() {
        assert_eq!(clean("می\u{200c}خواهم \u{200f}"), "می\u{200c}خواهم \u{200f}");
    }

    #[test]
    fn a_name_in_plain_text_stays_on_its_line() {
        assert_eq!(text("Amina\r\n-- \u{2028}Yours"), "Amina  --  Yours");
    }

    #[test]
    fn a_header_is_one_line() {
        assert_eq!(
            header("Thanks\r\nBcc: x@example.com\u{2028}y", 80),
            "Thanks Bcc: x@example.com y"
        );
        assert_eq!(header("abcdef", 4), "abc…");
    }

    proptest! {
        #[test]
        fn no_header_ever_breaks(value in "\\PC{0,20}[\r\n\u{85}\u{2028}\u{0}-\u{1f}]{0,9}\\PC{0,20}") {
            let line = header(&value, 30);
            prop_assert!(line.chars().count() <= 30);
            let breaks = |letter: char| letter.is_control() || letter == '\u{2028}';
            prop_assert!(!line.contains(breaks), "{:?}", line);
        }
    }
}
