//! Praise of staff whose name is not said: "the receptionist was lovely", "great staff".

use std::collections::HashSet;
use std::sync::LazyLock;

use chrono::Datelike;

use super::comment::{Candidate, Comment, Decision, Evidence, Stance, Unnamed};
use super::reading::Reading;
use crate::roster::{Assignment, Person, Scope};
use crate::text::lexicon::{NAMED, PERSON, PLACEPREP, PRONOUN, ROLE, TEAM, WORKPLACE};
use crate::text::token::Token;
use crate::text::{Span, normal_form};

/// As many people as a human can be asked to choose from.
const MOST_ASKED: usize = 5;
/// More people than this at a site are not looked through for a job title.
const MOST_SEARCHED: usize = 5_000;
/// Confidence shared by those whom only the job title names: below every threshold, since no label calibrates it.
const TITLE_CONFIDENCE: f64 = 0.04;
/// Praise from which a clause counts as praising, 0 to 1.
const PRAISING: f64 = 0.45;

/// Tokens before a place of work in which a word such as "at" stands.
const BEFORE_PLACE: usize = 3;

static SEVERAL: LazyLock<HashSet<String>> = LazyLock::new(|| {
    let lines = include_str!("../../data/several.txt").lines();
    let words = lines
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace);
    words.map(normal_form).collect()
});

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
    praises_nobody_by_name(reading, index) && words(reading, index).iter().any(|t| t.is(ROLE | TEAM | PERSON))
}

fn praises_nobody_by_name(reading: &Reading, index: usize) -> bool {
    let tone = reading.tone_of(index);
    let named = reading.has_mention.get(index).copied().unwrap_or(true);
    !named && tone.praise >= PRAISING && tone.complaint < tone.praise
}

fn words<'a>(reading: &'a Reading, index: usize) -> &'a [Token] {
    let clause = reading.clauses.get(index).cloned().unwrap_or_default();
    reading.tokens().range(clause.start, clause.end)
}

/// Of whom praise without a name speaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    /// Of nobody, or of everybody who works there.
    Nobody,
    /// Of one person, where a title is named of one who bears it.
    One {
        /// As it is compared.
        title: Option<u64>,
    },
    /// Of several, of a team besides, of somebody at another place of work, or by "she" alone.
    Unclear,
}

/// Of whom the clauses speak that praise and name nobody, with where they stand. `post` is where the customer was served.
pub(super) fn spoken(reading: &Reading, post: Option<&str>) -> (Spoken, Vec<Span>) {
    let praising = (0..reading.clauses.len()).filter(|index| praises_nobody_by_name(reading, *index));
    let speaks = |index: &usize| {
        words(reading, *index)
            .iter()
            .any(|t| t.is(ROLE | TEAM | PERSON | PRONOUN))
    };
    let praising: Vec<usize> = praising.filter(speaks).collect();
    let clauses = praising.iter().filter_map(|index| reading.clauses.get(*index));
    let spans = clauses.map(|clause| reading.tokens().span(clause.start, clause.end));
    let is_person = |t: &Token| t.is(ROLE | PERSON) && !t.is(TEAM);
    let (mut team, mut unclear, mut title) = (false, false, None);
    for index in &praising {
        let words = words(reading, *index);
        for (place, token) in words.iter().enumerate() {
            team |= token.is(TEAM);
            unclear |= SEVERAL.contains(reading.tokens().key(token));
            unclear |= is_elsewhere(reading, words, place, post);
            // "Dame" is a person in the list of jobs too.
            let is_job = token.is(ROLE) && !token.is(PERSON | TEAM);
            title = title.or(is_job.then_some(token.hash));
        }
    }
    let all = reading.tokens().range(0, reading.tokens().len());
    // "The lady was lovely, and the man who packed was too": of the words around, too. "Cashier lady" is one.
    let people = all.chunk_by(|one, other| is_person(one) == is_person(other));
    let people = people.filter(|some| some.first().is_some_and(is_person)).count();
    let spoken = match people {
        _ if praising.is_empty() => Spoken::Nobody,
        0 if team => Spoken::Nobody,
        1 if !team && !unclear => Spoken::One { title },
        _ => Spoken::Unclear,
    };
    (spoken, spans.collect())
}

/// "The lady at reception", served at till 4.
fn is_elsewhere(reading: &Reading, words: &[Token], place: usize, post: Option<&str>) -> bool {
    let Some(token) = words.get(place).filter(|token| token.is(WORKPLACE)) else {
        return false;
    };
    let before = words
        .get(place.saturating_sub(BEFORE_PLACE)..place)
        .unwrap_or_default();
    let is_place = before
        .iter()
        .any(|t| t.is(PLACEPREP) || matches!(reading.tokens().key(t), "on" | "an" | "am" | "en"));
    is_place && !post.is_some_and(|post| post.contains(reading.tokens().key(token)))
}

/// Whether somebody at work on the day bears a title.
pub(super) fn bears_title(reading: &Reading, comment: &Comment, staff: uuid::Uuid, title: u64) -> bool {
    let people = &reading.finder.roster.people;
    let day = comment.occurred_at.map(|at| at.date().num_days_from_ce());
    let person = people.find(staff).and_then(|index| people.get(index));
    person.is_some_and(|person| {
        let mut held = person.assignments.iter().filter(|a| a.holds(day));
        held.any(|a| people.title_words(a.title).contains(&title))
    })
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
