//! The leads of the shops look at what waits, a day or two after it came in, and mostly know who was meant.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{comment, verdict};
use uuid::Uuid;

use super::{ACTOR, company::Company, story::Told};
use crate::{
    app::App,
    roster::staff,
    triage::{self, Answer, NewDecision, list::Candidate},
};

/// A candidate below this is not worth a lead's thought.
const WORTH_A_THOUGHT: f64 = 0.2;
/// A candidate from here on is praised beside the person in question.
const SURELY_TOO: f64 = 0.5;
/// One comment in so many is left lying.
const LEFT_LYING: usize = 11;
/// What was left lying longer than this is decided after all.
const LONGEST_WAIT: TimeDelta = TimeDelta::days(18);

/// A comment that may wait for a decision.
#[derive(Debug)]
pub(super) struct Pending {
    id: Uuid,
    told: Told,
    decided_from: DateTime<Utc>,
}

impl Pending {
    /// The `number`th comment of the story.
    pub(super) fn new(id: Uuid, told: Told, number: usize) -> Pending {
        let hours = 20 + i64::try_from(number * 7 % 40).unwrap_or_default();
        let wait = match number % LEFT_LYING {
            0 => LONGEST_WAIT,
            _ => TimeDelta::hours(hours),
        };
        Pending {
            id,
            decided_from: told.received_at + wait,
            told,
        }
    }
}

/// Decides on what has waited long enough, and forgets it.
pub(super) async fn decide(app: &App, company: &Company, pending: &mut Vec<Pending>) -> anyhow::Result<()> {
    let now = app.clock.now();
    let (ripe, green) = std::mem::take(pending)
        .into_iter()
        .partition(|pending| pending.decided_from <= now);
    *pending = green;
    let ripe: Vec<Pending> = ripe;
    for pending in ripe {
        let waiting = triage::list::one(app.db.read(), company.organisation, pending.id).await?;
        let waiting = waiting.filter(|waiting| waiting.comment.0.state == comment::State::Triage);
        if let Some(waiting) = waiting {
            let answer = answer(app, company, &pending.told, &waiting.candidates).await?;
            say(app, company, pending.id, answer).await?;
        }
    }
    Ok(())
}

async fn say(app: &App, company: &Company, comment: Uuid, answer: Answer) -> anyhow::Result<()> {
    let decision = NewDecision {
        organisation: company.organisation,
        comment,
        answer,
        take_back: Vec::new(),
        keeps_others: false,
        actor: ACTOR,
        oneself: None,
        now: app.clock.now(),
    };
    let tx = app.db.write().await?;
    triage::decide(&tx, decision).await?;
    Ok(tx.commit().await?)
}

/// What a lead who knows the shop makes of the words.
async fn answer(
    app: &App,
    company: &Company,
    told: &Told,
    candidates: &[Candidate],
) -> anyhow::Result<Answer> {
    if !told.is_praise {
        return Ok(Answer::NotPraise);
    }
    let about = match &told.about {
        Some(employee_id) => staff::by_employee_id(app.db.read(), company.organisation, employee_id).await?,
        None => None,
    };
    let credited = match about {
        Some(person) => {
            let others = likely(candidates, SURELY_TOO).filter(|other| *other != person.id);
            std::iter::once(person.id).chain(others).collect()
        }
        None if are_namesakes(candidates) => Vec::new(),
        None => likely(candidates, WORTH_A_THOUGHT).collect::<Vec<_>>(),
    };
    Ok(match credited.is_empty() {
        true => Answer::NobodyKnown { site_praise: true },
        false => Answer::Credit(credited),
    })
}

fn likely(candidates: &[Candidate], from: f64) -> impl Iterator<Item = Uuid> {
    let open = candidates
        .iter()
        .filter(|candidate| candidate.verdict.state == verdict::State::Open);
    open.filter(move |candidate| candidate.verdict.confidence.unwrap_or_default() >= from)
        .map(|candidate| candidate.person.id)
}

/// Two who may be meant by the same name: even the lead cannot tell.
fn are_namesakes(candidates: &[Candidate]) -> bool {
    let called = |candidate: &Candidate| {
        let person = &candidate.person;
        person
            .preferred_name
            .clone()
            .unwrap_or_else(|| person.given_name.clone())
    };
    match candidates {
        [first, second, ..] => called(first) == called(second),
        _ => false,
    }
}
