//! What has happened to a customer's words, as steps: each only when it is true.
use serde::Serialize;

use super::super::{Language, Moment, Words};
use super::sample;

/// A bead on the line.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// Done, under way or not yet.
    pub state: StepState,
    /// Key of the sentence.
    pub key: &'static str,
    /// Key of a second, quieter sentence.
    pub hint: Option<&'static str>,
    /// The site's or person's name in the sentence; empty where it has none.
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
    /// It is happening.
    Now,
    /// It may happen.
    Next,
}

/// A line from a colleague to the customer.
#[derive(Clone, Debug, Serialize)]
pub struct Note {
    /// The line.
    pub text: Words,
    /// Who signs it.
    pub by: Option<String>,
}

/// What is known of the words' way. Times are those at which it became true.
#[derive(Clone, Debug)]
pub struct Heard {
    /// The words are kept.
    pub received: Moment,
    /// What was found in them.
    pub finding: Finding,
    /// The manager was told.
    pub with_manager: Option<Moment>,
    /// Times they were read to one of the people they mean, or handed over, perhaps with a line; first one first.
    pub passed_on: Vec<(Moment, Option<Note>)>,
    /// Somebody they mean has not heard them yet.
    pub waits: bool,
    /// What those people wrote back, first one first.
    pub answers: Vec<Answer>,
    /// The name of somebody who answered.
    pub name: Option<String>,
    /// The site, or the organisation.
    pub place: String,
}

/// What was found in the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finding {
    /// They wait until somebody has seen that they are no junk.
    Held,
    /// Nobody has looked yet.
    Reading,
    /// A person decides whom they mean.
    Deciding,
    /// Somebody earned them.
    Person,
    /// They thank the place, without a person that could be told.
    Place,
    /// They thank nobody; somebody was told who can put things right.
    Concern,
    /// They thank nobody we could find, and wait for nothing.
    Nobody,
}

/// What the person wrote back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// When.
    pub at: Moment,
    /// The line, signed with the name the person chose.
    pub note: Note,
}

impl Heard {
    /// The headline's key: the best thing that is true.
    pub fn headline(&self) -> &'static str {
        match (&self.name, self.passed_on.is_empty()) {
            (Some(_), _) if !self.answers.is_empty() => "receipt.headline.answered",
            (Some(_), false) => "receipt.headline.passed_on",
            (None, false) => "receipt.headline.passed_on_unnamed",
            _ => "receipt.headline.received",
        }
    }

    /// The steps so far, the one under way, and those that may come.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = vec![self.done("receipt.step.received", &self.received)];
        match self.finding {
            Finding::Held => steps.push(self.next("receipt.step.reading")),
            Finding::Reading => {
                steps.push(self.now("receipt.step.reading", Some("receipt.step.reading_hint")));
            }
            Finding::Deciding => {
                steps.push(self.now("receipt.step.deciding", Some("receipt.step.deciding_hint")));
            }
            Finding::Person => {}
            Finding::Place => return self.told(steps, "receipt.step.to_place", "receipt.step.place"),
            Finding::Concern => return self.told(steps, "receipt.step.to_concern", "receipt.step.concern"),
            Finding::Nobody => {
                steps.push(self.now("receipt.step.nobody", None));
                return steps;
            }
        }
        self.way(&mut steps);
        steps
    }

    fn way(&self, steps: &mut Vec<Step>) {
        let found = self.finding == Finding::Person;
        match &self.with_manager {
            Some(at) => steps.push(self.done("receipt.step.with_manager", at)),
            None if found => steps.push(self.now("receipt.step.to_manager", None)),
            None => steps.push(self.next("receipt.step.with_manager")),
        }
        for (at, note) in &self.passed_on {
            steps.push(Step {
                note: note.clone(),
                ..self.done("receipt.step.passed_on_unnamed", at)
            });
        }
        match &self.with_manager {
            Some(_) if self.waits => {
                let hint = Some("receipt.step.passing_on_hint");
                steps.push(self.now("receipt.step.passing_on", hint));
            }
            None if self.passed_on.is_empty() && self.answers.is_empty() => {
                steps.push(self.next("receipt.step.passed_on_unnamed"));
            }
            _ => {}
        }
        if self.answers.is_empty() {
            steps.push(self.next("receipt.step.answer"));
        }
        steps.extend(self.answers.iter().map(|answer| self.answered(answer)));
    }

    /// The last step of words that go to whoever leads the place: `before` somebody was told, and `after`.
    fn told(&self, mut steps: Vec<Step>, before: &'static str, after: &'static str) -> Vec<Step> {
        steps.push(match &self.with_manager {
            Some(at) => self.done(after, at),
            None => self.now(before, None),
        });
        steps
    }

    fn answered(&self, answer: &Answer) -> Step {
        let name = answer.note.by.clone();
        let key = if name.is_some() {
            "receipt.step.answered"
        } else {
            "receipt.step.answered_unnamed"
        };
        Step {
            what: name.unwrap_or_default(),
            note: Some(answer.note.clone()),
            ..self.done(key, &answer.at)
        }
    }

    fn done(&self, key: &'static str, at: &Moment) -> Step {
        let step = self.next(key);
        Step {
            state: StepState::Done,
            at: Some(at.clone()),
            ..step
        }
    }

    fn now(&self, key: &'static str, hint: Option<&'static str>) -> Step {
        Step {
            state: StepState::Now,
            hint,
            ..self.next(key)
        }
    }

    fn next(&self, key: &'static str) -> Step {
        Step {
            state: StepState::Next,
            key,
            hint: None,
            what: self.place.clone(),
            at: None,
            note: None,
        }
    }
}

/// A sample: just received.
pub(super) fn reading(language: Language) -> Heard {
    Heard {
        received: sample::near("2026-11-21T14:20:00Z", language),
        finding: Finding::Reading,
        with_manager: None,
        passed_on: Vec::new(),
        waits: false,
        answers: Vec::new(),
        name: None,
        place: "Castle Street".to_owned(),
    }
}

/// Samples of every way.
pub(super) fn heards(language: Language) -> Vec<(&'static str, Heard)> {
    let near = |at| sample::near(at, language);
    let note = |text, by: &str| Note {
        text: Words::plain(text, Some("en")),
        by: Some(by.to_owned()),
    };
    let reading = reading(language);
    let held = Heard {
        finding: Finding::Held,
        ..reading.clone()
    };
    let deciding = Heard {
        finding: Finding::Deciding,
        ..reading.clone()
    };
    let manager = Heard {
        finding: Finding::Person,
        with_manager: Some(near("2026-11-21T14:21:00Z")),
        waits: true,
        ..reading.clone()
    };
    let line = note(
        "Half the shop now wants to see this hinge. Thank you for writing it down.",
        "Jonas Keller",
    );
    let passed_on = Heard {
        passed_on: vec![(near("2026-11-21T17:35:00Z"), Some(line))],
        waits: false,
        ..manager.clone()
    };
    let back = note(
        "I won’t tell her. If the other door starts to drop, bring me that hinge too.",
        "Amina",
    );
    let answer = Answer {
        at: near("2026-11-21T18:02:00Z"),
        note: back,
    };
    let answered = Heard {
        answers: vec![answer],
        name: Some("Amina".to_owned()),
        ..passed_on.clone()
    };
    let place = Heard {
        finding: Finding::Place,
        ..manager.clone()
    };
    let concern = Heard {
        finding: Finding::Concern,
        ..manager.clone()
    };
    let to_place = Heard {
        finding: Finding::Place,
        ..reading.clone()
    };
    let to_concern = Heard {
        finding: Finding::Concern,
        ..reading.clone()
    };
    let nobody = Heard {
        finding: Finding::Nobody,
        ..reading.clone()
    };
    vec![
        ("received", reading),
        ("held", held),
        ("deciding", deciding),
        ("manager", manager),
        ("passed-on", passed_on),
        ("answered", answered),
        ("place", place),
        ("concern", concern),
        ("to-place", to_place),
        ("to-concern", to_concern),
        ("nobody", nobody),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(heard: &Heard) -> Vec<(&'static str, StepState)> {
        heard.steps().iter().map(|step| (step.key, step.state)).collect()
    }

    fn sample(name: &str) -> Heard {
        heards(Language::English)
            .into_iter()
            .find(|(known, _)| *known == name)
            .unwrap()
            .1
    }

    #[test]
    fn nothing_is_said_to_have_happened_before_it_has() {
        for (name, heard) in heards(Language::English) {
            for step in heard.steps() {
                assert_eq!(
                    step.state == StepState::Done,
                    step.at.is_some(),
                    "{name}: {}",
                    step.key
                );
            }
        }
    }

    #[test]
    fn words_just_received_are_being_read() {
        let steps = told(&sample("received"));
        assert_eq!(steps[0], ("receipt.step.received", StepState::Done));
        assert_eq!(steps[1], ("receipt.step.reading", StepState::Now));
        assert!(steps[2..].iter().all(|(_, state)| *state == StepState::Next));
    }

    #[test]
    fn a_person_is_named_only_if_the_name_may_be_known() {
        let passed_on = sample("passed-on");
        assert_eq!(passed_on.headline(), "receipt.headline.passed_on_unnamed");
        assert!(passed_on.steps().iter().all(|step| step.what == "Castle Street"));
        assert_eq!(sample("answered").headline(), "receipt.headline.answered");
    }

    #[test]
    fn a_concern_promises_no_manager_and_no_answer() {
        let steps = told(&sample("concern"));
        assert_eq!(steps[1..], [("receipt.step.concern", StepState::Done)]);
    }
}
