//! Which language each sentence is in: function words vote; where they say too little, letters do (whatlang).

use super::lexicon::{Class, Lexicon, Word};
use super::token::Token;

/// English, whose words stand in the lexicon itself. Packs follow from 1 on.
pub(crate) const ENGLISH: u8 = 0;
/// A language without a pack.
pub(crate) const UNKNOWN: u8 = u8::MAX;

/// Languages that may have packs.
const MOST: usize = 32;
/// Letters from which on their statistics tell a language.
const ENOUGH: usize = 25;
/// Votes from which on function words decide alone.
const CLEAR: u32 = 3;

/// Votes by language.
#[derive(Clone, Copy)]
struct Votes([u32; MOST]);

impl Votes {
    fn of(tokens: &[Token]) -> Votes {
        let mut votes = Votes([0; MOST]);
        for token in tokens {
            let mut tells = token.word.tells;
            while tells != 0 {
                if let Some(slot) = votes.0.get_mut(tells.trailing_zeros() as usize) {
                    *slot += 1;
                }
                tells &= tells - 1;
            }
        }
        votes
    }

    fn get(&self, language: u8) -> u32 {
        self.0.get(usize::from(language)).copied().unwrap_or(0)
    }

    /// The language with most votes, and how many more than the next.
    fn best(&self) -> (u8, u32) {
        let mut best = (0, 0);
        let mut next = 0;
        for (language, votes) in (0..).zip(self.0) {
            if votes > best.1 {
                next = best.1;
                best = (language, votes);
            } else {
                next = next.max(votes);
            }
        }
        (best.0, best.1 - next)
    }
}

/// Gives each token the language of its sentence and what that language knows of it.
pub(super) fn assign(
    text: &str,
    hint: Option<&str>,
    lexicon: &'static Lexicon,
    keys: &str,
    tokens: &mut [Token],
) {
    let all = Votes::of(tokens);
    let main = language_of_text(text, hint, lexicon, &all, tokens.len());
    let foreign: u32 = all.0.iter().skip(1).copied().max().unwrap_or(0);
    if main == ENGLISH && foreign < CLEAR {
        return;
    }
    for sentence in tokens.split_inclusive_mut(Token::ends_sentence) {
        let language = language_of_sentence(sentence, main);
        speak(language, lexicon, keys, sentence);
    }
}

/// The main language: by function words, else by its letters, else as the source says.
fn language_of_text(text: &str, hint: Option<&str>, lexicon: &Lexicon, all: &Votes, length: usize) -> u8 {
    let (best, ahead) = all.best();
    if ahead >= CLEAR && all.get(best) as usize * 12 >= length {
        return best;
    }
    let hinted = hint.and_then(|h| coded(lexicon, h));
    let letters = text.chars().filter(|c| c.is_alphabetic()).take(ENOUGH).count();
    if letters < ENOUGH {
        return hinted.unwrap_or(if ahead > 0 { best } else { ENGLISH });
    }
    if let Some(hinted) = hinted.filter(|h| all.get(*h) >= all.get(best)) {
        return hinted;
    }
    let english = all.get(ENGLISH);
    let quick = best == ENGLISH && english as usize * 12 >= length;
    if quick {
        return ENGLISH;
    }
    let end = text.char_indices().nth(600).map_or(text.len(), |(at, _)| at);
    match whatlang::detect(text.get(..end).unwrap_or(text)) {
        Some(found) => {
            let known = iso639_3(lexicon, found.lang().code());
            match known {
                // Names mislead letters; function words that are ahead do not.
                Some(known) if all.get(known) >= all.get(best) => known,
                Some(known) if found.is_reliable() && ahead < 2 => known,
                None if found.is_reliable() && all.get(best) == 0 => UNKNOWN,
                _ => best,
            }
        }
        None => best,
    }
}

fn language_of_sentence(sentence: &[Token], main: u8) -> u8 {
    let votes = Votes::of(sentence);
    let (best, ahead) = votes.best();
    if best != main && ahead >= 2 && votes.get(best) >= votes.get(main) + 2 {
        best
    } else {
        main
    }
}

/// The language with an ISO 639-1 code, whatever follows it ("de-CH").
fn coded(lexicon: &Lexicon, tag: &str) -> Option<u8> {
    let code = tag.split(['-', '_']).next().unwrap_or("").to_ascii_lowercase();
    if code == "en" {
        return Some(ENGLISH);
    }
    (1..)
        .zip(&lexicon.packs)
        .find(|(_, p)| p.code == code)
        .map(|(k, _)| k)
}

fn iso639_3(lexicon: &Lexicon, code: &str) -> Option<u8> {
    if code == "eng" {
        return Some(ENGLISH);
    }
    (1..)
        .zip(&lexicon.packs)
        .find(|(_, p)| p.iso639_3 == code)
        .map(|(k, _)| k)
}

fn speak(language: u8, lexicon: &'static Lexicon, keys: &str, sentence: &mut [Token]) {
    let pack = usize::from(language)
        .checked_sub(1)
        .and_then(|k| lexicon.packs.get(k));
    for token in sentence.iter_mut() {
        token.language = language;
        if let (Some(pack), true) = (pack, token.is_word()) {
            let key = keys.get(token.key.0 as usize..token.key.1 as usize);
            token.word = pack.word(token.hash, key.unwrap_or(""), &lexicon.neutral);
        }
    }
    if pack.is_some() {
        phrases(sentence);
    }
}

/// Phrases that play a part show it at their last word.
fn phrases(sentence: &mut [Token]) {
    let mut found: Vec<(usize, Class)> = Vec::new();
    for (i, token) in sentence.iter().enumerate() {
        let word: &Word = token.word;
        for idiom in word.idioms.iter().filter(|p| p.classes != Class::default()) {
            let rest = sentence.get(i + 1..).unwrap_or_default();
            let fits = rest.len() >= idiom.rest.len()
                && idiom
                    .rest
                    .iter()
                    .zip(rest)
                    .all(|(hash, token)| token.hash == *hash);
            if fits {
                found.push((i + idiom.rest.len(), idiom.classes));
            }
        }
    }
    for (i, classes) in found {
        if let Some(token) = sentence.get_mut(i) {
            token.also |= classes;
        }
    }
}
