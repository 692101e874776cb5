//! The tone of clauses: words and phrases with their strengtheners and negations, in the manner of VADER (Hutto and
//! Gilbert, ICWSM 2014), but per clause and without the names in it.

use crate::text::clause::Clause;
use crate::text::lexicon::{
    COMPLAINT, CONDITIONAL, FAIL, GREETING, HONORIFIC, Lexicon, MOOD, NEGATOR, RESOLVE, THAN, THANKS,
    TITLE_GIVEN, TROUBLE,
};
use crate::text::token::{Kind, Tokens};

/// What a negation leaves of a word's tone (VADER's constant).
const NEGATED: f32 = -0.74;

/// How many tokens of a letter are looked at.
const LETTER: usize = 120;

/// Tone of "cannot thank her enough" and the like.
const CANNOT_ENOUGH: f32 = 3.0;

/// Tone of one clause.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClauseTone {
    /// Praise in it, 0 to 1.
    pub(crate) praise: f64,
    /// Complaint in it, 0 to 1.
    pub(crate) complaint: f64,
    /// Strength of the strongest praising phrase, 0 to about 1.
    pub(crate) phrase: f64,
    /// Something went wrong: lost, cancelled, refused.
    pub(crate) failure: bool,
    /// "if", "should have", "wish".
    pub(crate) conditional: bool,
}

/// Signed tone of each token, with phrases counted on their first word.
pub(crate) struct Tones {
    pub(crate) tokens: Vec<f32>,
    named: Vec<bool>,
    phrases: Vec<f32>,
}

impl Tones {
    /// Scores all tokens; those that are `named` (part of a mention) say nothing.
    pub(crate) fn new(tokens: &Tokens, clauses: &[Clause], mut named: Vec<bool>) -> Tones {
        silence_greetings(tokens, &mut named);
        let mut tones = Tones {
            tokens: vec![0.0; tokens.len()],
            named,
            phrases: vec![0.0; tokens.len()],
        };
        for clause in clauses {
            tones.score(tokens, clause);
        }
        tones
    }

    fn score(&mut self, tokens: &Tokens, clause: &Clause) {
        let enough = cannot_enough(tokens, clause);
        let mut i = clause.start;
        // A negation inside a phrase does not reach beyond it: "could not have been more helpful".
        let mut from = clause.start;
        while i < clause.end {
            if self.is_named(i) {
                i += 1;
                continue;
            }
            if let Some((tone, length)) = phrase_at(tokens, i) {
                let negated = !enough && is_negated(tokens, from, i);
                // "No one explains better than Ann" is none.
                let compares = tokens.range(i, i + length).iter().any(|t| t.is(THAN));
                let tone = match (negated && !(compares && length > 1), length) {
                    (false, _) => tone,
                    (true, 1) => tone * NEGATED,
                    // "He never went out of his way": no praise, but no complaint either.
                    (true, _) => tone.min(0.0),
                };
                self.put(i, tone, true);
                i += length;
                from = if length > 1 { i } else { from };
            } else {
                let tone = word_tone(tokens, from, i);
                let tone = if enough && tokens.is_any(i, &["enough"]) {
                    CANNOT_ENOUGH
                } else {
                    tone
                };
                self.put(i, if enough { tone.abs() } else { tone }, false);
                i += 1;
            }
        }
    }

    fn is_named(&self, i: usize) -> bool {
        self.named.get(i).copied().unwrap_or(false)
    }

    fn put(&mut self, i: usize, tone: f32, phrase: bool) {
        if let Some(slot) = self.tokens.get_mut(i) {
            *slot = tone;
        }
        if phrase && let Some(slot) = self.phrases.get_mut(i) {
            *slot = tone;
        }
    }

    /// Praise and complaint between two tokens, each 0 to 1.
    pub(crate) fn between(&self, start: usize, end: usize) -> (f64, f64) {
        let end = end.min(self.tokens.len());
        let part = self.tokens.get(start.min(end)..end).unwrap_or_default();
        let praise: f32 = part.iter().filter(|t| **t > 0.0).sum();
        let complaint: f32 = part.iter().filter(|t| **t < 0.0).sum();
        (share(praise), share(-complaint))
    }

    /// Praise from a token on, some way, beside mere thanks, 0 to 1.
    pub(crate) fn beyond_thanks(&self, tokens: &Tokens, start: usize) -> f64 {
        let toned = self.tokens.iter().enumerate().skip(start).take(LETTER);
        let praise: f32 = toned
            .filter(|(i, tone)| **tone > 0.0 && !tokens.at(*i).is(THANKS))
            .map(|(_, tone)| tone)
            .sum();
        share(praise)
    }

    /// Tone of a clause.
    pub(crate) fn clause(&self, tokens: &Tokens, clause: &Clause) -> ClauseTone {
        let (praise, complaint) = self.between(clause.start, clause.end);
        let phrases = self
            .phrases
            .get(clause.start..clause.end.min(self.phrases.len()))
            .unwrap_or_default();
        let plain = |i: &usize| !self.is_named(*i);
        let words = || (clause.start..clause.end).filter(plain).map(|i| tokens.at(i));
        ClauseTone {
            praise,
            complaint,
            phrase: f64::from(phrases.iter().fold(0f32, |a, b| a.max(*b)) / 3.0),
            failure: (clause.start..clause.end)
                .filter(plain)
                .any(|i| tokens.at(i).is(FAIL) && !is_resolved(tokens, clause.start, i)),
            conditional: words().any(|t| t.is(CONDITIONAL) && tokens.key(t) != "wish")
                || wishes(tokens, clause),
        }
    }
}

/// "Dear Ann", "Gentile Dott.ssa Rossi", "Boa tarde Rui": whoever is greeted is not called dear or kind.
fn silence_greetings(tokens: &Tokens, named: &mut [bool]) {
    for i in (0..named.len()).filter(|i| tokens.at(*i).is(GREETING)) {
        let first = if tokens.begins_sentence(i) {
            i
        } else {
            i.saturating_sub(1)
        };
        let mut next = i + 1;
        while next < i + 4 && (tokens.at(next).is(HONORIFIC | TITLE_GIVEN) || tokens.at(next).is_mark('.')) {
            next += 1;
        }
        let greets = tokens.begins_sentence(first) && named.get(next).copied().unwrap_or(false);
        if let Some(greeting) = named.get_mut(first..=i).filter(|_| greets) {
            greeting.fill(true);
        }
    }
}

/// "I wish she had been kinder", not "I wish Andy every success".
fn wishes(tokens: &Tokens, clause: &Clause) -> bool {
    let unreal = ["had", "was", "were", "would", "could", "didnt", "hadnt", "wasnt"];
    let Some(wish) = (clause.start..clause.end).find(|i| tokens.is_any(*i, &["wish"])) else {
        return false;
    };
    (wish + 1..clause.end.min(wish + 8)).any(|i| tokens.is_any(i, &unreal))
}

/// "I can't thank Rob enough", "could not recommend them highly enough": praise, whatever its words.
fn cannot_enough(tokens: &Tokens, clause: &Clause) -> bool {
    let cannot = |i: usize| {
        tokens.is_any(i, &["cant", "cannot", "couldnt"])
            || (tokens.is_any(i, &["can", "could"]) && tokens.is_any(i + 1, &["not", "never"]))
    };
    let Some(at) = (clause.start..clause.end).find(|i| cannot(*i)) else {
        return false;
    };
    let praises = [
        "thank",
        "praise",
        "recommend",
        "say",
        "express",
        "stress",
        "do",
        "compliment",
        "commend",
    ];
    (at + 1..=at + 3).any(|i| tokens.is_any(i, &praises))
        && (at..clause.end).any(|i| tokens.is_any(i, &["enough"]))
}

/// Sums of tones grow without bound; their share does not (VADER's normalisation with a smaller constant).
fn share(sum: f32) -> f64 {
    f64::from(sum / (sum * sum + 6.0).sqrt())
}

/// The phrase that begins at `i`: its tone and length in tokens.
fn phrase_at(tokens: &Tokens, i: usize) -> Option<(f32, usize)> {
    let idioms = &tokens.at(i).word.idioms;
    let fits = |rest: &[u64]| {
        rest.iter()
            .zip(i + 1..)
            .all(|(hash, at)| tokens.at(at).hash == *hash)
    };
    idioms
        .iter()
        .filter_map(|idiom| idiom.tone.map(|tone| (tone, &idiom.rest)))
        .find(|(_, rest)| fits(rest))
        .map(|(tone, rest)| (tone, rest.len() + 1))
}

fn word_tone(tokens: &Tokens, start: usize, i: usize) -> f32 {
    let token = tokens.at(i);
    let mut tone = match token.kind {
        Kind::Word | Kind::Emoji => token.word.tone,
        Kind::Hashtag => tag_tone(tokens.key(token)),
        _ => 0.0,
    };
    if tone == 0.0 || (tone < 0.0 && is_resolved(tokens, start, i)) {
        return 0.0;
    }
    for back in 1..=3.min(i - start) {
        let boost = tokens.before(i, back).word.boost;
        tone += tone.signum() * boost * (1.0 - 0.05 * (back as f32 - 1.0));
    }
    if token.upper && token.end - token.start > 2 {
        tone += tone.signum() * 0.5;
    }
    if is_negated(tokens, start, i) {
        // Who "didn't laugh" is not blamed for it.
        if token.is(MOOD) { 0.0 } else { tone * NEGATED }
    } else {
        tone
    }
}

/// "sorted out my refund", "helped me with a broken key": what was put right is no complaint.
pub(super) fn is_resolved(tokens: &Tokens, start: usize, i: usize) -> bool {
    let near = 1..=4.min(i.saturating_sub(start));
    tokens.at(i).is(COMPLAINT | TROUBLE)
        && near.clone().any(|back| tokens.before(i, back).is(RESOLVE))
        && !near.clone().any(|back| tokens.before(i, back).is(NEGATOR))
}

/// Is there a negation up to four words before, inside the clause, that is not "not only"?
fn is_negated(tokens: &Tokens, start: usize, i: usize) -> bool {
    for back in 1..=4.min(i - start) {
        let token = tokens.before(i, back);
        if token.is_mark(',') {
            return false;
        }
        if token.is(NEGATOR) {
            let lead = tokens.is_any(i - back + 1, &["only", "just"]);
            return !lead;
        }
    }
    false
}

/// "#greatservice", "#rude": the first word with a tone inside a hashtag.
fn tag_tone(key: &str) -> f32 {
    let lexicon = Lexicon::shipped();
    let words = [
        "thank",
        "great",
        "awesome",
        "best",
        "rock",
        "kudos",
        "love",
        "amazing",
        "excellent",
        "outstanding",
        "hero",
        "fail",
        "worst",
        "rude",
        "bad",
        "terrible",
        "horrible",
        "professional",
        "pathetic",
        "scam",
        "poor",
    ];
    let found = words.iter().find(|w| key.contains(**w));
    found.map_or(0.0, |w| lexicon.word(crate::text::hash_key(0, w)).tone)
}
