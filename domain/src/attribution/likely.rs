//! Could a token be a name at all? Words that are names only where something says so.

use super::mention::Finder;
use crate::text::lexicon::{
    ARTICLE, ASK, BRANDNAME, BY, COPULA, DEMONYM, FUNCTION, GIVEN, HANDLED_BY, HONORIFIC, LINK, NAMED,
    OTHER_LANGUAGE, PLACE, PRONOUN, ROLE, SELF, THANKS, TITLE_AFTER, TITLE_GIVEN, VERB, WORD,
};

impl Finder<'_> {
    /// Ordinary words in lower case are names only where something says so.
    pub(super) fn may_be_name(&self, i: usize) -> bool {
        let token = self.tokens.at(i);
        if self.is_auxiliary(i) || self.is_contraction(i) || self.is_function_word(i) || self.begins_thanks(i)
        {
            return false;
        }
        if token.capital || token.glued || !token.is(WORD) {
            return true;
        }
        let next = self.tokens.at(i + 1);
        token.is(GIVEN) && (self.is_cued(i) || (self.is_lower_case() && next.is(COPULA | VERB)))
    }

    /// "Grâce à Sabine", "Grâce à la dame": the first word of thanks is no name, whoever is called Grace.
    fn begins_thanks(&self, i: usize) -> bool {
        let fits = |rest: &[u64]| {
            let behind = self.tokens.range(i + 1, i + 1 + rest.len());
            let next = self.tokens.at(i + 1 + rest.len());
            !rest.is_empty()
                && rest.iter().eq(behind.iter().map(|t| &t.hash))
                && (next.capital || next.is(ARTICLE | HONORIFIC | SELF | TITLE_GIVEN))
        };
        let mut idioms = self.tokens.at(i).word.idioms.iter();
        idioms.any(|idiom| idiom.classes.is(THANKS) && fits(&idiom.rest))
    }

    /// "Will definitely be back", "May I": no name, unless somebody acts or is thanked.
    fn is_auxiliary(&self, i: usize) -> bool {
        let next = self.tokens.at(i + 1);
        let blesses = ["god", "allah", "lord", "almighty", "heaven"];
        if blesses.contains(&self.tokens.key(next)) {
            return true;
        }
        let goes_on = next.is_word()
            && !next.capital
            && !next.is(VERB | COPULA)
            && !self.tokens.is_any(
                i + 1,
                &[
                    "and", "at", "from", "in", "with", "to", "for", "who", "behind", "on", "our", "the",
                    "as", "but",
                ],
            );
        self.tokens.is_any(i, &["will", "may", "can", "would"])
            && goes_on
            && !self.is_cued(i)
            && !self.tokens.at(i).possessive
    }

    /// "My friend", "les tables": no name, unless somebody acts or is thanked.
    fn is_function_word(&self, i: usize) -> bool {
        let token = self.tokens.at(i);
        let function = token.is(SELF | PRONOUN)
            || (token.is(DEMONYM) && !token.is(GIVEN))
            || self.is_exclamation(i)
            || (token.is(FUNCTION) && !token.is(GIVEN))
            || (token.is(OTHER_LANGUAGE) && !token.capital);
        function && !(self.is_cued(i) || (token.capital && self.tokens.at(i + 1).is(COPULA | VERB)))
    }

    /// "Love love love!", "Praise worthy service": a word of praise that begins a sentence.
    fn is_exclamation(&self, i: usize) -> bool {
        let (token, next) = (self.tokens.at(i), self.tokens.at(i + 1));
        let goes_on = next.is_word()
            && !next.capital
            && !self.tokens.is_any(
                i + 1,
                &["at", "from", "in", "behind", "on", "and", "who", "the", "our"],
            );
        token.is(WORD)
            && token.word.tone > 1.5
            && goes_on
            && !token.possessive
            && self.tokens.begins_sentence(i)
    }

    /// "I'm", "we've"
    fn is_contraction(&self, i: usize) -> bool {
        self.tokens.is_any(
            i,
            &[
                "im", "ive", "weve", "were", "theyre", "id", "youre", "hes", "shes",
            ],
        ) && self.tokens.at(i).contracted
    }

    pub(super) fn is_cued(&self, i: usize) -> bool {
        let before = self.tokens.before(i, 1);
        let second = self.tokens.before(i, 2);
        before.is(THANKS | NAMED | HONORIFIC | TITLE_GIVEN | ROLE)
            || self.tokens.at(i + 1).is(TITLE_AFTER)
            || (before.is(LINK) && second.is(THANKS))
            || (before.is(BY) && second.is(HANDLED_BY))
            || (self.tokens.is_any(i.saturating_sub(1), &["for", "with"]) && second.is(ASK))
    }

    /// Could this token be a name at all, so that looking for spellings is worth while?
    pub(super) fn is_name_like(&self, i: usize) -> bool {
        let token = self.tokens.at(i);
        // "Nurse Tiny": a slip may be a word where a title or job says that a name stands here.
        let titled = token.capital
            && self
                .tokens
                .before(i, 1)
                .is(HONORIFIC | TITLE_GIVEN | ROLE | NAMED);
        if token.is(WORD | PLACE | DEMONYM | BRANDNAME | THANKS) && !token.is(GIVEN) && !titled {
            return false;
        }
        let short = token.end - token.start < 2;
        !short
            && (token.capital || token.is(GIVEN) || self.is_lower_case() || self.is_cued(i))
            && !token.is(FUNCTION)
    }

    /// Is the whole text written without capitals?
    fn is_lower_case(&self) -> bool {
        *self.lower_case.get_or_init(|| {
            let words = self.tokens.iter().filter(|t| t.is_word());
            let (capital, all) = words.fold((0, 0), |(c, n), t| (c + usize::from(t.capital), n + 1));
            capital * 25 < all.max(8)
        })
    }
}
