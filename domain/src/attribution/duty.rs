//! Praise without a name, where a rota says who was there. The words decide whether it is praise; the rota decides who.

use uuid::Uuid;

use super::comment::{Candidate, Comment, Decision, Evidence, Stance, Unnamed};
use super::explain::ON_DUTY;
use super::reading::Reading;
use super::unnamed::{Spoken, bears_title, spoken};
use crate::rota::Duty;
use crate::text::Span;

/// As many people as a human can be asked to choose from.
const MOST_ASKED: usize = 5;
/// Confidence shared by those whom only the rota names: below every threshold, since no label calibrates it.
const CONFIDENCE: f64 = 0.04;
/// What speaks for whom a source names; the rota takes its place.
const SOURCE: &str = "staff.source_says_so";

/// Adds whom the rota names, and takes out whom only a job title named and the rota says was off duty. `served_by` is what
/// the words say of somebody if they are about them.
pub(super) fn weigh(
    reading: &Reading,
    comment: &Comment,
    duty: &Duty,
    (candidates, unnamed): (&mut Vec<Candidate>, &mut Option<Unnamed>),
    served_by: impl Fn(Uuid) -> Option<Candidate>,
) {
    if !duty.is_known || is_named(candidates, comment, duty) {
        return;
    }
    drop_off_duty(candidates, unnamed, duty);
    let (spoken, spans) = spoken(reading, duty.post.as_deref());
    let fits = |one: &Uuid| match spoken {
        Spoken::One { title: None } => true,
        Spoken::One { title: Some(title) } => bears_title(reading, comment, *one, title),
        Spoken::Nobody | Spoken::Unclear => false,
    };
    if spoken == Spoken::Nobody {
        return;
    }
    let alone = duty.alone.filter(fits).and_then(served_by);
    let found = match alone.filter(|one| one.decision == Decision::Credit) {
        Some(credited) => {
            give_way(candidates, unnamed);
            vec![by_rota(credited)]
        }
        None => asked(reading, duty, spans.first().copied()),
    };
    if !found.is_empty() {
        add(candidates, unnamed, found, spans);
    }
}

/// Those whom only a title named give way to whom the rota names.
fn give_way(candidates: &mut Vec<Candidate>, unnamed: &mut Option<Unnamed>) {
    if let Some(unnamed) = unnamed {
        let by_title = std::mem::take(&mut unnamed.candidates);
        candidates.retain(|one| !by_title.contains(&one.staff));
    }
}

fn add(
    candidates: &mut Vec<Candidate>,
    unnamed: &mut Option<Unnamed>,
    found: Vec<Candidate>,
    spans: Vec<Span>,
) {
    let is_found = |staff: &Uuid| found.iter().any(|one| one.staff == *staff);
    candidates.retain(|one| !is_found(&one.staff));
    let praise = unnamed.get_or_insert_with(|| Unnamed {
        spans,
        job_title: None,
        candidates: Vec::new(),
    });
    praise.candidates.retain(|staff| !is_found(staff));
    praise.candidates.extend(found.iter().map(|one| one.staff));
    candidates.extend(found);
    candidates.sort_by(|a, b| b.confidence.total_cmp(&a.confidence).then(a.staff.cmp(&b.staff)));
}

/// A name wins, be it by the words, the customer's own answer or the source.
fn is_named(candidates: &[Candidate], comment: &Comment, duty: &Duty) -> bool {
    let is_hinted = comment.hint.is_some_and(|hint| !hint.trim().is_empty());
    let is_told = |one: &Candidate| one.decision != Decision::Reject || duty.there.contains(&one.staff);
    let mut named = candidates.iter().filter(|one| !one.spans.is_empty());
    comment.staff.is_some() || is_hinted || named.any(is_told)
}

fn drop_off_duty(candidates: &mut Vec<Candidate>, unnamed: &mut Option<Unnamed>, duty: &Duty) {
    let Some(unnamed) = unnamed else { return };
    let off_duty = |staff: &Uuid| !duty.at_work.contains(staff);
    candidates.retain(|one| !(unnamed.candidates.contains(&one.staff) && off_duty(&one.staff)));
    unnamed.candidates.retain(|staff| !off_duty(staff));
}

fn by_rota(mut credited: Candidate) -> Candidate {
    let mut told = credited.evidence.iter_mut();
    if let Some(source) = told.find(|one| one.code == SOURCE) {
        source.code = ON_DUTY.into();
    }
    credited
}

/// Who may have been there: at a post several, without one only somebody who was the only one.
fn asked(reading: &Reading, duty: &Duty, clause: Option<Span>) -> Vec<Candidate> {
    let known = |staff: &&Uuid| reading.finder.roster.people.find(**staff).is_some();
    let there: Vec<Uuid> = duty.there.iter().filter(known).copied().collect();
    let most = if duty.post.is_some() { MOST_ASKED } else { 1 };
    if there.len() != duty.there.len() || there.is_empty() || there.len() > most {
        return Vec::new();
    }
    let confidence = CONFIDENCE / there.len() as f64;
    let ask = |staff| Candidate {
        staff,
        confidence,
        decision: Decision::Open,
        stance: Stance::Praised,
        spans: Vec::new(),
        clause,
        evidence: vec![Evidence {
            code: ON_DUTY.into(),
            value: 1.0,
            weight: 1.0,
        }],
    };
    there.into_iter().map(ask).collect()
}
