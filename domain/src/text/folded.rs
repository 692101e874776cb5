//! The words of a text as a search compares them.
use std::ops::Range;

use super::normal::{extend_key, is_ignorable, is_unspaced, is_word_char};

/// Letters of a word that count; what goes on like this is no word of a language.
const LONGEST: usize = 60;

/// The words of a text, each with its place in bytes: without case, accents and whatever parts them. Of scripts that put
/// no spaces between words, every letter is one.
///
/// ```
/// let words: Vec<String> = domain::text::folded_words("Très aimable, José!").into_iter().map(|(_, word)| word).collect();
/// assert_eq!(words, ["tres", "aimable", "jose"]);
/// ```
pub fn folded_words(text: &str) -> Vec<(Range<usize>, String)> {
    let mut words: Vec<(Range<usize>, String)> = Vec::new();
    let mut goes_on = false;
    for (at, c) in text.char_indices().filter(|(_, c)| !is_ignorable(*c)) {
        if !is_word_char(c) {
            goes_on = false;
            continue;
        }
        let end = at + c.len_utf8();
        match words.last_mut().filter(|_| goes_on && !is_unspaced(c)) {
            Some((place, word)) => {
                place.end = end;
                extend_key(c, word);
            }
            None => {
                let mut word = String::new();
                extend_key(c, &mut word);
                words.push((at..end, word));
            }
        }
        goes_on = !is_unspaced(c);
    }
    for (_, word) in &mut words {
        if let Some((cut, _)) = word.char_indices().nth(LONGEST) {
            word.truncate(cut);
        }
    }
    words.retain(|(_, word)| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        folded_words(text).into_iter().map(|(_, word)| word).collect()
    }

    #[test]
    fn words_are_parted_by_what_is_no_letter_and_lose_their_accents() {
        assert_eq!(
            words("L’accueil de Renée, à 10h30 — Weißstraße!"),
            ["l", "accueil", "de", "renee", "a", "10h30", "weissstrasse"]
        );
        assert_eq!(words("soft\u{ad}ware"), ["software"]);
        assert!(words(" … *-* ").is_empty());
    }

    #[test]
    fn letters_of_scripts_without_spaces_are_found_one_by_one() {
        assert_eq!(words("谢谢李伟 Tom"), ["谢", "谢", "李", "伟", "tom"]);
        assert_eq!(words("धन्यवाद रवि").len(), 2);
    }

    #[test]
    fn a_word_knows_where_it_stands() {
        let text = "So nett: Jürgen";
        let (place, word) = folded_words(text).pop().unwrap();
        assert_eq!((&text[place], &*word), ("Jürgen", "jurgen"));
    }

    #[test]
    fn what_never_ends_is_cut() {
        assert_eq!(words(&"ha".repeat(500)), ["ha".repeat(30)]);
    }
}
