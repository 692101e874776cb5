//! The table of verdicts: appended, never edited. The one with the highest sequence on a comment and person holds.
use chrono::{DateTime, Utc};
use entity::{
    comment::Tone,
    json::{Reasons, Spans},
    verdict,
};
use sea_orm::{ActiveValue::Set, DbErr};
use uuid::Uuid;

use crate::platform::db::{Tx, insert_all};

pub use entity::verdict::{current, history};

/// A verdict to append.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Whose.
    pub organisation: Uuid,
    /// On which comment.
    pub comment: Uuid,
    /// On whom; none for the unnamed staff of the site.
    pub staff: Option<Uuid>,
    /// One more than that of the verdict before it.
    pub sequence: i32,
    /// Of which words.
    pub revision: i32,
    /// What.
    pub state: verdict::State,
    /// By whom.
    pub decided_by: verdict::DecidedBy,
    /// The account or key, where a person decided.
    pub actor: Option<String>,
    /// The engine's run.
    pub attribution: Option<Uuid>,
    /// 0 to 1, by the engine.
    pub confidence: Option<f64>,
    /// Place among the candidates, from 1.
    pub rank: Option<i32>,
    /// Where in the text.
    pub spans: Spans,
    /// Why.
    pub evidence: Reasons,
}

impl Decision {
    /// A decision that follows another on the same comment and person, and keeps its evidence.
    #[must_use]
    pub fn following(verdict: &verdict::Model) -> Decision {
        Decision {
            organisation: verdict.organisation_id,
            comment: verdict.comment_id,
            staff: verdict.staff_id,
            sequence: verdict.sequence + 1,
            revision: verdict.revision,
            state: verdict.state,
            decided_by: verdict.decided_by,
            actor: verdict.actor.clone(),
            attribution: verdict.attribution_id,
            confidence: verdict.confidence,
            rank: verdict.rank,
            spans: verdict.spans.clone(),
            evidence: verdict.evidence.clone(),
        }
    }
}

/// The tone of a comment, given that of its words. One that credits somebody is no complaint, however angry the rest:
/// it is mixed, so that the praise reaches its feed and the rest the lead, and no complaint ever reaches a feed.
#[must_use]
pub fn tone_with(of_words: Tone, mut states: impl Iterator<Item = verdict::State>) -> Tone {
    match of_words {
        Tone::Complaint if states.any(|state| state == verdict::State::Credited) => Tone::Mixed,
        tone => tone,
    }
}

/// Appends verdicts and returns their ids. The comments must be locked by the caller.
pub async fn append(tx: &Tx, decisions: Vec<Decision>, now: DateTime<Utc>) -> Result<Vec<Uuid>, DbErr> {
    let ids: Vec<Uuid> = decisions.iter().map(|_| Uuid::now_v7()).collect();
    if decisions.is_empty() {
        return Ok(ids);
    }
    let rows = decisions.into_iter().zip(&ids);
    insert_all(tx, rows.map(|(decision, id)| row(*id, decision, now))).await?;
    Ok(ids)
}

fn row(id: Uuid, decision: Decision, now: DateTime<Utc>) -> verdict::ActiveModel {
    verdict::ActiveModel {
        id: Set(id),
        organisation_id: Set(decision.organisation),
        comment_id: Set(decision.comment),
        staff_id: Set(decision.staff),
        sequence: Set(decision.sequence),
        revision: Set(decision.revision),
        state: Set(decision.state),
        decided_by: Set(decision.decided_by),
        actor: Set(decision.actor),
        attribution_id: Set(decision.attribution),
        confidence: Set(decision.confidence),
        rank: Set(decision.rank),
        spans: Set(decision.spans),
        evidence: Set(decision.evidence),
        created_at: Set(now),
    }
}
