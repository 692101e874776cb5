//! The weights, and what they say of a text.
use std::sync::OnceLock;

use super::{Features, Kind, sentences};

/// Features are told apart by so many bits of their hash.
pub const BITS: u32 = 22;
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

impl Fitted {
    /// What a sentence scores.
    #[must_use]
    pub fn score(&self, sentence: &Features) -> f32 {
        self.bias + mean(sentence, |slot| self.weights.get(slot).copied().unwrap_or(0.0))
    }

    /// What the sentence scores that says most.
    #[must_use]
    pub fn highest(&self, sentences: &[Features]) -> f32 {
        let scores = sentences.iter().map(|sentence| self.score(sentence));
        scores.fold(f32::NEG_INFINITY, f32::max)
    }
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
}

impl Scaled {
    fn score(&self, sentence: &Features) -> f32 {
        let weight = |slot: usize| self.weights.get(slot).copied().map_or(0.0, f32::from);
        self.bias + self.scale * mean(sentence, weight)
    }
}

/// The weights of a sentence's features, by its length.
fn mean(sentence: &Features, weight: impl Fn(usize) -> f32) -> f32 {
    let sum: f32 = sentence.iter().map(|feature| weight(slot(*feature))).sum();
    sum / length(sentence)
}

/// Where the weight of a feature stands.
#[must_use]
pub fn slot(feature: u32) -> usize {
    (feature >> (u32::BITS - BITS)) as usize
}

/// By which the sum of a sentence's weights is divided, so that long sentences weigh no more than short ones.
#[must_use]
pub fn length(sentence: &Features) -> f32 {
    #[expect(
        clippy::cast_precision_loss,
        reason = "a sentence has far fewer features than a float has steps"
    )]
    let count = sentence.len().max(1) as f32;
    count.sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_as_they_were_written() {
        let fitted = |bias: f32| Fitted {
            bias,
            weights: (0..SLOTS)
                .map(|at| if at % 2 == 0 { 1.0 } else { -0.5 })
                .collect(),
        };
        let model = Model::read(&Model::write(&[
            fitted(0.0),
            fitted(1.0),
            fitted(-9.0),
            fitted(2.0),
        ]))
        .unwrap();
        let sentence: Features = vec![0];
        let scores: Vec<f32> = model.kinds.iter().map(|kind| kind.score(&sentence)).collect();
        for (score, expected) in scores.iter().zip([1.0, 2.0, -8.0, 3.0]) {
            assert!((score - expected).abs() < 0.01, "{score}, not {expected}");
        }
        assert_eq!(Model::read(&[0; 7]).unwrap_err(), ModelError(7));
    }

    #[test]
    fn the_shipped_weights_hold_back_what_is_plain_and_let_ordinary_praise_through() {
        for (text, kind) in [
            (
                "She has a gorgeous body and I stare at her legs in that tight skirt.",
                Kind::Looks,
            ),
            (
                "Die Kassiererin hat einen knackigen Hintern und tolle Beine.",
                Kind::Looks,
            ),
            (
                "Would you go out with me for dinner tonight, Emma? I am in love with you.",
                Kind::Invitation,
            ),
            (
                "Ich warte nach Feierabend auf dem Parkplatz auf ihn und schlage ihn zusammen.",
                Kind::Threat,
            ),
            (
                "Her private number is 07700 900123, she lives at 12 Orchard Road, flat 3.",
                Kind::Private,
            ),
        ] {
            assert!(Model::shipped().look(text).contains(&kind), "{text}");
        }
        for text in [
            "Priya Nair was so kind and helpful, thank you Priya!",
            "Herr Keller hat mir sehr freundlich die Rechnung erklärt.",
            "Le serveur Karim a été adorable avec ma mère.",
            "The lift was broken and nobody told us. I want my money back.",
            "",
        ] {
            assert_eq!(Model::shipped().look(text), [], "{text}");
        }
    }
}
