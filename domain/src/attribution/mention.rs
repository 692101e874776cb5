//! Where a text may name somebody of the roster.

use std::cell::OnceCell;

use crate::roster::{Form, Roster, Scope, handle_key};
use crate::text::hash_key;
use crate::text::lexicon::{AND, Class, FUNCTION, HONORIFIC, PARTICLE, TITLE_AFTER, TITLE_GIVEN, WORD};
use crate::text::similar::distance;
use crate::text::token::{Kind, Tokens};

/// At most this many people are looked at for one mention.
pub(super) const MOST_BEARERS: usize = 64;
/// At most this many mentions are looked at in one text.
const MOST_MENTIONS: usize = 2_000;

/// By what part of the name a person was found; the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum How {
    /// Named by the source itself.
    Reference,
    /// Employee id or handle.
    Exact,
    /// Given and family name.
    Full,
    /// Given name, preferred name or alias, or a part of it.
    Given,
    /// A short form, or the formal form of a short name.
    Nick,
    /// Family name.
    Family,
    /// One edit apart.
    Edit,
    /// Sounds the same.
    Sound,
}

/// Somebody who may be meant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bearer {
    pub(crate) staff: u32,
    /// Works at the site of the comment (or the comment has none).
    pub(crate) in_scope: bool,
    /// Log weight of the spelling: 0 for the name itself, less for names that are merely near it.
    pub(crate) fit: f64,
}

/// A stretch of tokens that may name somebody.
#[derive(Clone, Debug)]
pub(crate) struct Mention {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) how: How,
    pub(crate) bearers: Vec<Bearer>,
    /// How many could be meant within the scope, listed or not.
    pub(crate) in_scope: usize,
    /// How many bear the name in the organisation.
    pub(crate) total: usize,
    /// An initial beside the name fits.
    pub(crate) initial: bool,
    /// A title stands before the family name.
    pub(crate) titled: bool,
    /// It comes from the form's "who was it?", not from the text.
    pub(crate) hint: bool,
}

/// Finds the mentions of a text.
pub(crate) struct Finder<'a> {
    pub(crate) roster: &'a Roster,
    pub(crate) tokens: &'a Tokens,
    pub(crate) scope: &'a Scope,
    pub(crate) lower_case: OnceCell<bool>,
}

impl Finder<'_> {
    /// All mentions in the order of the text; they do not overlap.
    pub(crate) fn find(&self) -> Vec<Mention> {
        let mut found = Vec::new();
        let mut i = 0;
        while i < self.tokens.len() && found.len() < MOST_MENTIONS {
            match self.at(i) {
                Some(mention) => {
                    i = mention.end.max(i + 1);
                    found.push(mention);
                }
                None => i += 1,
            }
        }
        found
    }

    fn at(&self, i: usize) -> Option<Mention> {
        let token = self.tokens.at(i);
        match token.kind {
            Kind::Handle => self.exact(i, handle_key(self.tokens.key(token))),
            Kind::Number if token.end - token.start > 4 || self.is_number_cued(i) => {
                self.exact(i, token.hash)
            }
            Kind::Hashtag => self.hashtag(i),
            Kind::Word if self.is_code(i) => self.code(i).or_else(|| self.name(i)),
            Kind::Word if self.may_be_name(i) => self.name(i),
            _ => None,
        }
    }

    fn name(&self, i: usize) -> Option<Mention> {
        let windows = self.windows(i);
        let exact = self.given(&windows, i);
        let formal = self.has_title(i, HONORIFIC) && exact.as_ref().is_none_or(|m| m.how > How::Full);
        if !formal && exact.as_ref().is_some_and(|m| m.in_scope > 0) {
            return exact;
        }
        let family = self.family(&windows, i);
        if formal
            && family.as_ref().is_none_or(|m| m.in_scope == 0)
            && exact.as_ref().is_some_and(|m| m.in_scope > 0)
        {
            return exact;
        }
        if let Some(family) = family
            .as_ref()
            .filter(|m| m.in_scope > 0 && (m.titled || m.initial || m.how == How::Full))
        {
            return Some(family.clone());
        }
        let token = self.tokens.at(i);
        let likely = self.is_name_like(i);
        let near = self
            .inflected(i)
            .or_else(|| likely.then(|| self.similar(i)).flatten());
        let near = near.or_else(|| likely.then(|| self.run_together(i)).flatten());
        if near.as_ref().is_some_and(|m| m.in_scope > 0) {
            return near;
        }
        let family = family.filter(|m| likely || m.how == How::Full || token.capital);
        family.filter(|m| m.in_scope > 0).or(exact)
    }

    /// Hashes of the windows of 1 to 4 tokens from `i`, as (end, hash).
    fn windows(&self, i: usize) -> Vec<(usize, u64)> {
        let mut windows = Vec::with_capacity(4);
        let mut hash = self.tokens.at(i).hash;
        let mut last = i;
        windows.push((i + 1, hash));
        while windows.len() < 4 {
            let Some(next) = self.joined(last) else { break };
            hash = hash_key(hash, self.tokens.key(self.tokens.at(next)));
            windows.push((next + 1, hash));
            last = next;
        }
        windows
    }

    /// The token that goes on a name behind the one at `i`: joined by a hyphen, a space, or the stop of an abbreviation.
    fn joined(&self, i: usize) -> Option<usize> {
        let token = self.tokens.at(i);
        if token.possessive {
            return None;
        }
        let mut next = i + 1;
        if self.tokens.at(next).is_mark('.') && self.tokens.is_abbreviation(next) {
            next += 1;
        }
        let after = self.tokens.at(next);
        let near = after.is_word() && after.start <= self.tokens.at(next - 1).end + 1;
        let named = token.glued
            || after.capital
            || (!after.is(WORD) && !token.capital)
            || !after.is(WORD | FUNCTION)
            || after.is(PARTICLE);
        (near && named).then_some(next)
    }

    /// By given name, preferred name or alias, together with a family name or initial if one follows.
    fn given(&self, windows: &[(usize, u64)], i: usize) -> Option<Mention> {
        let mut best: Option<Mention> = None;
        for (end, hash) in windows.iter().rev() {
            let Some(form) = self.roster.names.given(*hash).filter(|f| !f.posts.is_empty()) else {
                continue;
            };
            if let Some(full) = self.with_family(i, *end, form) {
                return Some(full);
            }
            let found = self
                .found(i, *end, How::Given, form)
                .map(|m| self.with_initial(m));
            if let Some(found) =
                found.filter(|f| best.as_ref().is_none_or(|b| b.in_scope == 0 && f.in_scope > 0))
            {
                best = Some(found);
            }
        }
        best
    }

    pub(super) fn with_family(&self, start: usize, end: usize, given: &Form) -> Option<Mention> {
        let first = self.joined(end - 1)?;
        for (end, hash) in self.windows(first).iter().rev() {
            let Some(family) = self.roster.names.family(*hash) else {
                continue;
            };
            let both = self.together(given, family);
            if !both.is_empty() {
                return Some(full(start, *end, both));
            }
        }
        None
    }

    /// People who bear both names, those in scope only if there are any.
    pub(super) fn together(&self, one: &Form, other: &Form) -> Vec<Bearer> {
        let (short, long) = if one.posts.len() < other.posts.len() {
            (one, other)
        } else {
            (other, one)
        };
        let sites = match self.scope {
            Scope::All => &[][..],
            Scope::Sites(sites) => sites,
        };
        let all = self.scope.is_everywhere();
        let mut both: Vec<Bearer> = Vec::new();
        for post in short.posts.iter().filter(|p| long.posts.binary_search(p).is_ok()) {
            let in_scope = all || sites.binary_search(&post.site).is_ok();
            if both.last().is_none_or(|b| b.staff != post.staff) && both.len() < MOST_BEARERS {
                both.push(Bearer {
                    staff: post.staff,
                    in_scope,
                    fit: 0.0,
                });
            }
        }
        if both.iter().any(|b| b.in_scope) {
            both.retain(|b| b.in_scope);
        }
        both
    }

    /// "Lisa J.": only those whose family name begins so, if there are any. Also takes up a misspelt family name.
    pub(super) fn with_initial(&self, mut mention: Mention) -> Mention {
        let Some(next) = self.joined(mention.end - 1) else {
            return mention;
        };
        let key = self.tokens.key(self.tokens.at(next));
        let single = self.tokens.at(next).capital && key.chars().count() == 1;
        let fits = |b: &&Bearer| {
            self.family_forms(b.staff).any(|f| {
                if single {
                    f.starts_with(key)
                } else {
                    is_near(key, f)
                }
            })
        };
        let fitting: Vec<Bearer> = mention.bearers.iter().filter(fits).copied().collect();
        if !fitting.is_empty() && (single || self.tokens.at(next).capital) {
            mention.in_scope = fitting.iter().filter(|b| b.in_scope).count();
            mention.bearers = fitting;
            mention.initial = true;
            mention.end = next + 1;
            if !single {
                mention.how = How::Full;
            }
        }
        mention
    }

    fn family_forms(&self, staff: u32) -> impl Iterator<Item = &str> {
        let person = self.roster.people.get(staff);
        let forms = person.into_iter().flat_map(|p| p.forms.iter());
        forms
            .filter_map(|f| self.roster.names.get(*f))
            .filter(|f| f.family)
            .map(|f| &*f.key)
    }

    /// By family name: titled, behind an initial, before the given name, or bare.
    fn family(&self, windows: &[(usize, u64)], i: usize) -> Option<Mention> {
        let (end, form) = windows.iter().rev().find_map(|(end, hash)| {
            self.roster
                .names
                .family(*hash)
                .filter(|f| !f.posts.is_empty())
                .map(|form| (*end, form))
        })?;
        if let Some(next) = self.joined(end - 1) {
            for (end, hash) in self.windows(next).iter().rev() {
                let both = self
                    .roster
                    .names
                    .given(*hash)
                    .map(|given| self.together(given, form));
                if let Some(both) = both.filter(|b| !b.is_empty()) {
                    return Some(full(i, *end, both));
                }
            }
        }
        let mut mention = self.found(i, end, How::Family, form)?;
        mention.titled = self.is_titled(i);
        self.keep_initial(&mut mention);
        Some(mention)
    }

    /// A title stands before the name ("Dr. Singh", "Frau von Berg"), behind it ("Ahmet Bey"), or before the first of
    /// a list ("Dr. Iseke und Obst").
    pub(crate) fn is_titled(&self, i: usize) -> bool {
        self.has_title(i, HONORIFIC | TITLE_GIVEN)
    }

    fn has_title(&self, i: usize, title: Class) -> bool {
        let behind = self.tokens.at(i + 1);
        if behind.is(TITLE_AFTER) && title.is(HONORIFIC) && !behind.is(HONORIFIC) {
            return true;
        }
        let mut at = i;
        for _ in 0..6 {
            let before = self.tokens.before(at, 1);
            if before.is(title) && !before.ends_phrase(title) {
                return true;
            }
            let skips = before.is_mark('.') && self.tokens.before(at, 2).is(title)
                || before.is_word() && before.is(PARTICLE) && !before.is(title)
                || before.is(AND) && self.tokens.before(at, 2).capital && !self.tokens.before(at, 2).is(WORD)
                || before.is_mark(',') && self.tokens.before(at, 2).capital && self.tokens.at(at).capital
                || before.is_word() && before.capital && !before.is(WORD) && self.tokens.at(at).is(AND);
            if !skips {
                return false;
            }
            at -= 1;
        }
        false
    }

    /// "C. Evans": only those whose given name begins so.
    fn keep_initial(&self, mention: &mut Mention) {
        let back = if self.tokens.before(mention.start, 1).is_mark('.') {
            2
        } else {
            1
        };
        let before = self.tokens.before(mention.start, back);
        let key = self.tokens.key(before);
        if !before.is_word() || !before.capital || key.chars().count() != 1 || key == "i" {
            return;
        }
        let person = |b: &&Bearer| self.roster.people.get(b.staff);
        let fits = |b: &&Bearer| {
            let forms = person(b)
                .into_iter()
                .flat_map(|p| p.forms.iter())
                .filter_map(|f| self.roster.names.get(*f));
            forms.into_iter().any(|f| !f.family && f.key.starts_with(key))
        };
        let fitting: Vec<Bearer> = mention.bearers.iter().filter(fits).copied().collect();
        if !fitting.is_empty() {
            mention.in_scope = fitting.iter().filter(|b| b.in_scope).count();
            mention.bearers = fitting;
            mention.initial = true;
            mention.start -= back;
        }
    }

    pub(super) fn found(&self, start: usize, end: usize, how: How, form: &Form) -> Option<Mention> {
        let bearers = self.roster.bearers(form, self.scope, MOST_BEARERS);
        let list: Vec<Bearer> = bearers
            .list
            .iter()
            .map(|(staff, in_scope)| Bearer {
                staff: *staff,
                in_scope: *in_scope,
                fit: 0.0,
            })
            .collect();
        (!list.is_empty()).then(|| mention(start, end, how, list, bearers.in_scope, bearers.total))
    }
}

fn is_near(key: &str, form: &str) -> bool {
    let most = if key.len() >= 8 { 2 } else { 1 };
    key.len() > 3 && key.is_ascii() && form.is_ascii() && distance(key, form, most) <= most
}

pub(super) fn mention(
    start: usize,
    end: usize,
    how: How,
    bearers: Vec<Bearer>,
    in_scope: usize,
    total: usize,
) -> Mention {
    Mention {
        start,
        end,
        how,
        bearers,
        in_scope,
        total,
        initial: false,
        titled: false,
        hint: false,
    }
}

pub(super) fn full(start: usize, end: usize, bearers: Vec<Bearer>) -> Mention {
    let in_scope = bearers.iter().filter(|b| b.in_scope).count();
    let total = bearers.len();
    mention(start, end, How::Full, bearers, in_scope, total)
}
