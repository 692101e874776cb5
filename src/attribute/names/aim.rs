//! What of an attribution follows from a name alone.
use chrono::{DateTime, Utc};
use entity::{comment, verdict};
use uuid::Uuid;

use crate::{attribute::effects::of, ledger::verdict::Decision};

/// Why comments that were read before are read again: somebody bears a name now, or no more.
#[derive(Clone, Copy, Debug)]
pub struct Aim {
    /// Who.
    pub staff: Uuid,
    /// Since when the name was theirs, where it is theirs no more.
    pub undone: Option<DateTime<Utc>>,
}

impl Aim {
    /// Of what the engine says, what follows from the name. In the past nobody is asked anew: what was done and would be
    /// open now stays as it was.
    pub(crate) fn take(
        self,
        comment: &comment::Model,
        before: &[verdict::Model],
        said: Vec<Decision>,
    ) -> Vec<Decision> {
        let is_theirs = |decision: &Decision| decision.staff == Some(self.staff);
        if let Some(since) = self.undone {
            let followed = |decision: &Decision| {
                of(before, decision.staff).is_some_and(|before| before.created_at >= since)
            };
            let mut said = said;
            said.retain(|decision| is_theirs(decision) || followed(decision));
            return said;
        }
        let asks = |decision: &Decision| {
            decision.state == verdict::State::Open && comment.state != comment::State::Triage
        };
        let credits = |decision: &Decision| decision.state == verdict::State::Credited && is_theirs(decision);
        let is_credited = said.iter().any(credits);
        let was_open = |decision: &Decision| {
            of(before, decision.staff).is_some_and(|before| before.state == verdict::State::Open)
        };
        let follows = |decision: &Decision| is_credited && (decision.staff.is_none() || was_open(decision));
        let mut said = said;
        said.retain(|decision| !asks(decision) && (is_theirs(decision) || follows(decision)));
        said
    }
}
