//! What people have done with a customer's words, as steps. What the service found in them and whom it told is no step:
//! a receipt would tell strangers who works here.
use serde::Serialize;

use super::super::{Moment, Words};

/// A bead on the line.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Done, or how it stands.
    pub state: StepState,
    /// Key of the sentence.
    pub key: &'static str,
    /// Key of a second, quieter sentence.
    pub hint: Option<&'static str>,
    /// The site's or person's name in the sentence.
    pub what: String,
    /// When it happened; none unless it has.
    pub at: Option<Moment>,
    /// What a colleague wrote.
    pub note: Option<Note>,
}

/// Whether a step has happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    /// It has happened.
    Done,
    /// It is how things stand.
    Now,
}

/// A line from a colleague to the customer.
#[derive(Clone, Debug, Serialize)]
pub struct Note {
    /// The line.
    pub text: Words,
    /// Who signs it.
    pub by: Option<String>,
}

/// What is known of the words' way.
#[derive(Clone, Debug)]
pub struct Heard {
    /// They came in.
    pub received: Moment,
    /// What people did since, first one first.
    pub acts: Vec<(Moment, Act)>,
    /// Nobody did anything for so long that nothing is to be expected.
    pub is_kept: bool,
    /// The site, or the organisation.
    pub place: String,
}

/// What somebody did.
#[derive(Clone, Debug)]
pub enum Act {
    /// Read them to one of the people they mean, or handed them over, perhaps with a line.
    PassedOn(Option<Note>),
    /// Wrote back: the line, signed with the name the person chose.
    Answered(Note),
    /// Took them up, and has not ended it.
    LooksInto,
    /// Said that nothing more is to be done.
    Closed,
}

impl Heard {
    /// The headline's key: the best thing that is true.
    pub fn headline(&self) -> &'static str {
        let has = |is: fn(&Act) -> bool| self.acts.iter().any(|(_, act)| is(act));
        match () {
            () if self.name().is_some() => "receipt.headline.answered",
            () if has(|act| matches!(act, Act::PassedOn(_))) => "receipt.headline.passed_on",
            () => "receipt.headline.received",
        }
    }

    /// The name of somebody who answered.
    pub fn name(&self) -> Option<String> {
        self.acts.iter().find_map(|(_, act)| match act {
            Act::Answered(note) => note.by.clone(),
            _ => None,
        })
    }

    /// The steps so far, and how things stand.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = vec![self.done("receipt.step.received", &self.received)];
        if self.acts.is_empty() {
            steps.push(self.waiting());
        }
        steps.extend(self.acts.iter().map(|(at, act)| self.step(at, act)));
        steps
    }

    fn waiting(&self) -> Step {
        let (key, hint) = match self.is_kept {
            true => ("receipt.step.kept", "receipt.step.kept_hint"),
            false => ("receipt.step.waiting", "receipt.step.waiting_hint"),
        };
        Step {
            state: StepState::Now,
            key,
            hint: Some(hint),
            what: self.place.clone(),
            at: None,
            note: None,
        }
    }

    fn step(&self, at: &Moment, act: &Act) -> Step {
        let (key, note) = match act {
            Act::PassedOn(note) => ("receipt.step.passed_on", note.clone()),
            Act::Answered(note) => ("receipt.step.answered", Some(note.clone())),
            Act::LooksInto => ("receipt.step.looks_into", None),
            Act::Closed => ("receipt.step.closed", None),
        };
        let step = self.done(key, at);
        let by = match act {
            Act::Answered(note) => note.by.clone(),
            _ => None,
        };
        Step {
            what: by.unwrap_or(step.what),
            note,
            state: step.state,
            key,
            hint: None,
            at: step.at,
        }
    }

    fn done(&self, key: &'static str, at: &Moment) -> Step {
        Step {
            state: StepState::Done,
            key,
            hint: None,
            what: self.place.clone(),
            at: Some(at.clone()),
            note: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(at: &str) -> Moment {
        Moment::near(at.parse().unwrap(), chrono_tz::UTC, at.parse().unwrap())
    }

    /// A sample: just received.
    fn received() -> Heard {
        Heard {
            received: near("2026-11-21T14:20:00Z"),
            acts: Vec::new(),
            is_kept: false,
            place: "Castle Street".to_owned(),
        }
    }

    /// Samples of every way.
    fn heards() -> Vec<(&'static str, Heard)> {
        let note = |text, by: &str| Note {
            text: Words::plain(text, Some("en")),
            by: Some(by.to_owned()),
        };
        let received = received();
        let with = |acts: &[(Moment, Act)]| Heard {
            acts: acts.to_vec(),
            ..received.clone()
        };
        let line = "Half the shop now wants to see this hinge. Thank you for writing it down.";
        let back = "I won’t tell her. If the other door starts to drop, bring me that hinge too.";
        let passed_on = Act::PassedOn(Some(note(line, "Jonas Keller")));
        let passed_on = (near("2026-11-21T17:35:00Z"), passed_on);
        let answered = (near("2026-11-21T18:02:00Z"), Act::Answered(note(back, "Amina")));
        let looks_into = (near("2026-11-21T14:50:00Z"), Act::LooksInto);
        let closed = (near("2026-11-21T15:30:00Z"), Act::Closed);
        let kept = Heard {
            is_kept: true,
            ..received.clone()
        };
        vec![
            ("received", received.clone()),
            ("kept", kept),
            ("passed-on", with(std::slice::from_ref(&passed_on))),
            ("answered", with(&[passed_on, answered])),
            ("looks-into", with(&[looks_into])),
            ("closed", with(&[closed])),
        ]
    }

    fn sample(name: &str) -> Heard {
        let mut all = heards().into_iter();
        all.find(|(known, _)| *known == name).unwrap().1
    }

    #[test]
    fn nothing_is_said_to_have_happened_before_it_has() {
        for (name, heard) in heards() {
            for step in heard.steps() {
                let has_happened = step.state == StepState::Done;
                assert_eq!(has_happened, step.at.is_some(), "{name}: {}", step.key);
            }
        }
    }

    #[test]
    fn a_person_is_named_only_if_they_answered() {
        let passed_on = sample("passed-on");
        assert_eq!(passed_on.headline(), "receipt.headline.passed_on");
        assert!(passed_on.steps().iter().all(|step| step.what == "Castle Street"));
        assert_eq!(sample("answered").headline(), "receipt.headline.answered");
    }
}
