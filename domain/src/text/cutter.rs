//! Cuts a text into tokens.

use std::iter::Peekable;
use std::str::CharIndices;

use super::hash_key;
use super::lexicon::{Class, Lexicon};
use super::normal::{extend_key, is_ignorable, is_unspaced, is_word_char};
use super::speech::ENGLISH;
use super::token::{Kind, Token};

/// The keys of all tokens, one behind the other, and the tokens.
pub(super) fn cut(text: &str, lexicon: &'static Lexicon) -> (String, Vec<Token>) {
    let mut cutter = Cutter {
        text,
        lexicon,
        chars: text.char_indices().peekable(),
        keys: String::with_capacity(text.len()),
        list: Vec::with_capacity(text.len() / 4),
    };
    cutter.cut();
    (cutter.keys, cutter.list)
}

struct Cutter<'a> {
    text: &'a str,
    lexicon: &'static Lexicon,
    chars: Peekable<CharIndices<'a>>,
    keys: String,
    list: Vec<Token>,
}

impl Cutter<'_> {
    fn cut(&mut self) {
        while let Some(&(at, c)) = self.chars.peek() {
            if c == '\n' {
                self.single(at, c, Kind::Line);
            } else if c.is_whitespace() || is_ignorable(c) {
                self.chars.next();
            } else if c == 'h' && self.is_address(at) {
                self.address(at);
            } else if (c == '@' || c == '#') && self.next_is_name_char(at + 1) {
                self.tagged(at, c);
            } else if is_word_char(c) {
                self.word(at);
            } else {
                self.sign(at, c);
            }
        }
    }

    fn is_address(&self, at: usize) -> bool {
        let rest = self.text.get(at..).unwrap_or("");
        rest.starts_with("http://") || rest.starts_with("https://")
    }

    fn next_is_name_char(&self, at: usize) -> bool {
        let next = self.text.get(at..).and_then(|rest| rest.chars().next());
        next.is_some_and(|c| is_word_char(c) || c == '_')
    }

    fn address(&mut self, at: usize) {
        let end = self.take_while(|c| !c.is_whitespace()).unwrap_or(at);
        let key = self.keys.len();
        self.push(Kind::Address, at, end, key);
    }

    fn tagged(&mut self, at: usize, sigil: char) {
        self.chars.next();
        let key = self.keys.len();
        let mut end = at + 1;
        while let Some(&(i, c)) = self.chars.peek() {
            if !(is_word_char(c) || c == '_' || is_ignorable(c)) {
                break;
            }
            if is_word_char(c) {
                extend_key(c, &mut self.keys);
            }
            end = i + c.len_utf8();
            self.chars.next();
        }
        let kind = if sigil == '@' { Kind::Handle } else { Kind::Hashtag };
        self.push(kind, at, end, key);
    }

    fn word(&mut self, at: usize) {
        let key = self.keys.len();
        let mut end = at;
        let mut shape = Shape::default();
        let mut camel = false;
        while let Some(&(i, c)) = self.chars.peek() {
            if is_ignorable(c) {
                self.chars.next();
                continue;
            }
            if !is_word_char(c) {
                break;
            }
            if shape.letters > 0 && (is_unspaced(c) || shape.unspaced) {
                camel = shape.unspaced && is_unspaced(c);
                break;
            }
            // "adviceSarah": a title and a body run together. "McDonald" and "LaToya" stay whole.
            if shape.lower_run > 3 && c.is_uppercase() {
                camel = true;
                break;
            }
            shape.add(c);
            extend_key(c, &mut self.keys);
            end = i + c.len_utf8();
            self.chars.next();
        }
        let kind = if shape.digits == shape.letters {
            Kind::Number
        } else {
            Kind::Word
        };
        if kind == Kind::Word && !camel && self.initials(at, end, &shape, key) {
            return;
        }
        self.push(kind, at, end, key);
        let suffix = if camel { Suffix::Glued } else { self.suffix() };
        if let Some(token) = self.list.last_mut() {
            token.capital = shape.capital;
            token.upper = shape.letters > 1 && shape.uppers == shape.letters;
            match suffix {
                Suffix::None => {}
                Suffix::Glued => token.glued = true,
                Suffix::Possessive(end) => {
                    token.possessive = true;
                    token.end = end as u32;
                }
                Suffix::Contraction(end) => {
                    token.contracted = true;
                    token.end = end as u32;
                    token.key.1 = self.keys.len() as u32;
                    token.hash = hash_key(0, self.keys.get(key..).unwrap_or(""));
                    token.word = self.lexicon.word(token.hash);
                }
            }
        }
    }

    /// "T.J.": single capitals, each with a stop, are one word.
    fn initials(&mut self, at: usize, end: usize, shape: &Shape, key: usize) -> bool {
        if shape.letters != 1 || !shape.capital {
            return false;
        }
        let rest = self.text.get(end..).unwrap_or("");
        let mut taken = 0;
        let mut chars = rest.chars();
        while chars.next() == Some('.') {
            match chars.next() {
                Some(c) if c.is_uppercase() && !chars.as_str().starts_with(is_word_char) => {
                    extend_key(c, &mut self.keys);
                    taken += 1 + c.len_utf8();
                }
                _ => break,
            }
        }
        if taken == 0 {
            return false;
        }
        let stop = usize::from(rest.get(taken..).is_some_and(|r| r.starts_with('.')));
        self.advance_to(end + taken + stop);
        self.push(Kind::Word, at, end + taken + stop, key);
        if let Some(token) = self.list.last_mut() {
            token.capital = true;
        }
        true
    }

    /// What follows a word without a space: `'s`, `'t`, a hyphen with more letters.
    fn suffix(&mut self) -> Suffix {
        let Some(&(at, mark)) = self.chars.peek() else {
            return Suffix::None;
        };
        let rest = self.text.get(at + mark.len_utf8()..).unwrap_or("");
        if mark == '-' && rest.starts_with(is_word_char) {
            self.chars.next();
            return Suffix::Glued;
        }
        if !matches!(mark, '\'' | '’' | '‘' | '`') {
            return Suffix::None;
        }
        let tail: String = rest.chars().take_while(|c| is_word_char(*c)).take(4).collect();
        let end = at + mark.len_utf8() + tail.len();
        match tail.to_lowercase().as_str() {
            "" => Suffix::None,
            "s" => {
                self.advance_to(end);
                Suffix::Possessive(end)
            }
            "t" | "re" | "ve" | "m" => {
                self.keys.push_str(&tail.to_lowercase());
                self.advance_to(end);
                Suffix::Contraction(end)
            }
            "ll" | "d" => {
                self.advance_to(end);
                Suffix::Contraction(end)
            }
            _ => {
                self.chars.next();
                Suffix::Glued
            }
        }
    }

    fn sign(&mut self, at: usize, c: char) {
        let rest = self.text.get(at..).unwrap_or("");
        if let Some((face, mood)) = emoticon(rest) {
            self.advance_to(at + face);
            let key = self.keys.len();
            self.keys.push(mood);
            self.push(Kind::Emoji, at, at + face, key);
        } else if is_emoji(c) {
            self.single(at, c, Kind::Emoji);
        } else {
            self.single(at, c, Kind::Mark(c));
        }
    }

    fn single(&mut self, at: usize, c: char, kind: Kind) {
        self.chars.next();
        let key = self.keys.len();
        self.keys.push(c);
        self.push(kind, at, at + c.len_utf8(), key);
    }

    fn push(&mut self, kind: Kind, start: usize, end: usize, key: usize) {
        let hash = hash_key(0, self.keys.get(key..).unwrap_or(""));
        let word = self.lexicon.word(hash);
        self.list.push(Token {
            kind,
            start: start as u32,
            end: end as u32,
            key: (key as u32, self.keys.len() as u32),
            hash,
            capital: false,
            upper: false,
            possessive: false,
            contracted: false,
            glued: false,
            word,
            also: Class::default(),
            language: ENGLISH,
        });
    }

    fn take_while(&mut self, keep: impl Fn(char) -> bool) -> Option<usize> {
        let mut end = None;
        while let Some(&(i, c)) = self.chars.peek() {
            if !keep(c) {
                break;
            }
            end = Some(i + c.len_utf8());
            self.chars.next();
        }
        end
    }

    fn advance_to(&mut self, end: usize) {
        while self.chars.peek().is_some_and(|(i, _)| *i < end) {
            self.chars.next();
        }
    }
}

enum Suffix {
    None,
    Glued,
    Possessive(usize),
    Contraction(usize),
}

#[derive(Default)]
struct Shape {
    capital: bool,
    letters: usize,
    uppers: usize,
    digits: usize,
    lower_run: usize,
    unspaced: bool,
}

impl Shape {
    fn add(&mut self, c: char) {
        let upper = if c.is_ascii() {
            c.is_ascii_uppercase()
        } else {
            c.is_uppercase()
        };
        if self.letters == 0 {
            self.capital = upper;
        }
        self.letters += 1;
        self.unspaced = is_unspaced(c);
        self.uppers += usize::from(upper);
        self.digits += usize::from(c.is_numeric());
        self.lower_run = if upper || c.is_numeric() {
            0
        } else {
            self.lower_run + 1
        };
    }
}

fn is_emoji(c: char) -> bool {
    matches!(c, '\u{1f000}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}' | '\u{2b50}' | '\u{2b55}')
}

/// Length of the emoticon that `rest` starts with, and the emoji that stands for its mood.
fn emoticon(rest: &str) -> Option<(usize, char)> {
    const FACES: [(&str, char); 12] = [
        (":-)", '😊'),
        (":)", '😊'),
        (":-D", '😄'),
        (":D", '😄'),
        (";)", '😊'),
        (";-)", '😊'),
        ("<3", '❤'),
        (":(", '😞'),
        (":-(", '😞'),
        (":'(", '😢'),
        (":/", '😒'),
        ("=)", '😊'),
    ];
    FACES
        .iter()
        .find(|(face, _)| rest.starts_with(face))
        .map(|(face, mood)| (face.len(), *mood))
}
