//! The separator-free normal form under which names are compared: "O'Neill-Smith", "O Neill Smith" and
//! "ONEILLSMITH" are one key. Marks on letters, letter case and width differences vanish; other scripts stay as they are.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The key of a name or word: folded to lower case, without marks on letters and without separators.
///
/// ```
/// assert_eq!(domain::text::normal_form("Siobhán O'Neill-Smith"), "siobhanoneillsmith");
/// ```
pub fn normal_form(s: &str) -> String {
    let mut key = String::with_capacity(s.len());
    for c in s.chars().filter(|c| is_word_char(*c)) {
        extend_key(c, &mut key);
    }
    key
}

/// Does the character belong to a word (letters, digits, and the marks that other scripts put on them)?
pub(crate) fn is_word_char(c: char) -> bool {
    if c.is_ascii() {
        c.is_ascii_alphanumeric()
    } else {
        c.is_alphanumeric() || is_combining_mark(c)
    }
}

/// Letters of scripts that put no spaces between words: each is a token of its own, glued to the next.
pub(crate) fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{ac00}'..='\u{d7a3}')
}

/// Characters without a shape, which neither separate words nor belong to them: joiners, direction marks, soft hyphen,
/// variation selectors.
pub(crate) fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fe00}'..='\u{fe0f}')
}

/// Appends the folded form of one word character.
pub(crate) fn extend_key(c: char, key: &mut String) {
    if c.is_ascii() {
        key.push(c.to_ascii_lowercase());
        return;
    }
    for d in std::iter::once(c).nfkd().filter(|d| !is_accent(*d)) {
        match d {
            'ß' | 'ẞ' => key.push_str("ss"),
            'ø' | 'Ø' => key.push('o'),
            'ł' | 'Ł' => key.push('l'),
            'đ' | 'Đ' | 'ð' | 'Ð' => key.push('d'),
            'þ' | 'Þ' => key.push_str("th"),
            'æ' | 'Æ' => key.push_str("ae"),
            'œ' | 'Œ' => key.push_str("oe"),
            'ı' => key.push('i'),
            _ => key.extend(d.to_lowercase().filter(|l| is_word_char(*l) && !is_accent(*l))),
        }
    }
}

/// Marks that writers leave out freely: Latin, Greek and Cyrillic accents, Hebrew and Arabic points.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// Where hashing of a key starts (FNV-1a's offset basis).
const BASIS: u64 = 0xcbf2_9ce4_8422_2325;

/// A hash of a key that can be continued: `hash_key(hash_key(0, "ann"), "marie") == hash_key(0, "annmarie")`.
/// FNV-1a; 64 bits make collisions among the names of a roster irrelevant (1 M names: below 1e-7).
pub(crate) fn hash_key(start: u64, key: &str) -> u64 {
    let seed = if start == 0 { BASIS } else { start };
    key.bytes()
        .fold(seed, |h, b| (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_case_and_accents_do_not_matter() {
        for spelling in ["O'Neill-Smith", "O Neill Smith", "ONEILLSMITH", "o’neill smith"] {
            assert_eq!(normal_form(spelling), "oneillsmith");
        }
        assert_eq!(normal_form("Hương Nguyễn"), "huongnguyen");
        assert_eq!(normal_form("Ana\u{301}"), "ana");
    }

    #[test]
    fn other_scripts_keep_their_letters() {
        assert_eq!(normal_form("李 伟"), "李伟");
        assert_eq!(normal_form("Ольга"), "ольга");
        assert_ne!(normal_form("प्रिया"), normal_form("परिया"));
    }

    #[test]
    fn hashing_continues_over_parts() {
        assert_eq!(hash_key(hash_key(0, "ann"), "marie"), hash_key(0, "annmarie"));
    }
}
