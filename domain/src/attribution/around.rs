//! What tells somebody of many.

use super::reading::Reading;
use crate::text::lexicon::{
    AND, ARTICLE, ARTICLE_NAME, GREETING, HONORIFIC, LINK, ROLE, SELF, SINGLED, TEAM, TITLE_GIVEN,
};
use crate::text::token::Kind;

/// How far before a name words for the staff are looked for, in tokens.
const FARTHEST: usize = 20;

/// How far before a name, or its list, "especially" may stand, in tokens.
const NEAR: usize = 4;

impl Reading<'_> {
    /// "especially Ann", "in particular our porter Bob": is the name, or its list, singled out?
    pub(crate) fn is_singled_out(&self, start: usize) -> bool {
        let tokens = self.tokens();
        let mut back = 1;
        while back <= NEAR && !tokens.before(start, back).is(SINGLED) {
            let between = tokens.before(start, back);
            let links = between.is(ARTICLE | ARTICLE_NAME | HONORIFIC | TITLE_GIVEN | ROLE | LINK | SELF)
                || matches!(between.kind, Kind::Mark(':' | ','));
            if !links {
                return false;
            }
            back += 1;
        }
        back <= NEAR
    }

    /// "Dear Ann, …", "Gent.ma Paola, …": is the text addressed to whoever stands here?
    pub(crate) fn is_addressed(&self, start: usize, end: usize) -> bool {
        let tokens = self.tokens();
        let mut back = 1;
        while back < NEAR && self.is_part_of_title(start, back) {
            back += 1;
        }
        let begins = |back: usize| {
            let at = start.checked_sub(back);
            at.is_some_and(|i| tokens.begins_sentence(i))
        };
        let behind = tokens.at(end);
        tokens.before(start, back).is(GREETING)
            && (begins(back) || begins(back + 1))
            && (behind.is(AND) || matches!(behind.kind, Kind::Mark(',' | '!' | ':' | '-' | '–') | Kind::Line))
    }

    /// A title before a name, its stop, or what an abbreviation ends in ("Gent.ma").
    fn is_part_of_title(&self, start: usize, back: usize) -> bool {
        let tokens = self.tokens();
        let token = tokens.before(start, back);
        token.is(HONORIFIC | TITLE_GIVEN) && !token.is(GREETING)
            || token.is_mark('.')
            || token.is_word() && tokens.before(start, back + 1).is_mark('.')
    }

    /// Does the sentence speak of the staff before the name?
    pub(crate) fn names_team_before(&self, start: usize) -> bool {
        let from = self.sentence_start(start).max(start.saturating_sub(FARTHEST));
        self.tokens().range(from, start).iter().any(|t| t.is(TEAM))
    }
}
