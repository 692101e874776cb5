//! The weights, and what they say of a text.
use std::sync::OnceLock;

use rustc_hash::FxHashMap;

use super::{Features, Kind, sentences};

/// Features are told apart by so many bits of their hash.
pub const BITS: u32 = 22;
/// Weights are shipped of no more features than this.
pub const MOST: usize = 1 << 17;
const KINDS: usize = Kind::ALL.len();
/// A score for each kind, and one for anything at all.
pub const SCORES: usize = KINDS + 1;
/// Of a kind: bias and scale.
const HEAD: usize = 8;
/// Of a feature: its place, and a weight for each score.
const ENTRY: usize = 4 + SCORES;

/// Why bytes are no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the shield’s weights have {0} bytes, which is not what its kinds need")]
pub struct ModelError(usize);

/// What was fitted for one score.
#[derive(Clone, Debug)]
pub struct Fitted {
    /// The score of nothing, less the score from which on the words are held back.
    pub bias: f32,
    /// The weight of each feature, by its place.
    pub weights: Vec<f32>,
}

impl Fitted {
    /// What a sentence scores.
    #[must_use]
    pub fn score(&self, sentence: &Features) -> f32 {
        let weight = |feature: &u32| self.weights.get(slot(*feature)).copied().unwrap_or(0.0);
        let sum: f32 = sentence.iter().map(weight).sum();
        self.bias + sum / length(sentence)
    }

    /// What the sentence scores that says most.
    #[must_use]
    pub fn highest(&self, sentences: &[Features]) -> f32 {
        let scores = sentences.iter().map(|sentence| self.score(sentence));
        scores.fold(f32::NEG_INFINITY, f32::max)
    }
}

/// Weights of the features that say most: each a byte for each score.
#[derive(Debug)]
pub struct Model {
    heads: [Head; SCORES],
    weights: FxHashMap<u32, [i8; SCORES]>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Head {
    bias: f32,
    scale: f32,
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
        let wrong = ModelError(bytes.len());
        let (heads, entries) = bytes.split_at_checked(SCORES * HEAD).ok_or(wrong)?;
        if entries.len() % ENTRY != 0 {
            return Err(wrong);
        }
        let (heads, _) = heads.as_chunks::<HEAD>();
        let heads = heads
            .first_chunk()
            .ok_or(wrong)?
            .map(|[a, b, c, d, scale @ ..]| Head {
                bias: f32::from_le_bytes([a, b, c, d]),
                scale: f32::from_le_bytes(scale),
            });
        let (entries, _) = entries.as_chunks::<ENTRY>();
        let entry = |[a, b, c, d, weights @ ..]: &[u8; ENTRY]| {
            let place = u32::from_le_bytes([*a, *b, *c, *d]);
            (place, weights.map(|byte| i8::from_le_bytes([byte])))
        };
        Ok(Model {
            heads,
            weights: entries.iter().map(entry).collect(),
        })
    }

    /// The bytes of what was fitted for each kind, in their order, and for anything.
    #[must_use]
    pub fn write(fitted: &[Fitted; SCORES]) -> Vec<u8> {
        let mut bytes = Vec::new();
        let scales = fitted.each_ref().map(|one| {
            let sizes = one.weights.iter().map(|weight| weight.abs());
            sizes.fold(f32::MIN_POSITIVE, f32::max) / f32::from(i8::MAX)
        });
        for (one, scale) in fitted.iter().zip(scales) {
            bytes.extend(one.bias.to_le_bytes());
            bytes.extend(scale.to_le_bytes());
        }
        for place in 0..1u32 << BITS {
            let mut weights = [0; SCORES];
            for ((weight, one), scale) in weights.iter_mut().zip(fitted).zip(scales) {
                let fitted = one.weights.get(place as usize).copied().unwrap_or(0.0);
                #[expect(clippy::cast_possible_truncation, reason = "no weight is above the largest")]
                let byte = (fitted / scale).round() as i8;
                *weight = byte;
            }
            if weights != [0; SCORES] {
                bytes.extend(place.to_le_bytes());
                bytes.extend(weights.map(|weight| weight.to_le_bytes()[0]));
            }
        }
        bytes
    }

    /// What the words seem to say.
    #[must_use]
    pub fn look(&self, text: &str) -> Vec<Kind> {
        let mut said: Vec<Kind> = sentences(text)
            .iter()
            .flat_map(|sentence| said(self.scores(sentence)))
            .collect();
        said.sort_unstable();
        said.dedup();
        said
    }

    fn scores(&self, sentence: &Features) -> [f32; SCORES] {
        let mut sums = [0.0; SCORES];
        for feature in sentence {
            #[expect(clippy::cast_possible_truncation, reason = "places have fewer bits")]
            let place = slot(*feature) as u32;
            for (sum, weight) in sums
                .iter_mut()
                .zip(self.weights.get(&place).into_iter().flatten())
            {
                *sum += f32::from(*weight);
            }
        }
        let mut scores = [0.0; SCORES];
        for ((score, head), sum) in scores.iter_mut().zip(self.heads).zip(sums) {
            *score = head.bias + head.scale * sum / length(sentence);
        }
        scores
    }
}

/// The kinds that are said; where only the score for anything is above nought, the likeliest.
fn said([kinds @ .., anything]: [f32; SCORES]) -> Vec<Kind> {
    let scored = Kind::ALL.into_iter().zip(kinds);
    let said: Vec<Kind> = scored
        .clone()
        .filter(|(_, score)| *score > 0.0)
        .map(|(kind, _)| kind)
        .collect();
    if said.is_empty() && anything > 0.0 {
        let likeliest = scored.max_by(|(_, a), (_, b)| a.total_cmp(b));
        return likeliest.map(|(kind, _)| kind).into_iter().collect();
    }
    said
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
        let fitted = |bias: f32| {
            let mut weights = vec![0.0; 1 << BITS];
            weights[0] = 1.0;
            weights[7] = -0.5;
            Fitted { bias, weights }
        };
        let bytes = Model::write(&[0.0, 1.0, -9.0, 2.0, 3.0].map(fitted));
        assert_eq!(
            bytes.len(),
            SCORES * HEAD + 2 * ENTRY,
            "what weighs nothing takes no room"
        );
        let model = Model::read(&bytes).unwrap();
        for (score, expected) in model.scores(&vec![0]).iter().zip([1.0, 2.0, -8.0, 3.0, 4.0]) {
            assert!((score - expected).abs() < 0.01, "{score}, not {expected}");
        }
        let seventh = 7 << (u32::BITS - BITS);
        assert!((model.scores(&vec![seventh])[0] + 0.5).abs() < 0.01);
        assert_eq!(Model::read(&[0; 7]).unwrap_err(), ModelError(7));
        assert_eq!(Model::read(&bytes[1..]).unwrap_err(), ModelError(bytes.len() - 1));
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

    #[test]
    fn what_the_service_is_tested_with_is_held_back_or_let_through() {
        let held =
            "Priya Nair helped me well. She has a gorgeous body and I stare at her legs in that tight skirt.";
        for text in [held.to_owned(), format!("{held} Those thighs!")] {
            assert!(!Model::shipped().look(&text).is_empty(), "{text}");
        }
        for text in [
            "The lift was broken and dirty, we waited an hour. Terrible, never again.",
            "I parked behind the building.",
            "Very kind",
        ] {
            assert_eq!(Model::shipped().look(text), [], "{text}");
        }
        for praise in [
            "Priya Nair was so kind and helpful, thank you Priya! Number #.",
            "Thank you Grace Okafor, you were so kind! Number #.",
            "Thank you Ada Okafor, you were so kind! Number #.",
            "Thank you Priya Nair, so kind, number #;",
            "Danke Priya Nair, so nett, Nummer #.",
            "Merci Priya Nair, si gentille, numéro #.",
            "Gracias Priya Nair, tan amable, número #.",
        ] {
            for number in 0..200 {
                let text = praise.replace('#', &number.to_string());
                assert_eq!(Model::shipped().look(&text), [], "{text}");
            }
        }
    }
}
