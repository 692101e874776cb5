//! The words around a name, by where they stand: what no list of words foresees is learnt from them.

use super::entity::Entity;
use super::reading::Reading;
use crate::text::clause::Clause;
use crate::text::hash_key;
use crate::text::lexicon::{
    AND, BY, CONTRAST, COPULA, FAIL, HONORIFIC, KIN, MANNER, NAMED, NEGATOR, ONLY, PERSON, PRONOUN, ROLE,
    SELF, SERVICE, TEAM, THANKS, THING, VENUE, VERB,
};
use crate::text::token::{Kind, Token};

/// Slots that words share; a power of two.
pub const SLOTS: usize = 1 << 17;

/// Words farther from a name than this say nothing.
const FARTHEST: usize = 60;
/// Letters that a word shares with its inflected forms.
const STEM: usize = 5;
/// Tone from which on a word praises or blames.
const TELLING: f32 = 0.5;
/// Words around such a word that say what it is said of.
const BESIDE: usize = 4;
/// Most mentions of one person that are looked at.
const MOST: usize = 4;

/// How a word stands to a name.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Clause,
    Sentence,
    Next,
    Far,
}

/// Hashes of the words around a person, sorted, each once; [`SLOTS`] of them share a weight.
pub(super) fn slots(reading: &Reading, entity: &Entity) -> Vec<u32> {
    let mut found = Vec::with_capacity(256);
    for mention in entity.mentions.iter().filter(|m| m.end > m.start).take(MOST) {
        let (start, end) = reading.list_around(mention.start, mention.end);
        Window {
            reading,
            start,
            end,
            found: &mut found,
        }
        .look();
    }
    // Whom the source or the form names: the text is read as if the name stood before it.
    if entity.mentions.iter().all(|m| m.end == m.start) {
        Window {
            reading,
            start: 0,
            end: 0,
            found: &mut found,
        }
        .look();
    }
    found.sort_unstable();
    found.dedup();
    found
}

struct Window<'a, 'r> {
    reading: &'a Reading<'r>,
    start: usize,
    end: usize,
    found: &'a mut Vec<u32>,
}

impl Window<'_, '_> {
    fn look(&mut self) {
        let own = self.reading.clause_of(self.start);
        let clause = self.reading.clauses.get(own).cloned().unwrap_or_default();
        let from = self.start.saturating_sub(FARTHEST);
        let to = (self.end + FARTHEST).min(self.reading.tokens().len());
        let mut named = self.reading.named_spans.partition_point(|(_, end)| *end <= from);
        let mut at = self.reading.clause_of(from);
        for i in from..to {
            while self.reading.clauses.get(at).is_some_and(|c| c.end <= i) {
                at += 1;
            }
            while self
                .reading
                .named_spans
                .get(named)
                .is_some_and(|(_, end)| *end <= i)
            {
                named += 1;
            }
            let is_name = self
                .reading
                .named_spans
                .get(named)
                .is_some_and(|(start, _)| *start <= i);
            let token = self.reading.tokens().at(i);
            let inside = (self.start..self.end).contains(&i);
            if inside
                || is_name
                || !matches!(
                    token.kind,
                    Kind::Word | Kind::Emoji | Kind::Mark('!' | '?' | ',' | ':')
                )
            {
                continue;
            }
            let place = self
                .reading
                .clauses
                .get(at)
                .map_or(Place::Far, |c| place(&clause, own, c, at));
            self.word(i, place);
        }
        if self.end > self.start {
            self.pattern();
            self.claims();
        }
    }

    /// The words right around the name, together: "NAME checked us in", "thanks to NAME".
    fn pattern(&mut self) {
        let before = |back: usize| self.symbol(self.start.checked_sub(back));
        let behind = |on: usize| self.symbol(Some(self.end + on));
        let (b3, b2, b1) = (before(3), before(2), before(1));
        let (a0, a1, a2) = (behind(0), behind(1), behind(2));
        for (spot, (one, two)) in [(b2, b1), (a0, a1), (b1, a0), (a1, a2)].into_iter().enumerate() {
            let mixed = [(one.0, two.0), (one.1, two.0), (one.0, two.1), (one.1, two.1)];
            for (kind, (x, y)) in mixed.into_iter().enumerate() {
                self.put(8, (spot as u64) << 2 | kind as u64, x.rotate_left(17) ^ y);
            }
        }
        for (spot, (x, y, z)) in [(b3, b2, b1), (b2, b1, a0), (b1, a0, a1), (a0, a1, a2)]
            .into_iter()
            .enumerate()
        {
            self.put(10, spot as u64, x.0.rotate_left(34) ^ y.0.rotate_left(17) ^ z.0);
            self.put(11, spot as u64, x.1.rotate_left(34) ^ y.1.rotate_left(17) ^ z.1);
        }
    }

    /// A word, and the part it plays; names and what is no word have numbers of their own.
    fn symbol(&self, at: Option<usize>) -> (u64, u64) {
        let tokens = self.reading.tokens();
        let Some(at) = at.filter(|at| *at < tokens.len()) else {
            return (1, 1);
        };
        if self.reading.is_in_name(at) {
            return (2, 2);
        }
        let token = tokens.at(at);
        let other = match token.kind {
            Kind::Word if token.capital => 41,
            Kind::Word => 40,
            Kind::Emoji => 42,
            _ => 43,
        };
        (token.hash, 100 + part(token).unwrap_or(other))
    }

    /// Words of praise and blame in the sentence, by what stands between them and the name.
    fn claims(&mut self) {
        let (reading, start, end) = (self.reading, self.start, self.end);
        let sentence = |token: usize| {
            let clause = reading.clauses.get(reading.clause_of(token));
            clause.map(|c| c.sentence)
        };
        let to = (end + FARTHEST).min(reading.tokens().len());
        for i in (start.saturating_sub(FARTHEST)..start).chain(end..to) {
            let tone = reading.tones.tokens.get(i).copied().unwrap_or(0.0);
            if tone.abs() >= TELLING && sentence(i) == sentence(start) {
                self.claim(i, tone < 0.0);
            }
        }
    }

    fn claim(&mut self, i: usize, blames: bool) {
        let (reading, start, end) = (self.reading, self.start, self.end);
        let tokens = reading.tokens();
        let (low, high) = if i < start { (i + 1, start) } else { (end, i) };
        let between = tokens.range(low, high);
        let beside = tokens.range(i.saturating_sub(BESIDE), i + BESIDE + 1);
        let facts = [
            i < start,
            blames,
            reading.clause_of(i) == reading.clause_of(start),
            between.iter().any(|t| t.is(THING)),
            between.iter().any(|t| t.is(CONTRAST)),
            (low..high).any(|k| reading.is_in_name(k)),
            beside.iter().any(|t| t.is(THING)),
        ];
        let bits = facts.iter().fold(0, |bits, fact| bits << 1 | u64::from(*fact));
        let far = match high - low {
            0..=2 => 0,
            3..=6 => 1,
            7..=14 => 2,
            _ => 3,
        };
        self.put(12, 0, bits);
        self.put(13, far, bits);
    }

    fn word(&mut self, i: usize, place: Place) {
        let tokens = self.reading.tokens();
        let token = tokens.at(i);
        let behind = i >= self.end;
        let distance = if behind { i - self.end } else { self.start - 1 - i };
        let side = u64::from(behind);
        let spot = (place as u64) << 1 | side;
        self.put(1, spot, token.hash);
        self.put(2, 0, token.hash);
        if distance < 3 {
            self.put(3, (distance as u64) << 1 | side, token.hash);
        }
        if let Some(part) = part(token) {
            self.put(4, spot, part);
            if distance < 3 {
                self.put(5, (distance as u64) << 1 | side, part);
            }
        }
        // Inflected forms share what their first letters say.
        if matches!(place, Place::Clause | Place::Sentence) && token.is_word() {
            let key = tokens.key(token);
            let stem = key.char_indices().nth(STEM).map(|(at, _)| at);
            if let Some(stem) = stem.and_then(|at| key.get(..at)) {
                self.put(7, spot, hash_key(0, stem));
            }
        }
        let next = tokens.at(i + 1);
        if matches!(place, Place::Clause | Place::Sentence) && i + 1 != self.start && next.is_word() {
            self.put(6, 0, token.hash.rotate_left(17) ^ next.hash);
        }
    }

    fn put(&mut self, kind: u64, spot: u64, what: u64) {
        let mixed = (what ^ (kind << 8 | spot).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .wrapping_mul(0xff51_afd7_ed55_8ccd);
        self.found.push((mixed >> 32) as u32);
    }
}

fn place(own: &Clause, index: usize, clause: &Clause, at: usize) -> Place {
    if at == index || (at == index + 1 && clause.continues && clause.sentence == own.sentence) {
        Place::Clause
    } else if clause.sentence == own.sentence {
        Place::Sentence
    } else if clause.sentence == own.sentence + 1 {
        Place::Next
    } else {
        Place::Far
    }
}

/// The part a word plays, the same in every language.
fn part(token: &Token) -> Option<u64> {
    let tone = token.word.tone;
    let parts = [
        (NEGATOR, 1),
        (FAIL, 2),
        (CONTRAST, 3),
        (ONLY, 4),
        (THANKS, 5),
        (ROLE, 6),
        (THING, 7),
        (MANNER, 8),
        (COPULA, 9),
        (VERB, 10),
        (PRONOUN, 11),
        (SELF, 12),
        (BY, 13),
        (HONORIFIC, 14),
        (SERVICE, 15),
        (TEAM, 16),
        (NAMED, 17),
        (KIN, 18),
        (VENUE, 19),
        (PERSON, 20),
        (AND, 21),
    ];
    let strong = match tone {
        t if t > 2.0 => Some(30),
        t if t > 0.5 => Some(31),
        t if t < -2.0 => Some(32),
        t if t < -0.5 => Some(33),
        _ => None,
    };
    strong.or_else(|| {
        parts
            .iter()
            .find(|(class, _)| token.is(*class))
            .map(|(_, part)| *part)
    })
}
