//! Verdicts as the API shows them.
use std::ops::Range;

use chrono::{DateTime, SubsecRound, Utc};
use domain::text::{Span, to_code_points};
use entity::{json, verdict};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

/// What a verdict says.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum VerdictState {
    /// The praise is theirs
    Credited,
    /// A person decides
    Open,
    /// It is not theirs
    Rejected,
    /// It was theirs, and was taken back
    Withdrawn,
}

/// A half-open range of Unicode code points of the comment's text.
#[derive(Clone, Debug, Object)]
pub struct SpanView {
    /// First code point.
    start: u32,
    /// One past the last.
    end: u32,
}

/// One reason for a verdict.
#[derive(Clone, Debug, Object)]
pub struct EvidenceView {
    /// Code of the catalogue.
    code: String,
    /// What was observed.
    value: f64,
    /// What the model makes of it.
    weight: f64,
}

/// A verdict on one comment and person.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct VerdictView {
    /// Its id.
    id: Uuid,
    /// The person; absent for the unnamed staff of the site.
    staff_id: Option<Uuid>,
    /// What it says.
    state: VerdictState,
    /// Whether it holds now.
    holds: bool,
    /// `engine` or `person`.
    decided_by: String,
    /// Revision of the words that it is about.
    revision: i32,
    /// 0 to 1, with four decimals, where the engine decided.
    confidence: Option<f64>,
    /// Where in the text.
    spans: Vec<SpanView>,
    /// Why.
    evidence: Vec<EvidenceView>,
    /// When.
    created_at: DateTime<Utc>,
}

impl SpanView {
    /// The spans of a verdict.
    #[must_use]
    pub fn all(spans: &json::Spans) -> Vec<SpanView> {
        let view = |span: &json::Span| SpanView {
            start: span.start,
            end: span.end,
        };
        spans.0.iter().map(view).collect()
    }

    /// Stretches of `text` in bytes.
    #[must_use]
    pub fn within(text: &str, stretches: &[Range<usize>]) -> Vec<SpanView> {
        let short = |position: usize| u32::try_from(position).unwrap_or(u32::MAX);
        let view = |stretch: &Range<usize>| {
            let Range { start, end } = stretch.clone();
            let points = to_code_points(text, Span { start, end });
            SpanView {
                start: short(points.start),
                end: short(points.end),
            }
        };
        stretches.iter().map(view).collect()
    }
}

impl EvidenceView {
    /// The reasons of a verdict.
    #[must_use]
    pub fn all(reasons: &json::Reasons) -> Vec<EvidenceView> {
        reasons.0.iter().cloned().map(evidence_of).collect()
    }
}

/// A confidence with four decimals: never certain, never impossible, as everywhere.
#[must_use]
pub fn confidence_of(verdict: &verdict::Model) -> Option<f64> {
    verdict
        .confidence
        .map(|confidence| (confidence * 1e4).round().clamp(1.0, 9_999.0) / 1e4)
}

impl VerdictView {
    /// A verdict, and whether it holds.
    #[must_use]
    pub fn new(holds: bool, verdict: verdict::Model) -> VerdictView {
        VerdictView {
            id: verdict.id,
            staff_id: verdict.staff_id,
            state: state_of(verdict.state),
            holds,
            decided_by: decided_by(verdict.decided_by).to_owned(),
            revision: verdict.revision,
            confidence: confidence_of(&verdict),
            spans: SpanView::all(&verdict.spans),
            evidence: EvidenceView::all(&verdict.evidence),
            created_at: verdict.created_at.trunc_subsecs(6),
        }
    }
}

pub(super) fn state_of(state: verdict::State) -> VerdictState {
    match state {
        verdict::State::Credited => VerdictState::Credited,
        verdict::State::Open => VerdictState::Open,
        verdict::State::Rejected => VerdictState::Rejected,
        verdict::State::Withdrawn => VerdictState::Withdrawn,
    }
}

pub(super) fn decided_by(by: verdict::DecidedBy) -> &'static str {
    match by {
        verdict::DecidedBy::Engine => "engine",
        verdict::DecidedBy::Person => "person",
    }
}

fn evidence_of(reason: json::Reason) -> EvidenceView {
    EvidenceView {
        code: reason.code,
        value: reason.value,
        weight: reason.weight,
    }
}

/// The verdicts on a comment.
#[derive(Clone, Debug, Object)]
pub struct VerdictList {
    /// Oldest first for each person.
    pub items: Vec<VerdictView>,
}
