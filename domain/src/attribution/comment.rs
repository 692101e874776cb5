//! What the engine is asked, and what it answers.

use std::borrow::Cow;

use chrono::NaiveDateTime;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::text::Span;

/// The scale of a customer's score.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// 0 to 10.
    Nps,
    /// 1 to 5.
    Csat,
    /// 1 to 7, where 7 is easy.
    Ces,
    /// 1 to 5.
    Stars,
}

impl Scale {
    /// All scales.
    pub const ALL: [Scale; 4] = [Scale::Nps, Scale::Csat, Scale::Ces, Scale::Stars];

    /// Its name in interfaces and tables.
    pub fn name(self) -> &'static str {
        match self {
            Scale::Nps => "nps",
            Scale::Csat => "csat",
            Scale::Ces => "ces",
            Scale::Stars => "stars",
        }
    }

    /// The scale of that name.
    pub fn from_name(name: &str) -> Option<Scale> {
        Scale::ALL.into_iter().find(|scale| scale.name() == name)
    }

    /// Lowest and highest value.
    pub fn range(self) -> (f64, f64) {
        match self {
            Scale::Nps => (0.0, 10.0),
            Scale::Csat | Scale::Stars => (1.0, 5.0),
            Scale::Ces => (1.0, 7.0),
        }
    }
}

/// A score as the customer gave it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// The value on its scale; decimals are allowed.
    pub value: f64,
    /// The scale.
    pub scale: Scale,
}

impl Score {
    /// The score as a share of its scale, 0 (worst) to 1 (best); `None` outside of the scale.
    pub fn fraction(self) -> Option<f64> {
        let (low, high) = self.scale.range();
        (low..=high)
            .contains(&self.value)
            .then(|| (self.value - low) / (high - low))
    }
}

/// A comment to attribute.
#[derive(Clone, Copy, Debug, Default)]
pub struct Comment<'a> {
    /// The customer's words.
    pub text: &'a str,
    /// The score, 0 (worst) to 1 (best).
    pub score: Option<f64>,
    /// The site it is about.
    pub site: Option<Uuid>,
    /// When it happened, in the site's local time.
    pub occurred_at: Option<NaiveDateTime>,
    /// The customer's name.
    pub author: Option<&'a str>,
    /// The answer to the form's "who was it?".
    pub hint: Option<&'a str>,
    /// Staff member named by the source itself. It decides who is meant, not whether that is praise.
    pub staff: Option<Uuid>,
    /// Language of the text (BCP 47), if the source knows it.
    pub language: Option<&'a str>,
}

/// How sure the engine must be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Confidence from which a person is credited without a human, 0 to 1.
    pub threshold: f64,
    /// Confidence from which a person is put before a human, 0 to 1.
    pub triage_floor: f64,
    /// How many times as likely as the runner-up somebody must be to be credited automatically.
    pub identity_margin: f64,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            threshold: 0.94,
            triage_floor: 0.05,
            identity_margin: 4.0,
        }
    }
}

/// What becomes of a comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Somebody is credited and nobody is open.
    Attributed,
    /// A human must look.
    Triage,
    /// Nobody is praised by a name that could be made out.
    None,
}

/// The tone of a whole comment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// It praises.
    Praise,
    /// It praises and complains.
    Mixed,
    /// It complains.
    Complaint,
    /// Neither.
    Neutral,
}

/// What is done about one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// Credited automatically.
    Credit,
    /// Put before a human.
    Open,
    /// Considered and dropped.
    Reject,
}

/// How the customer speaks of one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stance {
    /// With praise.
    Praised,
    /// With praise and complaint.
    Mixed,
    /// With complaint.
    Criticised,
    /// With mock praise.
    Mocked,
    /// With neither.
    Neutral,
}

/// One reason, for or against.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evidence {
    /// Which; see [`super::explain`].
    pub code: Cow<'static, str>,
    /// How strongly it is present.
    pub value: f64,
    /// What the model thinks of it; `value` × `weight` is its part of the log odds.
    pub weight: f64,
}

/// A person who was considered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Candidate {
    /// Staff member.
    pub staff: Uuid,
    /// Calibrated probability that this person is praised here, 0 to 1.
    pub confidence: f64,
    /// What is done about it.
    pub decision: Decision,
    /// How the customer speaks of the person.
    pub stance: Stance,
    /// Where the person is named, in bytes.
    pub spans: Vec<Span>,
    /// The clause that decided, in bytes.
    pub clause: Option<Span>,
    /// Reasons with any effect.
    pub evidence: Vec<Evidence>,
}

/// Praise of staff without a usable name.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unnamed {
    /// The words that praise, in bytes.
    pub spans: Vec<Span>,
    /// The job title spoken of, as the customer wrote it.
    pub job_title: Option<String>,
    /// Who it may be, if title, site and shift leave five or fewer: they stand among the candidates as open. Without
    /// them it is praise of the site.
    pub candidates: Vec<Uuid>,
}

/// A name that is praised and that nobody here bears.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unmet {
    /// Where it stands, in bytes.
    pub span: Span,
    /// How sure it is that staff is praised by it, 0 to 1.
    pub confidence: f64,
    /// Colleagues at the site whose names are nearest.
    pub nearest: Vec<Uuid>,
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Attribution {
    /// Triage if anyone is open, else attributed if anyone is credited, else none.
    pub outcome: Outcome,
    /// Tone of the whole comment.
    pub tone: Tone,
    /// Everyone considered, best first.
    pub candidates: Vec<Candidate>,
    /// Praise of staff without a usable name.
    pub unnamed: Option<Unnamed>,
    /// Names that are praised and that nobody here bears, in the order of the text.
    pub unmet: Vec<Unmet>,
    /// Version of the roster that was asked.
    pub roster_version: i64,
    /// Version of the model that was asked.
    pub model_version: String,
}
