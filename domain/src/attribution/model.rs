//! The weights, and how cues become probabilities.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};

use super::cue::{PRAISE_CODES, PraiseValues, STAFF_CODES, StaffValues};
use super::words::WordWeights;

/// Why a file is not a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// It is not JSON of the right shape.
    #[error("the model is not JSON of the expected shape: {0}")]
    Shape(#[from] serde_json::Error),
    /// It weighs a cue that this version does not know.
    #[error("the model weighs \"{0}\", which this version of Plaudit does not know")]
    UnknownCue(String),
    /// A cue is not weighed.
    #[error("the model has no weight for \"{0}\"")]
    MissingCue(&'static str),
}

/// A model as it is written to a file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelFile {
    /// Name of this set of weights.
    pub version: String,
    /// SHA-256 of the files it was fitted on, by name.
    pub trained_on: BTreeMap<String, String>,
    /// Weights of the cues that a mention is a staff member, by code.
    pub staff: BTreeMap<String, f64>,
    /// Weights of the cues that the person is praised, by code.
    pub praise: BTreeMap<String, f64>,
    /// Weights of words around a name, for being staff.
    pub staff_words: WordWeights,
    /// Weights of words around a name, for being praised.
    pub praise_words: WordWeights,
    /// How both together become a probability.
    pub calibration: Calibration,
    /// Weights of evidence for one namesake over another; set by hand (see docs/attribution.md).
    pub identity: IdentityWeights,
}

/// Confidence = logistic(`offset` + `slope` × logit(p(staff) × p(praise))) (Platt scaling).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Added to the log odds.
    pub offset: f64,
    /// Multiplies the log odds.
    pub slope: f64,
}

/// Log weights of what tells namesakes apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IdentityWeights {
    /// The job title stands near the name.
    pub job_title: f64,
    /// At work at the time.
    pub on_shift: f64,
    /// Not at work at the time.
    pub off_shift: f64,
    /// No longer employed, or not yet.
    pub left: f64,
    /// The very name, not a short form or another spelling.
    pub proper_name: f64,
}

impl Default for IdentityWeights {
    fn default() -> Self {
        IdentityWeights {
            job_title: 1.6,
            on_shift: 1.5,
            off_shift: -1.5,
            left: -2.5,
            proper_name: 1.6,
        }
    }
}

/// A model ready for use.
#[derive(Clone, Debug)]
pub struct Model {
    version: String,
    pub(crate) staff: [f64; STAFF_CODES.len()],
    pub(crate) praise: [f64; PRAISE_CODES.len()],
    pub(crate) staff_words: WordWeights,
    pub(crate) praise_words: WordWeights,
    pub(crate) calibration: Calibration,
    pub(crate) identity: IdentityWeights,
}

impl Model {
    /// The model that this crate ships.
    #[expect(
        clippy::expect_used,
        reason = "the file is part of the crate; a test reads it"
    )]
    pub fn shipped() -> &'static Model {
        static SHIPPED: OnceLock<Model> = OnceLock::new();
        SHIPPED.get_or_init(|| {
            Model::from_json(include_str!("../../data/weights.json")).expect("data/weights.json is a model")
        })
    }

    /// Reads a model file.
    pub fn from_json(json: &str) -> Result<Model, ModelError> {
        Model::from_file(&serde_json::from_str(json)?)
    }

    /// Takes the weights of a model file.
    pub fn from_file(file: &ModelFile) -> Result<Model, ModelError> {
        Ok(Model {
            version: file.version.clone(),
            staff: in_order(&file.staff, &STAFF_CODES)?,
            praise: in_order(&file.praise, &PRAISE_CODES)?,
            staff_words: file.staff_words.clone(),
            praise_words: file.praise_words.clone(),
            calibration: file.calibration,
            identity: file.identity,
        })
    }

    /// Name of this set of weights.
    pub fn version(&self) -> &str {
        &self.version
    }

    pub(crate) fn staff_odds(&self, values: &StaffValues) -> f64 {
        dot(&self.staff, &values.0)
    }

    pub(crate) fn praise_odds(&self, values: &PraiseValues) -> f64 {
        dot(&self.praise, &values.0)
    }

    /// Probability that the mention is staff and praised.
    pub(crate) fn credit(&self, staff: f64, praise: f64) -> f64 {
        let both = (logistic(staff) * logistic(praise)).clamp(1e-9, 1.0 - 1e-9);
        let odds = (both / (1.0 - both)).ln();
        logistic(self.calibration.offset + self.calibration.slope * odds)
    }
}

/// 1 / (1 + e^-x)
pub fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn dot(weights: &[f64], values: &[f64]) -> f64 {
    weights.iter().zip(values).map(|(w, v)| w * v).sum()
}

fn in_order<const N: usize>(
    weights: &BTreeMap<String, f64>,
    codes: &[&'static str; N],
) -> Result<[f64; N], ModelError> {
    if let Some(unknown) = weights.keys().find(|k| !codes.contains(&k.as_str())) {
        return Err(ModelError::UnknownCue(unknown.clone()));
    }
    let mut ordered = [0.0; N];
    for (slot, code) in ordered.iter_mut().zip(codes) {
        *slot = *weights.get(*code).ok_or(ModelError::MissingCue(code))?;
    }
    Ok(ordered)
}
