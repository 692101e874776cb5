//! Tokens, which remember where in the text they stood.

use super::Span;
use super::cutter::cut;
use super::lexicon::{Class, HONORIFIC, Lexicon, TITLE_GIVEN, Word};
use super::pack::Pack;
use super::speech::{ENGLISH, assign};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Letters, possibly with digits.
    Word,
    /// Digits only.
    Number,
    /// `@name`.
    Handle,
    /// `#topic`.
    Hashtag,
    /// One mark of punctuation; its character.
    Mark(char),
    /// A line end.
    Line,
    /// An emoji or emoticon.
    Emoji,
    /// A web address.
    Address,
    /// What stands before the first and behind the last token.
    Outside,
}

/// One token.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Where its key stands among the keys.
    pub(super) key: (u32, u32),
    /// Hash of its key (see [`hash_key`]).
    pub(crate) hash: u64,
    /// Begins with a capital.
    pub(crate) capital: bool,
    /// Two letters or more, all capitals.
    pub(crate) upper: bool,
    /// Ends in a possessive `'s`.
    pub(crate) possessive: bool,
    /// Ends in 't, 're, 've, 'm, 'll, or 'd.
    pub(crate) contracted: bool,
    /// The next token follows without a space (hyphen, apostrophe, camel case).
    pub(crate) glued: bool,
    /// What its language knows of it.
    pub(crate) word: &'static Word,
    /// The parts played by phrases that end here.
    pub(super) also: Class,
    /// Its language: see [`super::speech`].
    pub(crate) language: u8,
}

impl Token {
    pub(crate) fn is(&self, any: Class) -> bool {
        (self.word.classes | self.also).is(any)
    }

    /// Does a phrase that ends here play the part?
    pub(crate) fn ends_phrase(&self, any: Class) -> bool {
        self.also.is(any)
    }

    pub(crate) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }

    pub(crate) fn is_mark(&self, mark: char) -> bool {
        self.kind == Kind::Mark(mark)
    }

    /// Does a sentence end here?
    pub(crate) fn ends_sentence(&self) -> bool {
        matches!(
            self.kind,
            Kind::Line | Kind::Mark('.' | '!' | '?' | '…' | '。' | '！' | '？')
        )
    }
}

/// A text and its tokens.
pub(crate) struct Tokens {
    keys: String,
    list: Vec<Token>,
    outside: Token,
}

impl Tokens {
    /// Cuts `text`; linear in its length.
    #[cfg(test)]
    pub(crate) fn new(text: &str) -> Tokens {
        Tokens::spoken(text, None)
    }

    /// Cuts `text`; `hint` is the language where the text is too short to tell (ISO 639-1).
    pub(crate) fn spoken(text: &str, hint: Option<&str>) -> Tokens {
        let lexicon = Lexicon::shipped();
        let (keys, mut list) = cut(text, lexicon);
        assign(text, hint, lexicon, &keys, &mut list);
        let outside = Token {
            kind: Kind::Outside,
            start: 0,
            end: 0,
            key: (0, 0),
            hash: 0,
            capital: false,
            upper: false,
            possessive: false,
            contracted: false,
            glued: false,
            word: lexicon.word(0),
            also: Class::default(),
            language: ENGLISH,
        };
        Tokens { keys, list, outside }
    }

    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Token> {
        self.list.iter()
    }

    /// The tokens from `start` up to `end`, as far as they exist.
    pub(crate) fn range(&self, start: usize, end: usize) -> &[Token] {
        let end = end.min(self.list.len());
        self.list.get(start.min(end)..end).unwrap_or_default()
    }

    /// The token at `index`, or the one that stands for everything outside.
    pub(crate) fn at(&self, index: usize) -> &Token {
        self.list.get(index).unwrap_or(&self.outside)
    }

    /// The pack of the language that a token is in; none for English.
    pub(crate) fn pack(&self, token: &Token) -> Option<&'static Pack> {
        let packs = &Lexicon::shipped().packs;
        usize::from(token.language)
            .checked_sub(1)
            .and_then(|k| packs.get(k))
    }

    /// The token `back` places before `index`.
    pub(crate) fn before(&self, index: usize, back: usize) -> &Token {
        index.checked_sub(back).map_or(&self.outside, |i| self.at(i))
    }

    /// The normal form of a token.
    pub(crate) fn key(&self, token: &Token) -> &str {
        self.keys
            .get(token.key.0 as usize..token.key.1 as usize)
            .unwrap_or("")
    }

    /// Is the key of the token at `index` one of these?
    pub(crate) fn is_any(&self, index: usize, words: &[&str]) -> bool {
        words.contains(&self.key(self.at(index)))
    }

    /// The stretch of text from the first to the last of some tokens.
    pub(crate) fn span(&self, start: usize, end: usize) -> Span {
        let last = self.at(end.max(1) - 1);
        Span {
            start: self.at(start).start as usize,
            end: last.end as usize,
        }
    }

    /// Does a sentence begin at `index`?
    pub(crate) fn begins_sentence(&self, index: usize) -> bool {
        match self.before(index, 1).kind {
            Kind::Outside | Kind::Line | Kind::Handle | Kind::Hashtag | Kind::Emoji | Kind::Address => true,
            Kind::Mark('.') => !self.is_abbreviation(index - 1),
            Kind::Mark('"' | '“' | '”' | '!' | '?' | '…' | '-' | '–' | '•' | '*' | ')' | ':') => {
                true
            }
            _ => false,
        }
    }

    /// Is the full stop at `index` part of an abbreviation ("Dr.", "C. Evans") and not the end of a sentence?
    pub(crate) fn is_abbreviation(&self, index: usize) -> bool {
        let word = self.before(index, 1);
        let single = word.is_word() && word.capital && word.end - word.start == 1;
        let joined = word.end == self.at(index).start;
        joined && (single || word.is(HONORIFIC | TITLE_GIVEN)) && self.at(index + 1).is_word()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<String> {
        let tokens = Tokens::new(text);
        tokens.iter().map(|t| tokens.key(t).to_owned()).collect()
    }

    #[test]
    fn possessives_contractions_and_initials_are_one_token() {
        assert_eq!(
            keys("Ann Marie's won't T.J. I'm"),
            ["ann", "marie", "wont", "tj", "im"]
        );
        assert!(Tokens::new("Kelly’s").at(0).possessive);
    }

    #[test]
    fn hyphens_and_inner_apostrophes_glue() {
        let tokens = Tokens::new("Ella-Mae O'Neill");
        assert!(tokens.at(0).glued && tokens.at(2).glued && !tokens.at(1).glued);
    }

    #[test]
    fn a_title_run_into_the_body_is_cut() {
        assert_eq!(keys("adviceSarah McDonald"), ["advice", "sarah", "mcdonald"]);
    }

    #[test]
    fn handles_tags_faces_and_addresses_are_seen() {
        let tokens = Tokens::new("@Priya_Cares #thanks :) https://x.y/z ❤️");
        let kinds: Vec<Kind> = tokens.iter().map(|t| t.kind).collect();
        assert_eq!(
            kinds,
            [
                Kind::Handle,
                Kind::Hashtag,
                Kind::Emoji,
                Kind::Address,
                Kind::Emoji
            ]
        );
        assert_eq!(tokens.key(tokens.at(0)), "priyacares");
    }

    #[test]
    fn joiners_and_direction_marks_do_not_cut_a_name() {
        assert_eq!(keys("Sa\u{200d}rah \u{202e}Tom"), ["sarah", "tom"]);
    }
}
