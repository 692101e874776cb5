//! Weights of the words around names: logistic regression on slots, by dual coordinate ascent (Shalev-Shwartz and Zhang,
//! JMLR 2013).

use domain::attribution::{SLOTS, WordWeights};

/// One labelled example.
pub(crate) struct Words<'a> {
    /// Slots of the words.
    pub(crate) slots: &'a [u32],
    /// What the label says.
    pub(crate) holds: bool,
    /// How much it counts.
    pub(crate) weight: f64,
}

/// How far weights may go for one label.
const STRENGTH: f64 = 20.0;
/// Rounds over all examples.
const ROUNDS: usize = 12;
/// Stride by which examples are visited, so that neighbours are apart; prime.
const STRIDE: usize = 7_919;

pub(crate) fn fit(examples: &[Words]) -> WordWeights {
    let mut weights = vec![0.0; SLOTS];
    let mut bias = 0.0;
    let mut duals = vec![0.0; examples.len()];
    for round in 0..ROUNDS {
        for k in 0..examples.len() {
            let i = (k * STRIDE + round) % examples.len();
            let example = &examples[i];
            let norm = 1.0 / (example.slots.len().max(1) as f64).sqrt();
            let odds: f64 = bias
                + norm
                    * example
                        .slots
                        .iter()
                        .map(|s| weights[*s as usize % SLOTS])
                        .sum::<f64>();
            let sign = if example.holds { 1.0 } else { -1.0 };
            let strength = STRENGTH * example.weight;
            let target = sign / (1.0 + (sign * odds).exp());
            let step = (target - duals[i]) / f64::max(1.0, 0.25 + 2.0 * strength);
            duals[i] += step;
            bias += strength * step;
            for slot in example.slots {
                weights[*slot as usize % SLOTS] += strength * step * norm;
            }
        }
    }
    WordWeights::rounded(&weights)
}
