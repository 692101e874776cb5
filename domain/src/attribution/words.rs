//! Weights of the words around a name, by slot.

use std::fmt::Write;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::window::SLOTS;

/// What one step of a stored weight is worth.
const STEP: f64 = 1.0 / 32.0;
/// The most that all words together say, in log odds.
const MOST: f64 = 6.0;

/// A weight for each slot, in a byte each.
#[derive(Clone, Debug, PartialEq)]
pub struct WordWeights(Vec<i8>);

impl WordWeights {
    /// Weights that say nothing.
    pub fn none() -> WordWeights {
        WordWeights(vec![0; SLOTS])
    }

    /// Rounds weights to what is stored.
    pub fn rounded(weights: &[f64]) -> WordWeights {
        let step = |w: &f64| (w / STEP).round().clamp(-127.0, 127.0) as i8;
        WordWeights(weights.iter().map(step).collect())
    }

    /// What all words around a name say: the sum of their weights over the root of their number.
    pub fn score(&self, slots: &[u32]) -> f64 {
        let weight = |slot: &u32| f64::from(self.0.get(*slot as usize % SLOTS).copied().unwrap_or(0));
        let sum: f64 = slots.iter().map(weight).sum();
        (sum * STEP / (slots.len().max(1) as f64).sqrt()).clamp(-MOST, MOST)
    }
}

impl Serialize for WordWeights {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut hex = String::with_capacity(2 * self.0.len());
        for weight in &self.0 {
            write!(hex, "{weight:02x}").map_err(serde::ser::Error::custom)?;
        }
        serializer.serialize_str(&hex)
    }
}

impl<'de> Deserialize<'de> for WordWeights {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WordWeights, D::Error> {
        let hex = String::deserialize(deserializer)?;
        let byte = |at: usize| {
            hex.get(at..at + 2)
                .and_then(|pair| u8::from_str_radix(pair, 16).ok())
                .map(u8::cast_signed)
        };
        let weights: Option<Vec<i8>> = (0..hex.len()).step_by(2).map(byte).collect();
        weights
            .filter(|w| w.len() == SLOTS)
            .map(WordWeights)
            .ok_or_else(|| {
                serde::de::Error::custom(format!("weights of words are {SLOTS} bytes in hexadecimal"))
            })
    }
}
