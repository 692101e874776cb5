//! The weights, and what they say of a text.
use std::sync::OnceLock;

use super::{Features, Kind, sentences};

/// Features are told apart by so many bits of their hash.
pub const BITS: u32 = 18;
const SLOTS: usize = 1 << BITS;
/// Of a kind: bias and scale.
const HEAD: usize = 8;

/// Why bytes are no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the shield’s weights have {0} bytes, which is not what its kinds need")]
pub struct ModelError(usize);

/// What was fitted for one kind.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The score of nothing, less the score from which on the words are held back.
    pub bias: f32,
    /// The weight of each feature.
    pub weights: Vec<f32>,
}

/// Weights for all kinds: each a byte.
#[derive(Debug)]
pub struct Model {
    kinds: Vec<Scaled>,
}

#[derive(Debug)]
struct Scaled {
    bias: f32,
    scale: f32,
    weights: Vec<i8>,
}

impl Model {
    /// The weights shipped with this crate.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the file is part of the crate; a test reads it"
    )]
    pub fn shipped() -> &'static Model {
        static SHIPPED: OnceLock<Model> = OnceLock::new();
        SHIPPED.get_or_init(|| {
            Model::read(include_bytes!("../../data/shield.bin")).expect("the shield's weights")
        })
    }

    /// Weights as they were written.
    pub fn read(bytes: &[u8]) -> Result<Model, ModelError> {
        if bytes.len() != Kind::ALL.len() * (HEAD + SLOTS) {
            return Err(ModelError(bytes.len()));
        }
        let kinds = bytes.chunks_exact(HEAD + SLOTS).filter_map(|bytes| {
            let (head, weights) = bytes.split_at(HEAD);
            let (bias, scale) = head.split_at(HEAD / 2);
            Some(Scaled {
                bias: f32::from_le_bytes(bias.try_into().ok()?),
                scale: f32::from_le_bytes(scale.try_into().ok()?),
                weights: weights.iter().map(|byte| i8::from_le_bytes([*byte])).collect(),
            })
        });
        Ok(Model {
            kinds: kinds.collect(),
        })
    }

    /// The bytes of what was fitted for each kind, in their order.
    #[must_use]
    pub fn write(fitted: &[Fitted]) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(fitted.len() * (HEAD + SLOTS));
        for one in fitted {
            let largest = one
                .weights
                .iter()
                .fold(f32::MIN_POSITIVE, |most, weight| most.max(weight.abs()));
            let scale = largest / f32::from(i8::MAX);
            bytes.extend(one.bias.to_le_bytes());
            bytes.extend(scale.to_le_bytes());
            #[expect(clippy::cast_possible_truncation, reason = "no weight is above the largest")]
            bytes.extend(
                one.weights
                    .iter()
                    .map(|weight| (weight / scale).round() as i8)
                    .flat_map(i8::to_le_bytes),
            );
        }
        bytes
    }

    /// What the words seem to say.
    #[must_use]
    pub fn look(&self, text: &str) -> Vec<Kind> {
        let sentences = sentences(text);
        let scores = self.kinds.iter().zip(Kind::ALL);
        let says = |kind: &Scaled| sentences.iter().any(|sentence| kind.score(sentence) > 0.0);
        scores
            .filter(|(kind, _)| says(kind))
            .map(|(_, kind)| kind)
            .collect()
    }

    /// The highest score of a text for each kind; above 0 it is held back.
    #[must_use]
    pub fn scores(&self, text: &str) -> Vec<f32> {
        let sentences = sentences(text);
        let highest = |kind: &Scaled| {
            let scores = sentences.iter().map(|sentence| kind.score(sentence));
            scores.fold(f32::NEG_INFINITY, f32::max)
        };
        self.kinds.iter().map(highest).collect()
    }
}

impl Scaled {
    fn score(&self, sentence: &Features) -> f32 {
        let weight = |feature: &u32| self.weights.get(slot(*feature)).copied().map_or(0.0, f32::from);
        let sum: f32 = sentence.iter().map(weight).sum();
        self.bias + self.scale * sum / length(sentence)
    }
}

/// Where the weight of a feature stands.
pub(super) fn slot(feature: u32) -> usize {
    (feature >> (u32::BITS - BITS)) as usize
}

/// Long sentences weigh no more than short ones.
pub(super) fn length(sentence: &Features) -> f32 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a sentence has far fewer features than a float has steps"
    )]
    let count = sentence.len().max(1) as f32;
    count.sqrt()
}
