//! Names that are not spelt as in the roster: short forms, slips, and other spellings of the same sound.

use super::mention::{Finder, How, MOST_BEARERS, Mention};
use crate::roster::{Form, Near};
use crate::text::hash_key;
use crate::text::lexicon::{GIVEN, Lexicon, WORD, Word};
use crate::text::similar::is_variant;

/// Log weights of spellings against the name itself.
const SHORT_FORM: f64 = 0.0;
const OTHER_SHORT_FORM: f64 = -1.5;
const UNLIKELY_SHORT_FORM: f64 = -2.0;
const FORMAL_FOR_SHORT: f64 = -0.7;
const VARIANT: f64 = -0.3;
const SLIP: f64 = -0.5;
const SAME_SOUND: f64 = -0.7;
const BOTH_COMMON: f64 = -1.2;

/// A name that is rarer than this (as a power of two) than its short form hardly ever is what the short form stands for.
const MUCH_RARER: f32 = 2.3;
/// Popularity of names that are too rare for the table.
const RARE: f32 = 9.0;

/// A form that a written name may stand for.
struct Spelling<'a> {
    form: &'a Form,
    how: How,
    fit: f64,
}

impl Finder<'_> {
    /// Everybody whose name is near the one at `i`.
    pub(super) fn similar(&self, i: usize) -> Option<Mention> {
        let mut spellings = self.short_forms(i);
        spellings.extend(self.slips(i));
        spellings.sort_by(|a, b| b.fit.total_cmp(&a.fit).then_with(|| a.form.key.cmp(&b.form.key)));
        let mut all: Option<Mention> = None;
        let mut seen: Vec<&str> = Vec::new();
        for spelling in spellings {
            if seen.contains(&&*spelling.form.key) {
                continue;
            }
            seen.push(&spelling.form.key);
            if let Some(full) = self.with_family(i, i + 1, spelling.form) {
                return Some(full);
            }
            let Some(mut found) = self.found(i, i + 1, spelling.how, spelling.form) else {
                continue;
            };
            found.bearers.iter_mut().for_each(|b| b.fit = spelling.fit);
            match &mut all {
                None => all = Some(found),
                Some(all) => all.merge(found),
            }
        }
        all.map(|m| self.with_initial(m))
    }

    /// By a name with an ending of its language: "Mateuszowi", "Annas".
    pub(super) fn inflected(&self, i: usize) -> Option<Mention> {
        let token = self.tokens.at(i);
        let key = self.tokens.key(token);
        let endings = &self.tokens.pack(token)?.inflection;
        let stems = endings
            .iter()
            .filter_map(|ending| key.strip_suffix(ending.as_str()));
        stems
            .filter(|stem| stem.len() > 2 && token.capital)
            .filter_map(|stem| {
                let hash = hash_key(0, stem);
                let given = self.roster.names.given(hash);
                let given = given.and_then(|form| self.found(i, i + 1, How::Given, form));
                let family = || {
                    let form = self.roster.names.family(hash).filter(|_| self.is_titled(i))?;
                    let found = self.found(i, i + 1, How::Family, form)?;
                    Some(Mention {
                        titled: true,
                        ..found
                    })
                };
                given.filter(|m| m.in_scope > 0).or_else(family)
            })
            .find(|m| m.in_scope > 0)
    }

    /// "Graceokafor": given and family name without a space.
    pub(super) fn run_together(&self, i: usize) -> Option<Mention> {
        let token = self.tokens.at(i);
        let key = self.tokens.key(token);
        if key.len() < 8 || token.is(WORD | GIVEN) {
            return None;
        }
        self.given_and_family(i, key).filter(|m| m.in_scope > 0)
    }

    /// By a nickname of theirs, or by the formal name of somebody who goes by a nickname.
    fn short_forms(&self, i: usize) -> Vec<Spelling<'_>> {
        let lexicon = Lexicon::shipped();
        let token = self.tokens.at(i);
        let direct = lexicon.nicknames(token.hash);
        let siblings = direct
            .iter()
            .filter(|n| n.formal)
            .flat_map(|n| lexicon.nicknames(n.hash))
            .filter(|n| !n.formal);
        let direct = direct.iter().map(|n| (n, SHORT_FORM));
        let all = direct.chain(
            siblings
                .filter(|n| n.hash != token.hash)
                .map(|n| (n, OTHER_SHORT_FORM)),
        );
        all.filter_map(|(nickname, fit)| {
            let form = self.roster.names.given(nickname.hash)?;
            let other = lexicon.word(nickname.hash);
            let likely = if nickname.formal {
                is_likely(token.word, other)
            } else {
                is_likely(other, token.word)
            };
            let fit = match (likely, nickname.formal) {
                (false, _) => UNLIKELY_SHORT_FORM,
                // Who goes by Mattie is seldom called Matthew.
                (true, false) => fit + FORMAL_FOR_SHORT,
                (true, true) => fit,
            };
            Some(Spelling {
                form,
                how: How::Nick,
                fit,
            })
        })
        .collect()
    }

    /// By a name that is spelt or sounds nearly the same.
    fn slips(&self, i: usize) -> Vec<Spelling<'_>> {
        let token = self.tokens.at(i);
        let key = self.tokens.key(token);
        if key.len() < 4 && !self.is_cued(i) {
            return Vec::new();
        }
        let near = self.roster.names.near(key).into_iter();
        near.map(|(form, near)| {
            let both = token.is(GIVEN) && Lexicon::shipped().word(hash_key(0, &form.key)).classes.is(GIVEN);
            let variant = is_variant(self.tokens.key(token), &form.key);
            let (how, fit) = match near {
                Near::Edit if variant => (How::Edit, VARIANT),
                Near::Sound if variant => (How::Sound, VARIANT),
                Near::Edit => (How::Edit, SLIP),
                Near::Sound => (How::Sound, SAME_SOUND),
            };
            Spelling {
                form,
                how,
                fit: fit + if both && !variant { BOTH_COMMON } else { 0.0 },
            }
        })
        .collect()
    }
}

/// Is it plausible that people with the formal name go by the short one? The lists hold many pairs that are not.
fn is_likely(short: &Word, formal: &Word) -> bool {
    formal.popularity.max(RARE) + MUCH_RARER >= short.popularity
}

impl Mention {
    /// Adds those who are found by another form; people in scope drive out the others.
    fn merge(&mut self, other: Mention) {
        if self.in_scope == 0 && other.in_scope > 0 {
            *self = other;
            return;
        }
        if (self.in_scope > 0) == (other.in_scope > 0) {
            let unlisted = other.in_scope.saturating_sub(other.bearers.len());
            for bearer in other.bearers {
                if self.bearers.iter().any(|b| b.staff == bearer.staff) {
                    continue;
                }
                self.in_scope += usize::from(bearer.in_scope);
                if self.bearers.len() < MOST_BEARERS {
                    self.bearers.push(bearer);
                }
            }
            self.in_scope += unlisted;
            self.how = self.how.min(other.how);
        }
        self.total += other.total;
    }
}
