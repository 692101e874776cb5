//! Praise of staff whose name is not said: "the receptionist was lovely", "great staff".

use chrono::Datelike;

use super::comment::{Candidate, Comment, Decision, Evidence, Stance, Unnamed};
use super::reading::Reading;
use crate::roster::{Assignment, Person, Scope};
use crate::text::lexicon::{NAMED, PERSON, ROLE, TEAM};
use crate::text::token::Token;

/// As many people as a human can be asked to choose from.
const MOST_ASKED: usize = 5;
/// More people than this at a site are not looked through for a job title.
const MOST_SEARCHED: usize = 5_000;
/// Confidence shared by those whom only the job title names: below every threshold, since no label calibrates it.
const TITLE_CONFIDENCE: f64 = 0.04;
/// Praise from which a clause counts as praising, 0 to 1.
const PRAISING: f64 = 0.45;

/// Finds unnamed praise. If title, site and shift leave few people, they join the candidates as open.
pub(super) fn unnamed(
    reading: &Reading,
    comment: &Comment,
    candidates: &mut Vec<Candidate>,
) -> Option<Unnamed> {
    let praising: Vec<usize> = (0..reading.clauses.len())
        .filter(|i| praises_unnamed(reading, *i))
        .collect();
    let first = *praising.first()?;
    let titles: Vec<&Token> = praising.iter().flat_map(|i| roles(reading, *i)).collect();
    let spans = praising
        .iter()
        .filter_map(|i| reading.clauses.get(*i))
        .map(|c| reading.tokens().span(c.start, c.end));
    let job_title = titles.first().map(|t| reading.tokens().key(t).to_owned());
    let mut found = Unnamed {
        spans: spans.collect(),
        job_title,
        candidates: Vec::new(),
    };
    if let Some(title) = titles.first() {
        let people = bearers_of_title(reading, comment, title.hash);
        let named = |p: &&Person| {
            candidates
                .iter()
                .any(|c| c.staff == p.id && c.decision != Decision::Reject)
        };
        if (1..=MOST_ASKED).contains(&people.len()) && !people.iter().any(named) {
            found.candidates = people.iter().map(|p| p.id).collect();
            let share = TITLE_CONFIDENCE / people.len() as f64;
            for person in &people {
                ask_about(candidates, person, share, reading, first);
            }
        }
    }
    Some(found)
}

/// Does the clause praise staff, and nobody by name?
fn praises_unnamed(reading: &Reading, index: usize) -> bool {
    let tone = reading.tone_of(index);
    let named = reading.has_mention.get(index).copied().unwrap_or(true);
    let Some(clause) = reading.clauses.get(index) else {
        return false;
    };
    let words = reading.tokens().range(clause.start, clause.end);
    !named
        && tone.praise >= PRAISING
        && tone.complaint < tone.praise
        && words.iter().any(|t| t.is(ROLE | TEAM | PERSON))
}

/// Job titles in a clause: "the receptionist", not "service agent called Ann".
fn roles<'a>(reading: &'a Reading, index: usize) -> impl Iterator<Item = &'a Token> {
    let clause = reading.clauses.get(index).cloned().unwrap_or_default();
    let words = reading.tokens().range(clause.start, clause.end);
    words.iter().filter(|t| t.is(ROLE) && !t.is(NAMED | TEAM))
}

fn bearers_of_title<'a>(reading: &'a Reading, comment: &Comment, title: u64) -> Vec<&'a Person> {
    let roster = reading.finder.roster;
    let Scope::Sites(sites) = reading.finder.scope else {
        return Vec::new();
    };
    let day = comment.occurred_at.map(|at| at.date().num_days_from_ce());
    let at_work = |a: &&Assignment| {
        let shifts = roster.people.shifts_of(a.shifts).zip(comment.occurred_at);
        a.holds(day) && shifts.is_none_or(|(s, at)| s.cover(at))
    };
    let fits = |p: &&Person| {
        let mut works = p
            .assignments
            .iter()
            .filter(|a| sites.contains(&a.site))
            .filter(at_work);
        p.employed(day) && works.any(|a| roster.people.title_words(a.title).contains(&title))
    };
    let staff = sites
        .iter()
        .flat_map(|s| roster.sites.staff(*s))
        .take(MOST_SEARCHED);
    let mut people: Vec<&Person> = staff
        .filter_map(|s| roster.people.get(*s))
        .filter(fits)
        .take(MOST_ASKED + 2)
        .collect();
    people.sort_by_key(|p| p.id);
    people.dedup_by_key(|p| p.id);
    people
}

fn ask_about(
    candidates: &mut Vec<Candidate>,
    person: &Person,
    confidence: f64,
    reading: &Reading,
    clause: usize,
) {
    candidates.retain(|c| c.staff != person.id);
    let span = reading
        .clauses
        .get(clause)
        .map(|c| reading.tokens().span(c.start, c.end));
    candidates.push(Candidate {
        staff: person.id,
        confidence,
        decision: Decision::Open,
        stance: Stance::Praised,
        spans: Vec::new(),
        clause: span,
        evidence: vec![Evidence {
            code: "unnamed.job_title".into(),
            value: 1.0,
            weight: 1.0,
        }],
    });
}
