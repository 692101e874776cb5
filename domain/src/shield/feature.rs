//! What the shield weighs in a sentence, as hashes.
use std::collections::BTreeMap;
use std::sync::OnceLock;

use rustc_hash::FxHashMap;
use serde::Deserialize;

use crate::text::lexicon::{COPULA, GIVEN, HONORIFIC, KIN, NEGATOR, PERSON, PRONOUN, ROLE, SELF, THANKS};
use crate::text::token::{Kind, Token, Tokens};
use crate::text::{hash_key, normal_form};

/// Codes and texts of the lists of classes, by folder.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/shields.rs"));

/// What stands in a sentence, each once, in order.
pub type Features = Vec<u32>;

/// Sentences with fewer words belong to the one before.
const SHORTEST: usize = 7;
/// Letters before a star.
const STEM: usize = 4;
/// Words that are told by their beginnings and parts as well.
const LONG: usize = 5;
/// Classes that stand so near each other say something together.
const NEAR: usize = 6;
/// Digits of a telephone number.
const TELEPHONE: usize = 7;

/// What stands in each sentence of a text.
#[must_use]
pub fn sentences(text: &str) -> Vec<Features> {
    let tokens = Tokens::spoken(text, None);
    let all: Vec<&Token> = tokens.iter().collect();
    let mut cut: Vec<&[&Token]> = Vec::new();
    let mut rest = all.as_slice();
    while !rest.is_empty() {
        let end = rest
            .iter()
            .position(|token| ends(token))
            .map_or(rest.len(), |at| at + 1);
        let (sentence, behind) = rest.split_at(end);
        cut.push(sentence);
        rest = behind;
    }
    let mut joined: Vec<Vec<&Token>> = Vec::new();
    for sentence in cut {
        let words = sentence.iter().filter(|token| token.is_word()).count();
        match joined.last_mut() {
            Some(last) if words < SHORTEST => last.extend(sentence),
            _ => joined.push(sentence.to_vec()),
        }
    }
    joined.iter().map(|sentence| of(&tokens, sentence)).collect()
}

fn ends(token: &Token) -> bool {
    token.ends_sentence() || matches!(token.kind, Kind::Mark(';' | '–' | '—'))
}

/// A token as it is weighed: what it says, and the classes it is in.
struct Said {
    word: u64,
    /// Letters of a word; empty of anything else.
    letters: String,
    classes: Vec<u64>,
}

fn of(tokens: &Tokens, sentence: &[&Token]) -> Features {
    let said = read(tokens, sentence);
    let mut found = Found::default();
    for (at, one) in said.iter().enumerate() {
        let next = said.get(at + 1);
        found.add("word", &[one.word]);
        for class in &one.classes {
            found.add("class", &[*class]);
        }
        if let Some(next) = next {
            found.add("pair", &[one.word, next.word]);
            for class in &next.classes {
                found.add("word class", &[one.word, *class]);
            }
            for class in &one.classes {
                found.add("class word", &[*class, next.word]);
            }
        }
        if let (Some(next), Some(third)) = (next, said.get(at + 2)) {
            found.add("three", &[one.word, next.word, third.word]);
            found.add("about", &[one.word, third.word]);
        }
        for near in said.iter().skip(at + 1).take(NEAR) {
            for first in &one.classes {
                for second in &near.classes {
                    found.add("near", &[*first, *second]);
                }
            }
        }
        parts(&one.letters, &mut found);
    }
    found.0.sort_unstable();
    found.0.dedup();
    found.0
}

/// Beginnings and stretches of four letters.
fn parts(letters: &str, found: &mut Found) {
    let chars: Vec<char> = letters.chars().collect();
    if chars.len() < LONG {
        return;
    }
    let part =
        |from: usize, to: usize| -> Option<String> { chars.get(from..to).map(|part| part.iter().collect()) };
    for beginning in [part(0, 4), part(0, 6)].into_iter().flatten() {
        found.add("begins", &[hash_key(0, &beginning)]);
    }
    for from in 1..chars.len() {
        if let Some(stretch) = part(from, from + 4) {
            found.add("within", &[hash_key(0, &stretch)]);
        }
    }
}

fn read(tokens: &Tokens, sentence: &[&Token]) -> Vec<Said> {
    let keys: Vec<&str> = sentence.iter().map(|token| tokens.key(token)).collect();
    let telephone = telephone(&keys, sentence);
    let mut said = Vec::with_capacity(sentence.len());
    for (at, token) in sentence.iter().enumerate() {
        if matches!(
            token.kind,
            Kind::Line | Kind::Mark('"' | '“' | '”' | '„' | ',' | '.' | '\'' | '’')
        ) {
            continue;
        }
        let key = keys.get(at).copied().unwrap_or_default();
        let mut classes = parts_played(token);
        Classes::shipped().of(&keys, at, &mut classes);
        if telephone.is_some_and(|(from, to)| (from..to).contains(&at)) {
            classes.push(hash_key(0, "telephone number"));
        }
        said.push(Said {
            word: match token.kind {
                Kind::Number => hash_key(
                    0,
                    match key.len() {
                        1 => "1",
                        2 => "22",
                        3 => "333",
                        4 => "4444",
                        5..=6 => "55555",
                        _ => "7777777",
                    },
                ),
                Kind::Mark(mark) => hash_key(0, mark.encode_utf8(&mut [0; 4])),
                Kind::Address => hash_key(0, "an address"),
                Kind::Handle => hash_key(0, "a handle"),
                _ if token.word.classes.is(GIVEN) && token.capital => hash_key(0, "a name"),
                _ => hash_key(0, key),
            },
            letters: if token.is_word() {
                key.to_owned()
            } else {
                String::new()
            },
            classes,
        });
    }
    said
}

/// The parts that the engine knows already.
fn parts_played(token: &Token) -> Vec<u64> {
    let parts = [
        (GIVEN, "given"),
        (KIN, "kin"),
        (HONORIFIC, "honorific"),
        (ROLE, "role"),
        (PERSON, "person"),
        (PRONOUN, "pronoun"),
        (SELF, "self"),
        (THANKS, "thanks"),
        (COPULA, "copula"),
        (NEGATOR, "negator"),
    ];
    let played = parts.into_iter().filter(|(class, _)| token.is(*class));
    played.map(|(_, name)| hash_key(0, name)).collect()
}

/// The first stretch of numbers that can be dialled.
fn telephone(keys: &[&str], sentence: &[&Token]) -> Option<(usize, usize)> {
    let (mut from, mut groups) = (0, Vec::new());
    for at in 0..=sentence.len() {
        match sentence.get(at).map(|token| token.kind) {
            Some(Kind::Number) => groups.push(keys.get(at).copied().unwrap_or_default()),
            Some(Kind::Mark('-' | '/' | '.' | '(' | ')' | '+' | '–')) => {}
            _ => {
                if is_dialled(&groups) {
                    return Some((from, at));
                }
                (from, groups) = (at + 1, Vec::new());
            }
        }
    }
    None
}

/// Order numbers are written in one, and dates as day, month and year.
fn is_dialled(groups: &[&str]) -> bool {
    let digits: usize = groups.iter().map(|group| group.len()).sum();
    let is_date =
        matches!(groups, [day, month, year] if day.len() <= 2 && month.len() <= 2 && year.len() <= 4);
    let begins = groups.first().is_some_and(|first| first.starts_with('0'));
    digits >= TELEPHONE && !is_date && (begins || groups.len() > 1)
}

#[derive(Default)]
struct Found(Features);

impl Found {
    fn add(&mut self, what: &str, of: &[u64]) {
        let start = hash_key(0, what);
        let hash = of.iter().fold(start, |hash, one| mix(hash ^ one));
        self.0.push(u32::try_from(hash >> 32).unwrap_or(0));
    }
}

/// The finaliser of SplitMix64: Steele, Lea, Flood, "Fast Splittable Pseudorandom Number Generators" (2014).
fn mix(mut hash: u64) -> u64 {
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

/// Words and phrases of all languages by their classes.
#[derive(Default)]
struct Classes {
    /// By the first word: the others, and the class.
    words: FxHashMap<u64, Vec<(Vec<u64>, u64)>>,
    stems: FxHashMap<u64, Vec<u64>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    classes: BTreeMap<String, String>,
}

impl Classes {
    #[expect(
        clippy::expect_used,
        reason = "the files are part of the crate; a test reads them"
    )]
    fn shipped() -> &'static Classes {
        static SHIPPED: OnceLock<Classes> = OnceLock::new();
        SHIPPED.get_or_init(|| {
            let mut classes = Classes::default();
            for (_, text) in FILES {
                let file: File = toml::from_str(text).expect("lists of classes");
                for (name, entries) in &file.classes {
                    for entry in entries.split([',', '\n']) {
                        classes.add(hash_key(0, name), entry.trim());
                    }
                }
            }
            classes
        })
    }

    fn add(&mut self, class: u64, entry: &str) {
        if let Some(stem) = entry.strip_suffix('*').filter(|stem| !stem.contains(' ')) {
            let stem = normal_form(stem);
            if stem.chars().count() >= STEM {
                self.stems.entry(hash_key(0, &stem)).or_default().push(class);
            }
            return;
        }
        let parts = entry.split(|c: char| c.is_whitespace() || matches!(c, '-' | '.' | '\'' | '’' | '/'));
        let words: Vec<u64> = parts
            .map(normal_form)
            .filter(|word| !word.is_empty())
            .map(|word| hash_key(0, &word))
            .collect();
        if let Some((first, rest)) = words.split_first() {
            let known = self.words.entry(*first).or_default();
            known.push((rest.to_vec(), class));
        }
    }

    /// The classes of what begins at a token.
    fn of(&self, keys: &[&str], at: usize, classes: &mut Vec<u64>) {
        let hash = |at: usize| keys.get(at).map(|key| hash_key(0, key));
        let Some(first) = hash(at) else { return };
        for (rest, class) in self.words.get(&first).into_iter().flatten() {
            let follows = |(behind, word): (usize, &u64)| hash(at + 1 + behind) == Some(*word);
            if rest.iter().enumerate().all(follows) && !classes.contains(class) {
                classes.push(*class);
            }
        }
        let letters = keys.get(at).copied().unwrap_or_default();
        for (end, _) in letters.char_indices().skip(STEM) {
            let stem = letters.get(..end).unwrap_or_default();
            self.add_stem(stem, classes);
        }
        self.add_stem(letters, classes);
    }

    fn add_stem(&self, stem: &str, classes: &mut Vec<u64>) {
        for class in self.stems.get(&hash_key(0, stem)).into_iter().flatten() {
            if !classes.contains(class) {
                classes.push(*class);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_sentences_belong_to_the_one_before() {
        let count = |text: &str| sentences(text).len();
        let long = "He came at once, fixed my boiler and even swept the floor behind him.";
        assert_eq!(count(&format!("{long} So kind! {long}")), 2);
        assert_eq!(count("Great."), 1);
        assert_eq!(count(""), 0);
    }

    #[test]
    fn a_number_that_can_be_dialled_is_seen_however_it_is_parted() {
        let with = |text: &str| {
            let mut found = Found::default();
            found.add("class", &[hash_key(0, "telephone number")]);
            sentences(text).concat().contains(found.0.first().unwrap())
        };
        assert!(with("ring me on 07700 900 123 please"));
        assert!(with("ruf an: 0170/1234567"));
        assert!(with("+49 (171) 392-0000"));
        assert!(!with("order 4471 came on day 2"));
        assert!(!with("claim 20384756 was settled on 12/09/2026"));
        assert!(with("born 12/09/1948, or 01632 960 339"));
    }
}
