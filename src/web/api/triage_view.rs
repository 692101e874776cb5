//! What the API says of triage and complaints.
use chrono::{DateTime, SubsecRound, Utc};
use entity::decision;
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use super::{
    comment_view::CommentView,
    verdict_view::{EvidenceView, SpanView, VerdictState, confidence_of, decided_by, state_of},
};
use crate::triage::{
    Answer,
    list::{Candidate, Waiting},
};

/// A comment that waits for a person.
#[derive(Clone, Debug, Object)]
pub struct TriageItem {
    /// The comment and its words.
    comment: CommentView,
    /// Whether the words changed since a person decided.
    words_changed: bool,
    /// Where the text praises staff without naming them.
    unnamed_spans: Vec<SpanView>,
    /// Whom it may mean, best first.
    candidates: Vec<CandidateView>,
}

/// Somebody whom a comment may mean.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct CandidateView {
    /// The staff member.
    staff_id: Uuid,
    /// The organisation's own id of them.
    employee_id: String,
    /// Their name.
    name: String,
    /// The verdict that holds.
    state: VerdictState,
    /// `engine` or `person`.
    decided_by: String,
    /// 0 to 1, with four decimals, where the engine decided.
    confidence: Option<f64>,
    /// Where in the text.
    spans: Vec<SpanView>,
    /// The evidence, by codes.
    evidence: Vec<EvidenceView>,
}

impl From<Waiting> for TriageItem {
    fn from(waiting: Waiting) -> TriageItem {
        TriageItem {
            words_changed: waiting.comment.0.words_changed,
            comment: waiting.comment.into(),
            unnamed_spans: SpanView::all(&waiting.unnamed),
            candidates: waiting.candidates.into_iter().map(CandidateView::from).collect(),
        }
    }
}

impl From<Candidate> for CandidateView {
    fn from(candidate: Candidate) -> CandidateView {
        let (person, verdict) = (candidate.person, candidate.verdict);
        CandidateView {
            staff_id: person.id,
            name: person.plain_name(),
            employee_id: person.employee_id,
            state: state_of(verdict.state),
            decided_by: decided_by(verdict.decided_by).to_owned(),
            confidence: confidence_of(&verdict),
            spans: SpanView::all(&verdict.spans),
            evidence: EvidenceView::all(&verdict.evidence),
        }
    }
}

/// A page of triage, oldest first.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct TriagePage {
    /// The comments.
    pub items: Vec<TriageItem>,
    /// Send it as `after` for the next page; absent on the last one.
    pub next: Option<String>,
}

/// What a person decides.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum DecisionKind {
    /// It praises the people in `staff`; what else is open is rejected
    Credit,
    /// The name is not that of somebody on the staff
    NotStaff,
    /// It praises nobody; what was credited is withdrawn
    NotPraise,
    /// It praises somebody whom nobody knows
    NobodyKnown,
}

/// What was decided.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum DecisionTaken {
    /// It praises these people
    Credit,
    /// The name is not that of somebody on the staff
    NotStaff,
    /// It praises nobody
    NotPraise,
    /// It praises somebody whom nobody knows
    NobodyKnown,
    /// Somebody who was credited said that it was not they
    NotMe,
    /// Somebody said that it was they
    Claim,
}

impl From<decision::Kind> for DecisionTaken {
    fn from(kind: decision::Kind) -> DecisionTaken {
        match kind {
            decision::Kind::Credit => DecisionTaken::Credit,
            decision::Kind::NotStaff => DecisionTaken::NotStaff,
            decision::Kind::NotPraise => DecisionTaken::NotPraise,
            decision::Kind::NobodyKnown => DecisionTaken::NobodyKnown,
            decision::Kind::NotMe => DecisionTaken::NotMe,
            decision::Kind::Claim => DecisionTaken::Claim,
        }
    }
}

/// A decision on a comment.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct DecideTriage {
    /// What.
    decision: DecisionKind,
    /// With `credit`: ids of the staff members it praises, candidates or not.
    #[oai(default, validator(max_items = 50))]
    staff: Vec<Uuid>,
    /// Ids of staff members who were credited and should not be.
    #[oai(default, validator(max_items = 50))]
    take_back: Vec<Uuid>,
    /// With `nobody_known`: whether it counts as praise of the site.
    #[oai(default)]
    site_praise: bool,
}

impl DecideTriage {
    /// The answer and whose credits are taken back; `None` where fields do not belong together.
    #[must_use]
    pub fn into_answer(self) -> Option<(Answer, Vec<Uuid>)> {
        let is_credit = matches!(self.decision, DecisionKind::Credit);
        let is_unknown = matches!(self.decision, DecisionKind::NobodyKnown);
        if (!is_credit && !self.staff.is_empty()) || (!is_unknown && self.site_praise) {
            return None;
        }
        let answer = match self.decision {
            DecisionKind::Credit => Answer::Credit(self.staff),
            DecisionKind::NotStaff => Answer::NotStaff,
            DecisionKind::NotPraise => Answer::NotPraise,
            DecisionKind::NobodyKnown => Answer::NobodyKnown {
                site_praise: self.site_praise,
            },
        };
        Some((answer, self.take_back))
    }
}

/// A decision that was taken.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DecisionView {
    /// Its id.
    id: Uuid,
    /// The comment.
    comment_id: Uuid,
    /// Counts the decisions on the comment, from 1.
    number: i32,
    /// What was decided.
    decision: DecisionTaken,
    /// When.
    created_at: DateTime<Utc>,
    /// When it was undone.
    undone_at: Option<DateTime<Utc>>,
}

impl From<decision::Model> for DecisionView {
    fn from(decision: decision::Model) -> DecisionView {
        DecisionView {
            id: decision.id,
            comment_id: decision.comment_id,
            number: decision.number,
            decision: decision.kind.into(),
            created_at: decision.created_at.trunc_subsecs(6),
            undone_at: decision.undone_at.map(|at| at.trunc_subsecs(6)),
        }
    }
}
