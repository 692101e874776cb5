//! A text read once: tokens, clauses, tones, and what holds of the text as a whole.

use uuid::Uuid;

use super::comment::{Comment, Tone};
use super::entity::Entity;
use super::language::{foreign_share, share};
use super::mention::{Finder, How};
use super::reply::quoted_replies;
use super::tone::{ClauseTone, Tones, is_resolved};
use crate::text::clause::{Clause, clauses};
use crate::text::lexicon::{
    AND, ARTICLE, ARTICLE_NAME, COMPLAINT, FAIL, FUNCTION, HONORIFIC, KIN, LINK, NEGATOR, PARTICLE, PRONOUN,
    ROLE, SERVICE, TEAM, THANKS, TITLE_AFTER, TITLE_GIVEN, WORD,
};
use crate::text::speech::ENGLISH;
use crate::text::token::{Kind, Token, Tokens};
use crate::text::{hash_key, normal_form};

/// How far from a name words count as close, in tokens.
const CLOSE: usize = 7;

/// How far from a clause's start what is said of a person is looked at, in tokens: texts without stops must not cost
/// more than others.
const FARTHEST: usize = 120;

/// Names that a list may hold on either side of one.
const LONGEST_LIST: usize = 12;

/// As many names of one list that colleagues of one site bear are no chance.
const COLLEAGUES: usize = 3;

/// As many words tell that a text is not English.
const UNKNOWN_WORDS: usize = 4;

/// Words from which on a text is not short.
const LONG: f64 = 40.0;

/// A tone from which a word is a strong complaint.
const OUTRAGE: f32 = -2.4;

/// What is known of a text before anybody in it is judged.
pub(crate) struct Reading<'a> {
    pub(crate) finder: &'a Finder<'a>,
    pub(crate) clauses: Vec<Clause>,
    pub(crate) clause_tones: Vec<ClauseTone>,
    pub(crate) tones: Tones,
    /// Token stretches of all mentions.
    pub(crate) named_spans: Vec<(usize, usize)>,
    /// Where those of them begin that name exactly one colleague of the site, in order.
    colleagues: Vec<usize>,
    /// For each clause: does a mention stand in it?
    pub(crate) has_mention: Vec<bool>,
    /// Keys of the customer's own names.
    pub(crate) author: Vec<u64>,
    /// Stretches that quote a reply.
    quoted: Vec<(usize, usize)>,
    /// The score, 0 to 1.
    pub(crate) score: Option<f64>,
    /// The text speaks of staff, service, or a job.
    pub(crate) speaks_of_staff: bool,
    /// How little of the text is English, 0 to 1.
    pub(crate) foreign: f64,
    /// The text says "she" or "he" somewhere.
    pub(crate) she_or_he: bool,
    /// The text is written in capitals.
    pub(crate) shouts: bool,
    lower_case: bool,
    gibberish: bool,
    /// How short the text is, 0 (long) to 1.
    pub(crate) brevity: f64,
    /// Praise and complaint of the text as a whole, each 0 to 1, and their balance over the clauses, -1 to 1.
    pub(crate) praise: f64,
    pub(crate) complaint: f64,
    pub(crate) balance: f64,
    /// Words that complaints are made of, 0 to 1.
    pub(crate) grievance: f64,
    /// Strong words of complaint, 0 to 1.
    pub(crate) outrage: f64,
    /// An eye-roll or the like.
    pub(crate) mocks: bool,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(finder: &'a Finder<'a>, comment: &Comment, entities: &[Entity]) -> Reading<'a> {
        let tokens = finder.tokens;
        let mut named_spans: Vec<(usize, usize)> = entities
            .iter()
            .flat_map(|e| &e.mentions)
            .filter(|m| m.end > m.start)
            .map(|m| (m.start, m.end))
            .collect();
        named_spans.sort_unstable();
        let certain = entities.iter().filter(|e| e.in_scope == 1 && e.how <= How::Given);
        let mut colleagues: Vec<usize> = certain.flat_map(|e| &e.mentions).map(|m| m.start).collect();
        colleagues.sort_unstable();
        let mut named = vec![false; tokens.len()];
        for (start, end) in &named_spans {
            named.iter_mut().take(*end).skip(*start).for_each(|n| *n = true);
        }
        let clauses = clauses(tokens);
        let tones = Tones::new(tokens, &clauses, named);
        let clause_tones: Vec<ClauseTone> = clauses.iter().map(|c| tones.clause(tokens, c)).collect();
        let mut has_mention = vec![false; clauses.len()];
        for (start, _) in &named_spans {
            if let Some(slot) = has_mention.get_mut(clause_at(&clauses, *start)) {
                *slot = true;
            }
        }
        let mut reading = Reading {
            finder,
            author: author_keys(comment.author),
            quoted: quoted_replies(tokens),
            score: comment.score.filter(|s| s.is_finite()).map(|s| s.clamp(0.0, 1.0)),
            grievance: grievance(tokens, &clauses),
            speaks_of_staff: tokens.iter().any(|t| t.is(ROLE | TEAM | SERVICE)),
            foreign: foreign_share(tokens),
            she_or_he: tokens
                .iter()
                .any(|t| t.is(PRONOUN) && !matches!(tokens.key(t), "they" | "them" | "their" | "theyre")),
            shouts: share(tokens, |t| t.upper) > 0.7,
            lower_case: share(tokens, |t| t.capital) < 0.04,
            brevity: (1.0 - tokens.iter().filter(|t| t.is_word()).count() as f64 / LONG).max(0.0),
            praise: 0.0,
            complaint: 0.0,
            balance: 0.0,
            gibberish: false,
            outrage: (tones.tokens.iter().filter(|t| **t <= OUTRAGE).count() as f64 / 3.0).min(1.0),
            mocks: tokens
                .iter()
                .any(|t| t.kind == Kind::Emoji && matches!(tokens.key(t), "🙄" | "😒" | "🙃")),
            clauses,
            clause_tones,
            tones,
            named_spans,
            colleagues,
            has_mention,
        };
        reading.sum_up();
        reading.gibberish = reading.hardly_english();
        reading
    }

    fn sum_up(&mut self) {
        let praise = self.clause_tones.iter().map(|t| t.praise).fold(0.0, f64::max);
        let complaint = self.clause_tones.iter().map(|t| t.complaint).fold(0.0, f64::max);
        let (plus, minus) = self
            .clause_tones
            .iter()
            .fold((0.0, 0.0), |(p, m), t| (p + t.praise, m + t.complaint));
        self.praise = praise;
        self.complaint = complaint;
        self.balance = (plus - minus) / (plus + minus + 0.5);
    }

    pub(crate) fn tokens(&self) -> &'a Tokens {
        self.finder.tokens
    }

    /// Index of the clause that holds a token.
    pub(crate) fn clause_of(&self, token: usize) -> usize {
        clause_at(&self.clauses, token)
    }

    pub(crate) fn tone_of(&self, clause: usize) -> ClauseTone {
        self.clause_tones.get(clause).cloned().unwrap_or_default()
    }

    /// Praise and complaint within a few words, inside the sentence, up to a "but".
    pub(crate) fn near(&self, start: usize, end: usize) -> (f64, f64) {
        let clause = self.clause_of(start);
        let sentence = self.clauses.get(clause).map_or(0, |c| c.sentence);
        let turns = |i: usize| self.clauses.get(i).is_none_or(|c| c.contrast);
        let same = |i: usize| self.clauses.get(i).is_some_and(|c| c.sentence == sentence);
        let mut first = clause;
        while first > 0 && same(first - 1) && !turns(first) {
            first -= 1;
        }
        let mut last = clause;
        while same(last + 1) && !turns(last + 1) {
            last += 1;
        }
        let low = self
            .clauses
            .get(first)
            .map_or(0, |c| c.start)
            .max(start.saturating_sub(CLOSE));
        let high = self.clauses.get(last).map_or(end, |c| c.end).min(end + CLOSE);
        self.tones.between(low, high)
    }

    /// "thanks to Ann", "thank you so much Ann", "kudos to both Bob and Ann"
    pub(crate) fn is_thanked(&self, start: usize) -> bool {
        let tokens = self.tokens();
        let clause = self.clauses.get(self.clause_of(start)).map_or(0, |c| c.start);
        let far = start.saturating_sub(8).max(clause);
        let Some(thanks) = (far..start).rev().find(|i| tokens.at(*i).is(THANKS)) else {
            return false;
        };
        let between = tokens.range(thanks + 1, start);
        between.iter().all(|t| {
            t.is(LINK | AND | ARTICLE | ARTICLE_NAME | ROLE | THANKS)
                || t.word.boost != 0.0
                || t.capital && !t.is(WORD)
                || matches!(t.kind, Kind::Mark(',' | '&' | '.') | Kind::Handle)
                || t.is(HONORIFIC | TITLE_GIVEN | PARTICLE)
        })
    }

    /// Does the clause behind go on with "it"?
    pub(crate) fn goes_on_with_it(&self, clause: usize) -> bool {
        let Some(next) = self.clauses.get(clause + 1) else {
            return false;
        };
        (next.start..next.start + 2).any(|i| self.tokens().is_any(i, &["it", "its"]))
    }

    /// Where the clauses end that speak of a person named in `clause`.
    pub(crate) fn said_until(&self, clause: usize) -> usize {
        let mut last = clause;
        while last < clause + 3
            && self.clauses.get(last + 1).is_some_and(|c| c.continues)
            && !self.has_mention.get(last + 1).copied().unwrap_or(true)
        {
            last += 1;
        }
        let start = self.clauses.get(clause).map_or(0, |c| c.start);
        self.clauses.get(last).map_or(0, |c| c.end).min(start + FARTHEST)
    }

    /// Taken for English, which knows hardly a word of it.
    pub(crate) fn is_gibberish(&self) -> bool {
        self.gibberish
    }

    fn hardly_english(&self) -> bool {
        let tokens = self.tokens();
        let (mut all, mut known) = (0, 0);
        for i in (0..tokens.len().min(FARTHEST)).filter(|i| !self.is_in_name(*i)) {
            let token = tokens.at(i);
            if token.is_word() && token.language == ENGLISH {
                all += 1;
                known += usize::from(token.is(WORD | FUNCTION) || token.word.tone != 0.0);
            }
        }
        all >= UNKNOWN_WORDS && 3 * known <= all
    }

    /// Is the token part of a mention?
    pub(crate) fn is_in_name(&self, token: usize) -> bool {
        let at = self.named_spans.partition_point(|(_, end)| *end <= token);
        self.named_spans.get(at).is_some_and(|(start, _)| *start <= token)
    }

    /// Strength of the strongest praising phrase of the text.
    pub(crate) fn phrase(&self) -> f64 {
        self.clause_tones.iter().map(|t| t.phrase).fold(0.0, f64::max)
    }

    /// Share of the clauses in which something is negated or fails.
    pub(crate) fn negations(&self) -> f64 {
        let bad = |c: &&Clause| {
            self.tokens()
                .range(c.start, c.end)
                .iter()
                .any(|t| t.is(NEGATOR | FAIL) && !t.word.idioms.iter().any(|i| i.tone > Some(2.0)))
        };
        self.clauses.iter().filter(bad).count() as f64 / (self.clauses.len() as f64 + 1.0)
    }

    /// Tone of the first and of the last sentence, each -1 to 1.
    pub(crate) fn ends(&self) -> (f64, f64) {
        let tone = |sentence: usize| {
            let (plus, minus) = self
                .clauses
                .iter()
                .zip(&self.clause_tones)
                .filter(|(c, _)| c.sentence == sentence)
                .fold((0f64, 0f64), |(p, m), (_, t)| {
                    (p.max(t.praise), m.max(t.complaint))
                });
            plus - minus
        };
        let last = self.clauses.last().map_or(0, |c| c.sentence);
        (tone(0), tone(last))
    }

    /// From the first to the last name of the list that holds a mention: names joined by commas and "and".
    pub(crate) fn list_around(&self, start: usize, end: usize) -> (usize, usize) {
        let joins = |from: usize, to: usize| {
            let between = self.tokens().range(from, to);
            let link = |t: &Token| {
                t.capital && !t.is(WORD) && t.is_word()
                    || matches!(t.kind, Kind::Mark(',' | '&' | '/' | '+' | '.'))
                    || t.is(HONORIFIC | TITLE_GIVEN | TITLE_AFTER | AND | ARTICLE_NAME | ROLE)
                    || matches!(self.tokens().key(t), "also" | "especially" | "our")
                    || t.kind == Kind::Line
            };
            let parts =
                |t: &Token| matches!(t.kind, Kind::Mark(',' | '&' | '/' | '+') | Kind::Line) || t.is(AND);
            // "Fergus (bar), Marco (kitchen)": what stands in brackets is said of the one before.
            let opened = between.first().is_some_and(|t| t.is_mark('('));
            let closed = between.iter().position(|t| t.is_mark(')')).filter(|_| opened);
            let between = between.get(closed.map_or(0, |at| at + 1)..).unwrap_or_default();
            between.len() <= 4 && between.iter().all(link) && between.iter().any(parts)
        };
        let at = self.named_spans.partition_point(|(s, _)| *s < start);
        let (mut first, mut last) = (start, end);
        for (s, e) in self.named_spans.iter().take(at).rev().take(LONGEST_LIST) {
            if !joins(*e, first) {
                break;
            }
            first = *s;
        }
        for (s, e) in self.named_spans.iter().skip(at + 1).take(LONGEST_LIST) {
            if !joins(last, *s) {
                break;
            }
            last = *e;
        }
        (first, last)
    }

    /// Does a mention stand in a list of three colleagues or more? "My children Tom, Ben and Max" are none.
    pub(crate) fn is_among_colleagues(&self, start: usize, end: usize) -> bool {
        let (first, last) = self.list_around(start, end);
        let until = |token: usize| self.colleagues.partition_point(|start| *start < token);
        let related = (1..=3).any(|back| self.tokens().before(first, back).is(KIN));
        !related && until(last) - until(first) >= COLLEAGUES
    }

    pub(crate) fn is_quoted_reply(&self, token: usize) -> bool {
        self.quoted
            .iter()
            .any(|(start, end)| (*start..*end).contains(&token))
    }

    pub(crate) fn is_own_name(&self, hash: u64) -> bool {
        self.finder.roster.is_organisation(hash) || self.finder.roster.sites.is_name(hash)
    }

    /// The id of somebody, for an order that does not depend on the roster's.
    pub(crate) fn id(&self, staff: u32) -> Uuid {
        self.finder
            .roster
            .people
            .get(staff)
            .map(|p| p.id)
            .unwrap_or_default()
    }

    /// "the night porter", "at 11pm"
    pub(crate) fn speaks_of_night(&self) -> bool {
        let words = [
            "night",
            "overnight",
            "midnight",
            "nightshift",
            "10pm",
            "11pm",
            "12am",
            "1am",
            "2am",
            "3am",
        ];
        self.tokens()
            .iter()
            .any(|t| words.contains(&self.tokens().key(t)))
    }

    pub(crate) fn lower_case(&self) -> bool {
        self.lower_case
    }

    /// Tone of the whole text; the score decides where the words do not.
    pub(crate) fn tone(&self) -> Tone {
        let score = self.score.map_or(0.0, |s| (s - 0.5) * 0.8);
        let (plus, minus) = (self.praise > 0.4, self.complaint > 0.5);
        match self.balance + score {
            _ if plus && minus && self.balance.abs() < 0.4 => Tone::Mixed,
            b if b > 0.2 => Tone::Praise,
            b if b < -0.2 => Tone::Complaint,
            _ if plus && minus => Tone::Mixed,
            _ => Tone::Neutral,
        }
    }
}

/// Words that complaints are made of, 0 to 1; what was put right does not count.
fn grievance(tokens: &Tokens, clauses: &[Clause]) -> f64 {
    let open = |c: &Clause| {
        let words = c.start..c.end;
        words
            .filter(|i| tokens.at(*i).is(COMPLAINT) && !is_resolved(tokens, c.start, *i))
            .count()
    };
    (clauses.iter().map(open).sum::<usize>() as f64 / 3.0).min(1.0)
}

fn clause_at(clauses: &[Clause], token: usize) -> usize {
    clauses
        .partition_point(|c| c.end <= token)
        .min(clauses.len().saturating_sub(1))
}

fn author_keys(author: Option<&str>) -> Vec<u64> {
    let words = author
        .unwrap_or("")
        .split_whitespace()
        .map(normal_form)
        .filter(|k| k.chars().count() > 1);
    words.map(|k| hash_key(0, &k)).collect()
}
