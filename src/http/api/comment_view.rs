//! Comments and verdicts as the API takes and shows them.
use chrono::{DateTime, SubsecRound, Utc};
use entity::{comment, comment_revision, json, verdict};
use poem_openapi::{Enum, Object};
use uuid::Uuid;

use crate::capture::{
    incoming::{Consent, Scale, Score, Words},
    read::WithWords,
};

/// The scale of a score.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum ScoreScale {
    /// 0 to 10
    Nps,
    /// 1 to 5
    Csat,
    /// 1 to 7, 7 meaning easy
    Ces,
    /// 1 to 5
    Stars,
}

impl From<ScoreScale> for Scale {
    fn from(scale: ScoreScale) -> Scale {
        match scale {
            ScoreScale::Nps => Scale::Nps,
            ScoreScale::Csat => Scale::Csat,
            ScoreScale::Ces => Scale::Ces,
            ScoreScale::Stars => Scale::Stars,
        }
    }
}

/// A customer's score.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct ScoreView {
    /// Within the scale; decimals are allowed.
    value: f64,
    /// The scale.
    scale: ScoreScale,
}

/// Who wrote a comment.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none, deny_unknown_fields)]
pub struct AuthorView {
    /// The name they gave.
    #[oai(validator(max_length = 500))]
    name: Option<String>,
    /// Their name on a public network.
    #[oai(validator(max_length = 500))]
    handle: Option<String>,
    /// Where to answer them.
    #[oai(validator(max_length = 500))]
    contact: Option<String>,
}

/// Who may read the words besides managers.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum ConsentView {
    /// The person praised
    Staff,
    /// Their colleagues too
    Colleagues,
    /// Anyone
    Public,
}

impl From<ConsentView> for Consent {
    fn from(consent: ConsentView) -> Consent {
        match consent {
            ConsentView::Staff => Consent::Staff,
            ConsentView::Colleagues => Consent::Colleagues,
            ConsentView::Public => Consent::Public,
        }
    }
}

/// A comment to store.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewComment {
    /// The customer's words, kept as sent: 1 to 20,000 characters, not blank, without NUL.
    #[oai(validator(min_length = 1, max_length = 20000))]
    pub text: String,
    /// Name of the source; `api` where none is named.
    #[oai(validator(max_length = 500))]
    pub source: Option<String>,
    /// The sender's id of the comment.
    #[oai(validator(min_length = 1, max_length = 500))]
    pub external_id: Option<String>,
    /// The customer's score.
    pub score: Option<ScoreView>,
    /// Where it happened: a site's path such as `North / Leeds`, or its name where only one bears it.
    #[oai(validator(max_length = 500))]
    pub site: Option<String>,
    /// When the customer was served, or spoke; now where none is given.
    pub occurred_at: Option<DateTime<Utc>>,
    /// The sender's time of this version of the words.
    pub revised_at: Option<DateTime<Utc>>,
    /// Who wrote it.
    pub author: Option<AuthorView>,
    /// The customer's own answer to "who was it?".
    #[oai(validator(max_length = 500))]
    pub hint: Option<String>,
    /// Employee id of the person who served; decides who is meant, not whether it is praise.
    #[oai(validator(max_length = 500))]
    pub staff_reference: Option<String>,
    /// Where the original stands.
    #[oai(validator(max_length = 500))]
    pub permalink: Option<String>,
    /// Language of the words, such as `en` or `fr-CA`.
    #[oai(validator(max_length = 35))]
    pub language: Option<String>,
    /// Who may read the words besides managers; `staff` where nothing is said.
    pub consent: Option<ConsentView>,
    /// Whatever else the sender knows of it.
    pub metadata: Option<serde_json::Value>,
}

impl NewComment {
    /// The words with the site that was meant.
    #[must_use]
    pub fn words(self, site: Option<Uuid>) -> Words {
        Words {
            text: self.text,
            score: self.score.map(|score| Score {
                value: score.value,
                scale: score.scale.into(),
            }),
            site,
            hint: self.hint,
            author: self.author.map(|author| json::Author {
                name: author.name,
                handle: author.handle,
                external_id: None,
                contact: author.contact,
            }),
            staff_reference: self.staff_reference,
            permalink: self.permalink,
            language: self.language,
            consent: self.consent.map(Into::into).unwrap_or_default(),
            metadata: self.metadata,
        }
    }
}

/// What became of a comment that was sent.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum Storing {
    /// It is new
    New,
    /// It was here with the same words
    Same,
    /// It was here with other words; these hold now
    Revised,
    /// Newer words are here already
    Older,
    /// It was withdrawn or erased, and stays so
    Gone,
}

/// A stored comment.
#[derive(Clone, Debug, Object)]
pub struct StoredView {
    /// Its id.
    pub id: Uuid,
    /// What became of it.
    pub became: Storing,
}

/// Where a comment stands.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum CommentState {
    /// It looks like junk; an administrator releases or erases it
    Held,
    /// Its words may still change
    Settling,
    /// A worker is to find out who is meant
    Attributing,
    /// A person decides
    Triage,
    /// Every verdict is final
    Done,
}

impl From<CommentState> for comment::State {
    fn from(state: CommentState) -> comment::State {
        match state {
            CommentState::Held => comment::State::Held,
            CommentState::Settling => comment::State::Settling,
            CommentState::Attributing => comment::State::Attributing,
            CommentState::Triage => comment::State::Triage,
            CommentState::Done => comment::State::Done,
        }
    }
}

impl From<comment::State> for CommentState {
    fn from(state: comment::State) -> CommentState {
        match state {
            comment::State::Held => CommentState::Held,
            comment::State::Settling => CommentState::Settling,
            comment::State::Attributing => CommentState::Attributing,
            comment::State::Triage => CommentState::Triage,
            comment::State::Done => CommentState::Done,
        }
    }
}

/// What a comment is as a whole.
#[derive(Clone, Copy, Debug, Enum)]
#[oai(rename_all = "snake_case")]
pub enum CommentTone {
    /// Praise
    Praise,
    /// Praise and complaint
    Mixed,
    /// Complaint
    Complaint,
    /// Neither
    Neutral,
}

impl From<comment::Tone> for CommentTone {
    fn from(tone: comment::Tone) -> CommentTone {
        match tone {
            comment::Tone::Praise => CommentTone::Praise,
            comment::Tone::Mixed => CommentTone::Mixed,
            comment::Tone::Complaint => CommentTone::Complaint,
            comment::Tone::Neutral => CommentTone::Neutral,
        }
    }
}

/// A comment.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct CommentView {
    /// Its id.
    pub id: Uuid,
    /// Its source.
    pub source_id: Uuid,
    /// The sender's id of it.
    pub external_id: Option<String>,
    /// Where it happened.
    pub site_id: Option<Uuid>,
    /// Where it stands.
    pub state: CommentState,
    /// What it is as a whole, once it was attributed.
    pub tone: Option<CommentTone>,
    /// Number of the revision that holds.
    pub revision: i32,
    /// The words; gone once they are erased.
    pub text: Option<String>,
    /// The customer's score.
    pub score: Option<StoredScore>,
    /// Who wrote it.
    pub author: Option<AuthorView>,
    /// The customer's own answer to "who was it?".
    pub hint: Option<String>,
    /// Where the original stands.
    pub permalink: Option<String>,
    /// Language of the words.
    pub language: Option<String>,
    /// Who may read the words besides managers.
    pub consent: String,
    /// When the customer was served, or spoke.
    pub occurred_at: DateTime<Utc>,
    /// When it came in.
    pub received_at: DateTime<Utc>,
    /// When the engine last looked at it.
    pub attributed_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// When its words were erased.
    pub erased_at: Option<DateTime<Utc>>,
    /// Why.
    pub erased_reason: Option<String>,
}

/// A score as it was stored.
#[derive(Clone, Debug, Object)]
pub struct StoredScore {
    /// Within the scale.
    value: f64,
    /// `nps`, `csat`, `ces` or `stars`.
    scale: String,
}

impl From<WithWords> for CommentView {
    fn from((comment, words): WithWords) -> CommentView {
        CommentView {
            id: comment.id,
            source_id: comment.source_id,
            external_id: comment.external_id,
            site_id: comment.site_id,
            state: comment.state.into(),
            tone: comment.tone.map(Into::into),
            revision: comment.revision,
            score: score_of(&words),
            author: words.author.map(|author| AuthorView {
                name: author.name,
                handle: author.handle,
                contact: author.contact,
            }),
            text: words.text,
            hint: words.hint,
            permalink: words.permalink,
            language: words.language,
            consent: words.consent,
            occurred_at: comment.occurred_at,
            received_at: comment.received_at,
            attributed_at: comment.attributed_at,
            withdrawn_at: comment.withdrawn_at,
            erased_at: comment.erased_at,
            erased_reason: comment.erased_reason,
        }
    }
}

fn score_of(words: &comment_revision::Model) -> Option<StoredScore> {
    Some(StoredScore {
        value: words.score_value?,
        scale: words.score_scale.clone()?,
    })
}

/// A page of comments, newest first.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct CommentPage {
    /// The comments.
    pub items: Vec<CommentView>,
    /// Send it as `after` for the next page; absent on the last one.
    pub next: Option<String>,
}

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
}

impl EvidenceView {
    /// The reasons of a verdict.
    #[must_use]
    pub fn all(reasons: &json::Reasons) -> Vec<EvidenceView> {
        reasons.0.iter().cloned().map(evidence_of).collect()
    }
}

/// A confidence with four decimals.
#[must_use]
pub fn confidence_of(verdict: &verdict::Model) -> Option<f64> {
    verdict
        .confidence
        .map(|confidence| (confidence * 1e4).round() / 1e4)
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
