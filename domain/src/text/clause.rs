//! Clauses: stretches that say one thing about one subject.

use super::lexicon::{
    AND, ARTICLE, ARTICLE_NAME, CONTRAST, COPULA, FAIL, HONORIFIC, ONLY, PRONOUN, RELATIVE, ROLE, SELF,
    SUBORDINATE, THANKS, TITLE_GIVEN, VERB, WORD,
};
use super::speech::ENGLISH;
use super::token::{Kind, Token, Tokens};

/// A clause: tokens from `start` up to `end`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clause {
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// Number of its sentence.
    pub(crate) sentence: usize,
    /// Begins with "who", "which".
    pub(crate) relative: bool,
    /// Begins with "but", "however", …
    pub(crate) contrast: bool,
    /// Ends with a question mark.
    pub(crate) question: bool,
    /// Speaks on about the person before it: "she …", "he …", "that lady …", "who …".
    pub(crate) continues: bool,
}

/// Tokens before an "and" in which a verb is looked for.
const FARTHEST: usize = 40;

/// Cuts the tokens into clauses, which cover them without gaps.
pub(crate) fn clauses(tokens: &Tokens) -> Vec<Clause> {
    let mut cutter = Cutter {
        tokens,
        list: Vec::new(),
        next: Clause::default(),
    };
    let mut i = 0;
    while i < tokens.len() {
        i = cutter.step(i);
    }
    cutter.close(tokens.len());
    let mut list = cutter.list;
    for clause in &mut list {
        clause.continues = continues(tokens, clause);
    }
    list
}

struct Cutter<'a> {
    tokens: &'a Tokens,
    list: Vec<Clause>,
    next: Clause,
}

impl Cutter<'_> {
    /// Looks at token `i`, closes the clause before or behind it, and says where to go on.
    fn step(&mut self, i: usize) -> usize {
        let token = self.tokens.at(i);
        if token.ends_sentence()
            && !(token.is_mark('.') && (self.tokens.is_abbreviation(i) || self.is_decimal(i)))
        {
            return self.end_sentence(i);
        }
        let lists = token.is_mark(':') && self.tokens.at(i + 1).capital && !self.tokens.at(i + 1).is(WORD);
        if matches!(token.kind, Kind::Mark(';' | ':' | '—' | '–' | '(' | ')')) && !lists {
            self.close(i + 1);
            return i + 1;
        }
        if self.is_dash(i) {
            self.close(i + 1);
            return i + 1;
        }
        if token.is_word() && i > self.next.start {
            self.word(i);
        }
        i + 1
    }

    /// "Ann was lovely - Tom left halfway": a hyphen for a dash, and somebody else begins to act.
    fn is_dash(&self, i: usize) -> bool {
        let (before, token, next) = (self.tokens.before(i, 1), self.tokens.at(i), self.tokens.at(i + 1));
        let apart = token.is_mark('-') && before.end < token.start && token.end < next.start;
        apart && self.has_verb(i) && self.is_noun(next)
    }

    /// "Although Ann forgot our drinks, …": the comma ends what a sentence concedes.
    fn is_conceded(&self, i: usize) -> bool {
        let first = self.tokens.at(self.next.start);
        let begins = self.next.start == 0 || self.tokens.before(self.next.start, 1).ends_sentence();
        let fails = |t: &Token| t.is(FAIL | COPULA | VERB);
        begins
            && first.is(CONTRAST)
            && self.tokens.before(i, 1).is_mark(',')
            && !self.has_just_turned(i)
            && self
                .tokens
                .range(self.next.start.max(i.saturating_sub(FARTHEST)), i)
                .iter()
                .any(fails)
    }

    /// Does something act in the clause so far?
    fn has_verb(&self, i: usize) -> bool {
        let said = self
            .tokens
            .range(self.next.start.max(i.saturating_sub(FARTHEST)), i);
        said.iter().any(is_verb)
    }

    /// Can somebody or something begin here?
    fn is_noun(&self, first: &Token) -> bool {
        first.is(SELF | ARTICLE | ARTICLE_NAME | HONORIFIC | ROLE | TITLE_GIVEN)
            || (first.capital && !first.is(WORD))
    }

    fn is_decimal(&self, i: usize) -> bool {
        self.tokens.before(i, 1).kind == Kind::Number && self.tokens.at(i + 1).kind == Kind::Number
    }

    fn end_sentence(&mut self, i: usize) -> usize {
        let mut end = i + 1;
        while self.tokens.at(end).ends_sentence() || self.tokens.at(end).kind == Kind::Emoji {
            end += 1;
        }
        self.next.question = self.tokens.range(i, end).iter().any(|t| t.is_mark('?'));
        self.close(end);
        self.next.sentence += 1;
        end
    }

    fn word(&mut self, i: usize) {
        let token = self.tokens.at(i);
        let before = self.tokens.before(i, 1);
        if token.is(CONTRAST) {
            self.close(i);
            self.next.contrast = true;
        } else if self.is_relative(i) {
            self.close(i);
            self.next.relative = true;
        } else if self.is_conjunction(i)
            || self.is_conjunct(i)
            || self.is_conceded(i)
            || (before.is_mark(',') && self.is_new_subject(i) && !self.has_just_turned(i))
        {
            self.close(i);
        }
    }

    /// "However, she was late": the comma goes with the turning word.
    fn has_just_turned(&self, i: usize) -> bool {
        let said = self.tokens.range(self.next.start, i);
        self.next.contrast && said.iter().filter(|t| t.is_word()).all(|t| t.is(CONTRAST))
    }

    /// "who", or "der" behind a comma.
    fn is_relative(&self, i: usize) -> bool {
        let token = self.tokens.at(i);
        token.is(RELATIVE) && (!token.is(ARTICLE) || self.tokens.before(i, 1).is_mark(','))
    }

    /// "… and our waiter Tom ignored us": a new subject with a verb of its own.
    fn is_conjunct(&self, i: usize) -> bool {
        if !self.tokens.at(i).is(AND) || !self.has_verb(i) {
            return false;
        }
        let first = self.tokens.at(i + 1);
        let noun = self.is_noun(first);
        if first.is(PRONOUN) && is_verb(self.tokens.at(i + 2)) {
            return true;
        }
        let mut at = i + 1;
        while noun && at < i + 6 && self.tokens.at(at).is_word() {
            if at > i + 1 && is_verb(self.tokens.at(at)) {
                return true;
            }
            at += 1;
        }
        false
    }

    fn is_conjunction(&self, i: usize) -> bool {
        let token = self.tokens.at(i);
        let named = ["after", "because", "when", "until", "what"];
        (token.language != ENGLISH && token.is(SUBORDINATE))
            || self.tokens.is_any(i, &named)
                && !self.tokens.is_any(i - 1, &["looked", "look", "looks", "looking"])
    }

    /// Behind a comma: does somebody or something else begin to act?
    fn is_new_subject(&self, i: usize) -> bool {
        let token = self.tokens.at(i);
        let next = self.tokens.at(i + 1);
        token.is(PRONOUN | SELF)
            || (token.language != ENGLISH && token.is(ARTICLE | ONLY))
            || self
                .tokens
                .is_any(i, &["i", "we", "it", "the", "only", "nothing", "this", "so"])
            || (token.capital && (next.is(COPULA) || next.is(VERB)))
    }

    fn close(&mut self, end: usize) {
        let sentence = self.next.sentence;
        if end > self.next.start {
            let done = Clause {
                end,
                ..std::mem::take(&mut self.next)
            };
            self.list.push(done);
            self.next = Clause {
                start: end,
                sentence,
                ..Clause::default()
            };
        }
    }
}

fn is_verb(token: &Token) -> bool {
    token.is(VERB | COPULA) && !token.is(THANKS)
}

fn continues(tokens: &Tokens, clause: &Clause) -> bool {
    if clause.relative {
        return true;
    }
    let skip = |i: &usize| {
        let token = tokens.at(*i);
        token.is_word()
            && !token.is(CONTRAST)
            && !tokens.is_any(*i, &["and", "also", "plus", "then", "again", "overall"])
    };
    let Some(first) = (clause.start..clause.end).find(skip) else {
        return false;
    };
    if is_exclamation(tokens, clause) {
        return true;
    }
    tokens.at(first).is(PRONOUN)
        || (tokens.is_any(first, &["give", "promote", "what", "such"]) && !tokens.at(first).upper)
        || (tokens.is_any(first, &["that", "this"]) && tokens.at(first + 1).is(super::lexicon::PERSON))
}

/// "Excellent.", "Klasse!": a word or two of praise after a sentence speak on about whoever it was about.
fn is_exclamation(tokens: &Tokens, clause: &Clause) -> bool {
    let words = || {
        let inside = tokens
            .range(clause.start, clause.end.min(clause.start + 6))
            .iter();
        inside.filter(|t| t.is_word())
    };
    clause.end - clause.start <= 6
        && words().count() <= 3
        && words().any(|t| t.word.tone > 1.0)
        && !words().any(|t| t.is(SELF | THANKS | VERB | COPULA))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let tokens = Tokens::new(text);
        let list = clauses(&tokens);
        list.iter()
            .map(|c| text[tokens.span(c.start, c.end).start..tokens.span(c.start, c.end).end].to_owned())
            .collect()
    }

    #[test]
    fn contrast_and_relative_words_cut() {
        assert_eq!(
            cut("Dave was rude but Sarah was great"),
            ["Dave was rude", "but Sarah was great"]
        );
        assert_eq!(
            cut("from Rose, who was a star."),
            ["from Rose,", "who was a star."]
        );
    }

    #[test]
    fn abbreviations_and_looked_after_do_not_cut() {
        assert_eq!(cut("Dr. Singh looked after me."), ["Dr. Singh looked after me."]);
    }

    #[test]
    fn she_speaks_on_about_the_person_before() {
        let tokens = Tokens::new("Eve was on the till. She was kind.");
        let continued: Vec<bool> = clauses(&tokens).iter().map(|c| c.continues).collect();
        assert_eq!(continued, [false, true]);
    }
}
