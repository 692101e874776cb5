//! `/v1/precision`
use poem::web::Data;
use poem_openapi::{Object, OpenApi, payload::Json};
use uuid::Uuid;

use super::Tag;
use crate::{
    access::Action,
    roster::organisation as organisations,
    triage::check::precision::{self, Proposal, Tally},
    web::{Web, auth::Auth, problem::Failure},
};

/// Operations on how often automatic credits are right.
#[derive(Debug)]
pub struct Precision;

/// Answers to questions about automatic credits.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct TallyView {
    /// How many there are.
    pub n: u64,
    /// How many confirmed the credit.
    pub right: u64,
    /// The share that was right; absent below 30 answers.
    pub precision: Option<f64>,
    /// Lower end of the interval in which the true share lies in 95 of 100 cases (Wilson).
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

impl From<Tally> for TallyView {
    fn from(tally: Tally) -> TallyView {
        let interval = tally.interval();
        TallyView {
            n: tally.n,
            right: tally.right,
            precision: tally.precision().map(four),
            low: interval.map(|(low, _)| four(low)),
            high: interval.map(|(_, high)| four(high)),
        }
    }
}

/// With four decimals.
fn four(share: f64) -> f64 {
    (share * 10_000.0).round() / 10_000.0
}

/// Answers about one source.
#[derive(Clone, Debug, Object)]
pub struct SourcePrecision {
    /// The source.
    pub source_id: Uuid,
    /// Its answers.
    pub answers: TallyView,
}

/// Answers about one language.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct LanguagePrecision {
    /// Its code; absent for languages that are not read.
    pub language: Option<String>,
    /// Its answers.
    pub answers: TallyView,
}

/// A threshold that reaches what the organisation wants.
#[derive(Clone, Debug, Object)]
pub struct ProposedThresholdView {
    /// The lowest, in hundredths, from which on answers reach the target.
    pub threshold: f64,
    /// The answers from there on.
    pub answers: TallyView,
    /// Of credits that were automatic in the last 90 days, the share that would be; above 1 where it is lower than the
    /// present one.
    pub kept: f64,
}

impl From<Proposal> for ProposedThresholdView {
    fn from(proposal: Proposal) -> ProposedThresholdView {
        ProposedThresholdView {
            threshold: proposal.threshold,
            answers: proposal.tally.into(),
            kept: four(proposal.kept),
        }
    }
}

/// How often automatic credits are right, by the answers of the last year.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct PrecisionView {
    /// All of them.
    pub all: TallyView,
    /// By source.
    pub by_source: Vec<SourcePrecision>,
    /// By language.
    pub by_language: Vec<LanguagePrecision>,
    /// Automatic credits that people took back in that year, asked or not.
    pub corrected: u64,
    /// Questions that wait.
    pub waiting: u64,
    /// Confidence from which credits are automatic now.
    pub threshold: f64,
    /// The precision that the organisation wants.
    pub target: f64,
    /// The threshold that reaches it; absent where none does, or answers are too few to say.
    pub proposal: Option<ProposedThresholdView>,
}

#[OpenApi(prefix_path = "/precision", tag = "Tag::Organisation")]
impl Precision {
    /// Get how often automatic credits are right
    ///
    /// A small random share of them is put as a question before somebody who was not told: `check_every` of the
    /// organisation. This counts the answers.
    #[oai(path = "/", method = "get", operation_id = "get_precision")]
    async fn get(&self, auth: Auth, Data(web): Data<&Web>) -> Result<Json<PrecisionView>, Failure> {
        let caller = auth.permit(Action::GET_PRECISION)?;
        let db = web.app.db.read();
        let own = organisations::by_id(db, caller.organisation).await?;
        let own = own.ok_or_else(|| Failure::not_found("organisation"))?;
        let found = precision::precision(db, &own, web.app.clock.now()).await?;
        let by_source = found
            .by_source
            .into_iter()
            .map(|(source_id, tally)| SourcePrecision {
                source_id,
                answers: tally.into(),
            });
        let by_language = found
            .by_language
            .into_iter()
            .map(|(language, tally)| LanguagePrecision {
                language,
                answers: tally.into(),
            });
        Ok(Json(PrecisionView {
            all: found.all.into(),
            by_source: by_source.collect(),
            by_language: by_language.collect(),
            corrected: found.corrected,
            waiting: found.waiting,
            threshold: found.threshold,
            target: found.target,
            proposal: found.proposal.map(Into::into),
        }))
    }
}
