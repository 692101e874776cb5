//! What the clock does about a promise that it looks at: pure.
use chrono::{DateTime, Utc};
use domain::working_days::Term;
use entity::{
    comment,
    promise::{self, State},
    recognition,
};

use super::HIGHEST;
use crate::roster::terms::Terms;

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Nothing before this time.
    Wait(DateTime<Utc>),
    /// Whoever has it is reminded; then nothing before this time.
    Remind(DateTime<Utc>),
    /// A person must decide about the comment first.
    Pause,
    /// That was decided: it has this term.
    GoOn(Term),
    /// Whoever has it cannot be told any more: somebody else has it, for the rest of the term.
    HandOver,
    /// They did not keep it: somebody higher up has it, for a term of their own.
    GoUp(Term),
    /// Nobody kept it.
    GiveUp,
    /// It ended, and nobody noted that.
    End(State),
}

/// The step of a promise at a time; `is_reached` says whether whoever has it can be told still.
pub(super) fn step(
    promise: &promise::Model,
    (comment, recognition): (&comment::Model, &recognition::Model),
    is_reached: bool,
    terms: &Terms,
    now: DateTime<Utc>,
) -> Step {
    if let Some(end) = end(comment, recognition) {
        return Step::End(end);
    }
    if comment.state == comment::State::Triage {
        return Step::Pause;
    }
    let next_term = terms.calendar.term(now, terms.days);
    if promise.state == State::Paused {
        return Step::GoOn(next_term);
    }
    if promise.account_id.is_some() && !is_reached {
        return Step::HandOver;
    }
    let term = terms.calendar.ending(promise.due_at);
    let is_asked = promise.account_id.is_some() && promise.state == State::Open;
    match now {
        _ if now < term.last_morning => Step::Wait(term.last_morning),
        _ if now < term.morning_after && is_asked => Step::Remind(term.morning_after),
        _ if now < term.morning_after => Step::Wait(term.morning_after),
        _ if promise.level < HIGHEST => Step::GoUp(next_term),
        _ => Step::GiveUp,
    }
}

fn end(comment: &comment::Model, recognition: &recognition::Model) -> Option<State> {
    match () {
        () if comment.withdrawn_at.is_some() || comment.erased_at.is_some() => Some(State::Withdrawn),
        () if recognition.withdrawn_at.is_some() => Some(State::Declined),
        () if recognition.waiting_since.is_none() => Some(State::Heard),
        () => None,
    }
}
