//! What takes praise of somebody back, though no single word of it complains.

use super::reading::Reading;
use crate::text::clause::Clause;
use crate::text::lexicon::{
    ARTICLE, ARTICLE_NAME, CONTRAST, COPULA, EXCEPT, FAIL, HONORIFIC, MOCK, NEGATOR, ROLE, SELF, TITLE_GIVEN,
    VERB,
};

/// Tone from which on a clause says something.
const FAINT: f64 = 0.15;

/// How far before a name "except" may stand, in tokens.
const NEAR: usize = 4;

/// How far before a name thanks that are none may begin, in tokens.
const FARTHEST: usize = 4;

/// How many clauses before its own a sentence is looked at.
const MOST_CLAUSES: usize = 10;

impl Reading<'_> {
    /// "Everybody was friendly except Ann": is somebody taken out of the praise before them?
    pub(super) fn is_excepted_from_praise(&self, start: usize) -> bool {
        let tokens = self.tokens();
        let links = ARTICLE | ARTICLE_NAME | HONORIFIC | TITLE_GIVEN | ROLE | SELF;
        let mut back = 1;
        while back < NEAR
            && !tokens.before(start, back).is(EXCEPT)
            && (tokens.before(start, back).is(links)
                || tokens.is_any(start - back.min(start), &["for", "from"]))
        {
            back += 1;
        }
        let Some(except) = start.checked_sub(back).filter(|at| tokens.at(*at).is(EXCEPT)) else {
            return false;
        };
        let (praise, complaint) = self.tones.between(self.sentence_start(except), except);
        praise > complaint + FAINT
    }

    /// "Thank you Shirley for nothing": a phrase of mockery that runs around the name.
    pub(super) fn is_mocked_around(&self, start: usize, end: usize) -> bool {
        let tokens = self.tokens();
        (start.saturating_sub(FARTHEST)..start).any(|at| {
            let before = tokens.range(at + 1, start);
            let mut phrases = tokens.at(at).word.idioms.iter().filter(|i| i.classes.is(MOCK));
            phrases.any(|phrase| {
                let behind = tokens.range(end, end + phrase.rest.len().saturating_sub(before.len()));
                phrase.rest.len() > before.len()
                    && phrase
                        .rest
                        .iter()
                        .eq(before.iter().chain(behind).map(|t| &t.hash))
            })
        })
    }

    /// "A joy to deal with, though she left us waiting in the rain": what turns against the praise before it holds none.
    pub(super) fn is_left_open(&self, start: usize, end: usize) -> bool {
        let (first, last) = (self.clause_of(start), self.clause_of(end.max(1) - 1));
        self.turns_away(last) || self.is_conceded(first)
    }

    /// Does the sentence go on with "but she …", and no praise behind it?
    fn turns_away(&self, clause: usize) -> bool {
        let sentence = self.clauses.get(clause).map_or(0, |c| c.sentence);
        let next = self.clauses.get(clause + 1);
        let turns = next.is_some_and(|c| c.contrast && c.sentence <= sentence + 1 && self.speaks_on(c));
        turns
            && !self.has_mention.get(clause + 1).copied().unwrap_or(false)
            && self.tone_of(clause + 1).praise < FAINT
    }

    /// "Although Ann lost my coat, …": what the sentence begins with is no praise.
    fn is_conceded(&self, clause: usize) -> bool {
        let Some(own) = self.clauses.get(clause) else {
            return false;
        };
        // A phrase of two words ("anche se") turns at its second.
        let begins = own.contrast && own.start < self.sentence_start(own.start) + 2
            || self.tokens().at(own.start).is(CONTRAST) && self.sentence_start(own.start) == own.start;
        let goes_on = self
            .clauses
            .get(clause + 1)
            .is_some_and(|c| c.sentence == own.sentence);
        begins && goes_on && self.tone_of(clause).praise < FAINT
    }

    /// Is it about whom the clause before was about? "… but she", "… but forgot", "… pero nos".
    fn speaks_on(&self, clause: &Clause) -> bool {
        let tokens = self.tokens();
        let mut words = tokens.range(clause.start, clause.end).iter();
        let first = words.find(|t| t.is_word() && !t.is(CONTRAST));
        clause.continues || first.is_some_and(|t| t.is(VERB | COPULA | FAIL | NEGATOR | SELF))
    }

    /// Where the sentence of a token begins.
    pub(super) fn sentence_start(&self, token: usize) -> usize {
        let own = self.clause_of(token);
        let mut first = own;
        let sentence = |i: usize| self.clauses.get(i).map(|c| c.sentence);
        while first > own.saturating_sub(MOST_CLAUSES) && sentence(first - 1) == sentence(first) {
            first -= 1;
        }
        self.clauses.get(first).map_or(0, |c| c.start)
    }
}
