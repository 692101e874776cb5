//! Is it praise, and of this person? The clauses that speak of them say so.

use super::cue::{Praise, PraiseValues};
use super::entity::Entity;
use super::mention::Mention;
use super::reading::Reading;
use super::tone::ClauseTone;
use crate::text::lexicon::{
    ARTICLE, ARTICLE_NAME, ASK, BY, CONDITIONAL, CONTRAST, COPULA, EXCEPT, FAIL, HONORIFIC, MANNER, MOCK,
    NEGATOR, ONLY, PERSON, PRONOUN, REPORTED, ROLE, SELF, THAN, THING, TITLE_GIVEN, VERB,
};

/// Praise from which a clause counts as praising, 0 to 1.
const PRAISING: f64 = 0.3;
/// Praise of one strong word or two plain ones: more of it does not make it clearer.
const CLEAR: f64 = 0.65;
/// Complaint from which a clause is not free of it.
const FAINT: f64 = 0.15;

/// How far from a name its clause is looked at, in tokens: texts without stops must not cost more than others.
const FARTHEST: usize = 60;
/// How many clauses before and behind the person's own a sentence is looked at.
const MOST_CLAUSES: usize = 10;

/// Cues of a person, merged over all mentions.
pub(super) fn praise_cues(reading: &Reading, entity: &Entity) -> PraiseValues {
    let mut mentions = entity.mentions.iter().map(|m| mention_cues(reading, m));
    let mut values = mentions.next().unwrap_or_default();
    for other in mentions {
        values.merge(&other, &Praise::MERGES);
    }
    whole_text(reading, &mut values);
    values
}

/// What holds for everybody in the text.
fn whole_text(reading: &Reading, values: &mut PraiseValues) {
    values.set(Praise::Bias, 1.0);
    values.set(Praise::Text, reading.praise);
    values.set(Praise::TextComplaint, reading.complaint);
    values.set(Praise::Balance, reading.balance);
    values.set(Praise::Negations, reading.negations());
    values.set(Praise::Sour, (-reading.balance).max(0.0));
    values.set(Praise::Grievance, reading.grievance);
    let clean = (1.0 - reading.complaint) * (1.0 - reading.grievance);
    values.set(
        Praise::Clean,
        clean * values.get(Praise::Own).max(values.get(Praise::Attached)),
    );
    values.set(Praise::Outrage, reading.outrage);
    let (opening, ending) = reading.ends();
    values.set(Praise::Opening, opening);
    values.set(Praise::Ending, ending);
    values.set(Praise::Language, reading.foreign);
    if let Some(score) = reading.score {
        let high = ((score - 0.5) * 2.0).max(0.0);
        let low = ((0.5 - score) * 2.0).max(0.0);
        values.set(Praise::ScoreHigh, high);
        values.set(Praise::ScoreLow, low);
        values.set(Praise::Discord, low * reading.praise);
        let bare = reading.praise < 0.1 && reading.complaint < 0.1 && reading.tokens().len() < 12;
        values.set(Praise::BareName, if bare { high } else { 0.0 });
    }
    values.flag(Praise::NoScore, reading.score.is_none());
    values.set(Praise::Brevity, reading.brevity);
    let unscored = if reading.score.is_none() {
        reading.brevity
    } else {
        0.0
    };
    values.set(Praise::BriefNoScore, unscored);
    let against = reading.complaint + reading.grievance + reading.negations();
    let doubt = values.get(Praise::Conditional) + values.get(Praise::Question) + values.get(Praise::Than);
    let low = reading.score.is_some_and(|score| score < 0.6);
    values.flag(
        Praise::Plain,
        reading.praise > 0.2 && against < 0.05 && doubt == 0.0 && !reading.mocks && !low,
    );
    let named = values.get(Praise::Unopposed);
    let plain = doubt == 0.0 && !reading.mocks && !low;
    values.set(
        Praise::Unopposed,
        if plain {
            named * reading.brevity * plain_praise(values)
        } else {
            0.0
        },
    );
    let acts = values.get(Praise::Verb) + values.get(Praise::Thanks) + values.get(Praise::Ask);
    if acts == 0.0 {
        let score = values.get(Praise::ScoreHigh);
        values.set(Praise::ScoreAlone, score * (1.0 - praise_of_person(values)));
    }
    if reading.mocks {
        values.set(Praise::Sarcasm, 1.0);
    }
}

/// Praise in what is said of the person, 0 to 1.
fn praise_of_person(values: &PraiseValues) -> f64 {
    let own = values.get(Praise::Own).max(values.get(Praise::Attached));
    (own.max(values.get(Praise::Phrase)) / CLEAR).min(1.0)
}

/// Praise of the person, by words or by the score, with nothing against them, 0 to 1.
fn plain_praise(values: &PraiseValues) -> f64 {
    let most = |cues: &[Praise]| cues.iter().map(|cue| values.get(*cue)).fold(0.0, f64::max);
    let good = praise_of_person(values).max(values.get(Praise::ScoreHigh));
    let against = values.get(Praise::OwnComplaint) + values.get(Praise::AttachedComplaint);
    let fails = most(&[
        Praise::Failure,
        Praise::Fails,
        Praise::Turns,
        Praise::Mock,
        Praise::Sarcasm,
        Praise::Reported,
    ]);
    let turned = values.get(Praise::TurnsTo) < 0.0;
    if fails > 0.0 || turned {
        return 0.0;
    }
    good * (1.0 - 2.0 * against).max(0.0)
}

fn mention_cues(reading: &Reading, m: &Mention) -> PraiseValues {
    let mut values = PraiseValues::default();
    values.set(Praise::Unopposed, 1.0);
    if m.end == m.start {
        values.set(Praise::Own, reading.praise);
        values.set(Praise::OwnComplaint, reading.complaint);
        values.set(Praise::Near, reading.praise);
        values.set(Praise::NearComplaint, reading.complaint);
        values.set(Praise::Sentence, reading.balance);
        values.set(Praise::Phrase, reading.phrase());
        return values;
    }
    // One judgement for all names of a list.
    let (start, end) = reading.list_around(m.start, m.end);
    let m = &Mention {
        start,
        end,
        ..m.clone()
    };
    let index = reading.clause_of(m.start);
    let own = reading.tone_of(index);
    values.set(Praise::Own, own.praise);
    values.set(Praise::OwnComplaint, own.complaint);
    beside(reading, m, index, &own, &mut values);
    let (praise, complaint) = reading.near(m.start, m.end);
    values.set(Praise::Near, praise);
    values.set(Praise::NearComplaint, complaint);
    let said = reading.tokens().range(
        reading.clauses.get(index).map_or(0, |c| c.start),
        reading.said_until(index),
    );
    values.flag(
        Praise::Manner,
        said.iter().any(|t| t.is(MANNER) && t.word.tone > 0.0),
    );
    around(reading, m, index, &own, &mut values);
    construction(reading, m, index, &own, &mut values);
    // "Served by Joel" says no more than that.
    let served = (1..=3).any(|back| reading.tokens().before(m.start, back).is(BY));
    values.flag(Praise::Unopposed, !served || praise_of_person(&values) > FAINT);
    values
}

/// What stands before and behind the name in its clause.
fn beside(reading: &Reading, m: &Mention, index: usize, own: &ClauseTone, values: &mut PraiseValues) {
    let tokens = reading.tokens();
    let clause = reading.clauses.get(index).cloned().unwrap_or_default();
    let last = reading.clause_of(m.end.max(1) - 1);
    let end = reading
        .clauses
        .get(last)
        .map_or(clause.end, |c| c.end)
        .min(m.end + FARTHEST);
    let start = clause.start.max(m.start.saturating_sub(FARTHEST));
    let (praise, complaint) = reading.tones.between(m.end, end);
    values.set(Praise::After, praise);
    values.set(Praise::AfterComplaint, complaint);
    let (praise, complaint) = reading.tones.between(start, m.start);
    values.set(Praise::Ahead, praise);
    values.set(Praise::AheadComplaint, complaint);
    let behind = tokens.range(m.end, end.min(m.end + 4));
    let fails = behind
        .iter()
        .take_while(|t| t.is_word())
        .any(|t| t.is(FAIL) || (t.is(NEGATOR) && !t.is(CONDITIONAL)));
    values.flag(
        Praise::Fails,
        fails && praise < PRAISING && values.get(Praise::After) < PRAISING,
    );
    let words = || tokens.range(start, end).iter();
    if words().any(|t| t.is(THING)) && !words().any(|t| t.is(MANNER | PERSON) && t.word.tone >= 0.0) {
        values.set(Praise::OfThing, own.praise);
    }
    let sentence = clause.sentence;
    let first = index.saturating_sub(MOST_CLAUSES);
    let near = reading.clauses.iter().zip(&reading.clause_tones).skip(first);
    let here = near
        .take(2 * MOST_CLAUSES + 1)
        .filter(|(c, _)| c.sentence == sentence);
    let (plus, minus) = here
        .clone()
        .fold((0f64, 0f64), |(p, n), (_, t)| (p + t.praise, n + t.complaint));
    values.set(Praise::Sentence, (plus - minus) / (plus + minus + 0.3));
    let mocks = here
        .flat_map(|(c, _)| tokens.range(c.start, c.end.min(c.start + FARTHEST)))
        .any(|t| t.is(MOCK));
    values.flag(Praise::Mock, mocks);
    if clause.contrast && index > 0 {
        let before = reading.tone_of(index - 1);
        values.set(Praise::TurnedFrom, before.praise - before.complaint);
    }
    let next = reading
        .clauses
        .get(last + 1)
        .filter(|c| c.contrast && c.sentence <= sentence + 1);
    if next.is_some() {
        let behind = reading.tone_of(last + 1);
        values.set(Praise::TurnsTo, behind.praise - behind.complaint);
    }
}

/// Clauses beside the person's own.
fn around(reading: &Reading, m: &Mention, index: usize, own: &ClauseTone, values: &mut PraiseValues) {
    let (mut praise, mut complaint, mut phrase) = (0f64, 0f64, own.phrase);
    let sentence = reading.clauses.get(index).map_or(0, |c| c.sentence);
    let last_here = !reading
        .named_spans
        .iter()
        .any(|(start, _)| *start > m.start && reading.clause_of(*start) == index);
    for (distance, (clause, tone)) in reading
        .clauses
        .iter()
        .zip(&reading.clause_tones)
        .skip(index + 1)
        .take(4)
        .enumerate()
    {
        if reading
            .has_mention
            .get(index + 1 + distance)
            .copied()
            .unwrap_or(false)
        {
            break;
        }
        if clause.relative && !last_here {
            continue;
        }
        // "Silvia took us to the table; the garden is beautiful": said of the garden.
        let words = || {
            reading
                .tokens()
                .range(clause.start, clause.end.min(clause.start + FARTHEST))
                .iter()
        };
        let of_thing = !clause.continues
            && words().any(|t| t.is(THING))
            && !words().any(|t| t.is(MANNER | PERSON | PRONOUN));
        let reach = match (clause.continues && last_here, clause.contrast) {
            _ if of_thing => 0.1,
            (true, _) => 1.0,
            (false, true) => 0.1,
            (false, false) if clause.sentence == sentence => 0.5,
            (false, false) => 0.4 / (1.0 + distance as f64),
        };
        praise = praise.max(tone.praise * reach);
        complaint = complaint.max(tone.complaint * reach * if clause.continues { 1.0 } else { 0.6 });
        phrase = phrase.max(tone.phrase * reach * 0.9);
    }
    values.flag(Praise::Turns, takes_back(reading, index, own));
    values.set(Praise::Attached, praise);
    values.set(Praise::AttachedComplaint, complaint);
    values.set(Praise::Phrase, phrase.min(1.3));
    if index > 0 && !reading.has_mention.get(index - 1).copied().unwrap_or(false) {
        let before = reading.tone_of(index - 1);
        let reach = if reading.clauses.get(index).is_some_and(|c| c.contrast) {
            0.1
        } else {
            1.0
        };
        values.set(Praise::Before, before.praise * reach);
        values.set(Praise::BeforeComplaint, before.complaint * reach);
    }
}

/// "She seems friendly, however, she is often difficult to understand."
fn takes_back(reading: &Reading, index: usize, own: &ClauseTone) -> bool {
    let mut praised = own.praise > PRAISING;
    let following = reading
        .clauses
        .iter()
        .zip(&reading.clause_tones)
        .enumerate()
        .skip(index + 1)
        .take(3);
    for (i, (clause, tone)) in following {
        if reading.has_mention.get(i).copied().unwrap_or(false) {
            return false;
        }
        if praised && clause.contrast && clause.continues {
            return tone.complaint > FAINT && tone.praise < PRAISING + FAINT;
        }
        praised |= clause.continues && tone.praise > PRAISING;
    }
    false
}

/// How the sentence is built around the name.
fn construction(reading: &Reading, m: &Mention, index: usize, own: &ClauseTone, values: &mut PraiseValues) {
    let tokens = reading.tokens();
    let thanked = reading.is_thanked(m.start);
    let clause = reading.clauses.get(index).cloned().unwrap_or_default();
    let key = |back: usize| tokens.key(tokens.before(m.start, back));
    values.flag(Praise::Thanks, thanked);
    values.flag(Praise::Failure, own.failure && !thanked);
    let than = tokens.before(m.start, 1).is(THAN)
        || (tokens.before(m.start, 2).is(THAN)
            && tokens.before(m.start, 1).is(ARTICLE | SELF | HONORIFIC | ROLE));
    // "Nobody explains it better than Ann."
    let said = tokens.range(clause.start.max(m.start.saturating_sub(FARTHEST)), m.start);
    let unrivalled = own.praise > own.complaint && said.iter().any(|t| t.is(NEGATOR));
    let compared = than && !unrivalled
        || (key(1) == "of" && key(2) == "instead")
        || (tokens.is_any(m.end, &["could", "should"]) && tokens.is_any(m.end + 1, &["learn"]))
        || is_denied(reading, m)
        || reading.is_excepted_from_praise(m.start);
    values.flag(Praise::Than, compared);
    if clause.contrast || !compared && is_better(reading, m, index, own) {
        values.set(Praise::Contrast, own.praise - own.complaint);
    }
    values.flag(Praise::Conditional, own.conditional && !thanked);
    values.flag(Praise::Question, clause.question);
    values.flag(
        Praise::Only,
        (1..=3).any(|b| tokens.before(m.start, b).is(ONLY | EXCEPT)),
    );
    if reading.is_addressed(m.start, m.end) {
        let praise = reading.tones.beyond_thanks(tokens, m.end);
        values.set(Praise::Addressed, praise * (1.0 - reading.complaint));
    }
    let singled = reading.is_singled_out(m.start) && own.complaint < FAINT;
    values.flag(Praise::Singled, singled);
    values.flag(Praise::Reported, tokens.at(m.end).is(REPORTED));
    let acts =
        tokens.at(m.end + usize::from(tokens.is_any(m.end, &["who", "also", "even", "then", "really"])));
    values.flag(Praise::Verb, acts.is(VERB) && !acts.is(REPORTED | FAIL));
    values.flag(Praise::Ask, (1..=2).any(|b| tokens.before(m.start, b).is(ASK)));
    values.flag(Praise::Sarcasm, is_mock(reading, m, index, own, thanked));
    if key(1) == "from"
        && (m.start.saturating_sub(12).max(clause.start)..m.start).any(|i| tokens.is_any(i, &["learn"]))
    {
        values.set(Praise::Own, 0.8);
        values.set(Praise::Near, 0.6);
        values.set(Praise::OwnComplaint, 0.0);
        values.set(Praise::NearComplaint, 0.0);
    }
}

/// "Not Ollie but Hank", "Não foi o Ulisses, foi o João": somebody else is meant.
fn is_denied(reading: &Reading, m: &Mention) -> bool {
    let tokens = reading.tokens();
    let mut back = 1;
    let mut is = false;
    while back <= 3
        && tokens
            .before(m.start, back)
            .is(COPULA | ARTICLE_NAME | HONORIFIC | TITLE_GIVEN)
    {
        is |= tokens.before(m.start, back).is(COPULA);
        back += 1;
    }
    let turns = || tokens.range(m.end, m.end + 8).iter().any(|t| t.is(CONTRAST));
    tokens.before(m.start, back).is(NEGATOR) && (is || turns())
}

/// "Hope was far better than Sarah": the better side of a comparison.
fn is_better(reading: &Reading, m: &Mention, index: usize, own: &ClauseTone) -> bool {
    let end = reading
        .clauses
        .get(index)
        .map_or(m.end, |c| c.end)
        .min(m.end + FARTHEST);
    let mut behind = m.end..end;
    own.praise > own.complaint + FAINT
        && behind.any(|i| reading.tokens().at(i).is(THAN) && (1..=3).any(|on| reading.is_in_name(i + on)))
}

/// Praise of a failure: "Thanks a lot Chris for losing my bag", "your stellar employee Mark refused to".
fn is_mock(reading: &Reading, m: &Mention, index: usize, own: &ClauseTone, thanked: bool) -> bool {
    let tokens = reading.tokens();
    let clause = reading.clauses.get(index).cloned().unwrap_or_default();
    let for_at = (m.end..clause.end.min(m.end + 12)).find(|i| tokens.is_any(*i, &["for"]));
    let thanked_for_failure =
        thanked && for_at.is_some_and(|at| (at + 1..=at + 2).any(|i| tokens.at(i).is(FAIL)));
    let thanked_for_nothing = thanked
        && (for_at.is_some_and(|at| tokens.is_any(at + 1, &["nothing"]))
            || reading.is_mocked_around(m.start, m.end));
    let praised_who_failed = own.praise > 0.3 && (m.end..=m.end + 1).any(|i| tokens.at(i).is(FAIL));
    thanked_for_failure || thanked_for_nothing || praised_who_failed
}
