//! From cues to confidence, stance and decision.

use super::comment::{Candidate, Comment, Decision, Evidence, Settings, Stance};
use super::cue::{PRAISE_CODES, Praise, PraiseValues, STAFF_CODES, Staff};
use super::entity::Entity;
use super::explain::FULL_NAME;
use super::identity::{Identified, identify};
use super::mention::{How, Mention};
use super::model::{Model, logistic};
use super::praise::praise_cues;
use super::reading::Reading;
use super::staff::staff_cues;
use super::window::slots;
use crate::text::Span;

/// Log weight of a spelling from which on nobody is credited automatically.
const FAR_FETCHED: f64 = -1.0;

/// Complaint in what is said of somebody from which on nobody is credited automatically.
const DOUBT: f64 = 0.35;

/// Praise from which on something good is said of somebody.
const FAINT: f64 = 0.15;

/// A score from which on it praises whoever is named.
const GOOD_SCORE: f64 = 0.8;

/// Most people that are listed for one name.
const MOST_LISTED: usize = 10;

/// Everyone the text may speak of, best first.
pub(super) fn candidates(
    reading: &Reading,
    entities: &[Entity],
    comment: &Comment,
    settings: &Settings,
    model: &Model,
) -> Vec<Candidate> {
    let mut all: Vec<Candidate> = Vec::new();
    for entity in entities {
        let judged = Judged::new(reading, entity, model);
        let people = identify(reading, entity, comment.occurred_at, &model.identity);
        for (rank, person) in people.iter().take(MOST_LISTED).enumerate() {
            let ahead = person.probability / people.get(1).map_or(1e-9, |p| p.probability);
            let unique = rank == 0 && ahead >= settings.identity_margin;
            all.push(judged.candidate(person, unique, settings, model));
        }
    }
    keep_best_of_each(&mut all);
    all.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.staff.cmp(&b.staff)));
    all
}

/// Somebody may be meant by two names ("Kelly" and "Brown" apart): the better one stays.
fn keep_best_of_each(all: &mut Vec<Candidate>) {
    all.sort_by(|a, b| a.staff.cmp(&b.staff).then(b.confidence.total_cmp(&a.confidence)));
    all.dedup_by(|later, first| later.staff == first.staff);
}

/// An entity with its cues.
struct Judged<'a> {
    reading: &'a Reading<'a>,
    entity: &'a Entity,
    praise: PraiseValues,
    staff_odds: f64,
    praise_odds: f64,
    evidence: Vec<Evidence>,
}

impl<'a> Judged<'a> {
    fn new(reading: &'a Reading, entity: &'a Entity, model: &Model) -> Judged<'a> {
        let mut staff = staff_cues(reading, entity);
        let mut praise = praise_cues(reading, entity);
        let slots = slots(reading, entity);
        staff.set(Staff::Words, model.staff_words.score(&slots));
        praise.set(Praise::Words, model.praise_words.score(&slots));
        let staff_evidence = STAFF_CODES.iter().zip(staff.0).zip(model.staff);
        let praise_evidence = PRAISE_CODES.iter().zip(praise.0).zip(model.praise);
        let mut evidence: Vec<Evidence> = staff_evidence
            .chain(praise_evidence)
            .filter(|((_, value), weight)| *value != 0.0 && *weight != 0.0)
            .map(|((code, value), weight)| Evidence {
                code: (*code).into(),
                value,
                weight,
            })
            .collect();
        let is_shared = entity.how == How::Full && entity.in_scope > 1;
        if is_shared && evidence.iter().all(|one| one.code != FULL_NAME) {
            evidence.push(Evidence {
                code: FULL_NAME.into(),
                value: 1.0,
                weight: 0.0,
            });
        }
        let (staff_odds, praise_odds) = (model.staff_odds(&staff), model.praise_odds(&praise));
        Judged {
            reading,
            entity,
            praise,
            staff_odds,
            praise_odds,
            evidence,
        }
    }

    fn candidate(&self, person: &Identified, unique: bool, settings: &Settings, model: &Model) -> Candidate {
        let credit = model.credit(self.staff_odds, self.praise_odds);
        let confidence = credit * person.probability;
        let stance = self.stance();
        let mut evidence = self.evidence.clone();
        let told = person.evidence.iter().map(|(code, weight)| Evidence {
            code: (*code).into(),
            value: 1.0,
            weight: *weight,
        });
        evidence.extend(told);
        let decision = self.decide(credit, confidence, person, unique, stance, settings);
        Candidate {
            staff: self.reading.id(person.staff),
            confidence,
            decision,
            stance,
            spans: self.spans(),
            clause: self.clause(),
            evidence,
        }
    }

    /// Nobody is credited automatically who is complained about, mocked, gone, or mistakable for a colleague.
    fn decide(
        &self,
        credit: f64,
        confidence: f64,
        person: &Identified,
        unique: bool,
        stance: Stance,
        settings: &Settings,
    ) -> Decision {
        let elsewhere = self.entity.in_scope == 0;
        if confidence >= settings.threshold
            && person.fit > FAR_FETCHED
            && unique
            && person.employed
            && !elsewhere
            && stance == Stance::Praised
            && self.is_known_language()
            && !self.is_doubtful()
            && !self.is_slip_of_a_word()
        {
            return Decision::Credit;
        }
        let possible = credit >= settings.triage_floor && (confidence >= 0.02 || person.probability >= 0.1);
        if possible && stance != Stance::Mocked {
            Decision::Open
        } else {
            Decision::Reject
        }
    }

    /// A language is credited in by itself where its pack says so.
    fn is_known_language(&self) -> bool {
        let tokens = self.reading.tokens();
        let mut named = self.entity.mentions.iter().filter(|m| m.end > m.start);
        named.all(|m| tokens.pack(tokens.at(m.start)).is_none_or(|pack| pack.automatic))
            && !self.reading.is_gibberish()
    }

    /// "uit de brand": a word in lower case that is one letter from a name, in a text that writes names with capitals.
    fn is_slip_of_a_word(&self) -> bool {
        let tokens = self.reading.tokens();
        let word = |m: &Mention| m.end > m.start && !tokens.at(m.start).capital;
        self.entity.how >= How::Edit && !self.reading.lower_case() && self.entity.mentions.iter().all(word)
    }

    /// A mixed judgement of one person is for a human: complaint stands in what is said of them, or the sentence turns.
    fn is_doubtful(&self) -> bool {
        let cue = |cue| self.praise.get(cue);
        let against = cue(Praise::OwnComplaint).max(cue(Praise::AttachedComplaint));
        let turns = cue(Praise::TurnsTo) < -0.2 || cue(Praise::Turns) > 0.0 || cue(Praise::Mock) > 0.0;
        let fails = cue(Praise::Fails) > 0.0 || cue(Praise::Than) > 0.0;
        turns || fails || against > DOUBT || self.is_left_open() || self.is_passed_over()
    }

    /// "Silvia took us to the table; the coffee is the best in town": what is good is said of others.
    fn is_passed_over(&self) -> bool {
        let most = |cues: &[Praise]| cues.iter().map(|cue| self.praise.get(*cue)).fold(0.0, f64::max);
        let said = most(&[Praise::Own, Praise::Attached, Praise::Phrase]) >= FAINT;
        let meant = most(&[Praise::Thanks, Praise::Ask, Praise::Singled, Praise::Addressed]) > 0.0;
        !said && !meant && self.praise.get(Praise::ScoreHigh) < GOOD_SCORE
    }

    fn is_left_open(&self) -> bool {
        let mut named = self.entity.mentions.iter().filter(|m| m.end > m.start);
        named.any(|m| self.reading.is_left_open(m.start, m.end))
    }

    fn stance(&self) -> Stance {
        let own = self
            .praise
            .get(Praise::Own)
            .max(self.praise.get(Praise::Attached));
        let against = self
            .praise
            .get(Praise::OwnComplaint)
            .max(self.praise.get(Praise::AttachedComplaint));
        let praised = logistic(self.praise_odds) >= 0.5;
        if self.praise.get(Praise::Sarcasm) > 0.0 && !praised {
            Stance::Mocked
        } else if praised && (self.praise.get(Praise::Turns) > 0.0 || against > 0.6 && against >= own) {
            Stance::Mixed
        } else if praised {
            Stance::Praised
        } else if against > 0.25 || self.praise.get(Praise::TextComplaint) > 0.6 {
            if own > 0.5 {
                Stance::Mixed
            } else {
                Stance::Criticised
            }
        } else {
            Stance::Neutral
        }
    }

    fn spans(&self) -> Vec<Span> {
        let tokens = self.reading.tokens();
        let named = self.entity.mentions.iter().filter(|m| m.end > m.start);
        named.map(|m| tokens.span(m.start, m.end)).collect()
    }

    /// The clause of the mention that is spoken of most strongly.
    fn clause(&self) -> Option<Span> {
        let strength = |clause: usize| {
            let tone = self.reading.tone_of(clause);
            tone.praise.max(tone.complaint)
        };
        let named = self.entity.mentions.iter().filter(|m| m.end > m.start);
        let clauses = named.map(|m| self.reading.clause_of(m.start));
        let best = clauses.max_by(|a, b| strength(*a).total_cmp(&strength(*b)).then(b.cmp(a)))?;
        let clause = self.reading.clauses.get(best)?;
        Some(self.reading.tokens().span(clause.start, clause.end))
    }
}
