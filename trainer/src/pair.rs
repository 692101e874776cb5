//! Both heads at once: the probability that somebody is staff *and* praised is the product of two logistics. Fitted by
//! damped Fisher scoring on the labels of each head and on the label of the product.

use domain::attribution::logistic;

use crate::logit::{Prior, solve};

/// A person in a text with the labels of both heads.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    /// Values of the staff cues.
    pub(crate) staff: Vec<f64>,
    /// Values of the praise cues.
    pub(crate) praise: Vec<f64>,
    /// Is the mention a staff member?
    pub(crate) is_staff: bool,
    /// Is it one, and praised?
    pub(crate) is_praised: bool,
    /// How much it counts.
    pub(crate) weight: f64,
}

/// How much the labels of the single heads count beside that of the product. They keep each head what its name says.
const HEADS: f64 = 1.0;

/// Precision of a weight that labels do not move.
const FIXED: f64 = 1e6;

/// Weights of both heads, the staff cues first. A weight that would get the wrong sign is 0.
pub(crate) fn fit(pairs: &[Pair], priors: &[Prior], split: usize, precision: f64) -> Vec<f64> {
    let mut pinned = vec![false; priors.len()];
    loop {
        let problem = Problem {
            pairs,
            priors,
            split,
            precision,
            pinned: &pinned,
        };
        let weights = problem.minimum();
        let wrong: Vec<usize> = (0..weights.len())
            .filter(|i| !pinned[*i] && weights[*i] * f64::from(priors[*i].sign) < 0.0)
            .collect();
        if wrong.is_empty() {
            return weights;
        }
        for i in wrong {
            pinned[i] = true;
        }
    }
}

struct Problem<'a> {
    pairs: &'a [Pair],
    priors: &'a [Prior],
    split: usize,
    precision: f64,
    pinned: &'a [bool],
}

impl Problem<'_> {
    fn minimum(&self) -> Vec<f64> {
        let mut weights: Vec<f64> = (0..self.priors.len()).map(|i| self.mean(i)).collect();
        let mut now = self.loss(&weights);
        for _ in 0..60 {
            let (gradient, fisher) = self.slopes(&weights);
            let step = solve(fisher, gradient);
            let mut damping = 1.0;
            let next = loop {
                let next: Vec<f64> = weights.iter().zip(&step).map(|(w, s)| w - damping * s).collect();
                if self.loss(&next) <= now || damping < 1e-6 {
                    break next;
                }
                damping /= 2.0;
            };
            let better = now - self.loss(&next);
            now -= better;
            weights = next;
            if better < 1e-7 {
                break;
            }
        }
        weights
    }

    fn mean(&self, i: usize) -> f64 {
        if self.pinned[i] { 0.0 } else { self.priors[i].mean }
    }

    /// The biases have next to no prior.
    fn strength(&self, i: usize) -> f64 {
        if i == 0 || i == self.split {
            1e-3
        } else if self.priors[i].fixed {
            FIXED
        } else {
            self.precision
        }
    }

    fn odds(&self, weights: &[f64], pair: &Pair) -> (f64, f64) {
        let (staff, praise) = weights.split_at(self.split);
        (dot(staff, &pair.staff), dot(praise, &pair.praise))
    }

    fn loss(&self, weights: &[f64]) -> f64 {
        let data: f64 = self
            .pairs
            .iter()
            .map(|pair| {
                let (a, b) = self.odds(weights, pair);
                let signed = |z: f64, holds: bool| softplus(if holds { -z } else { z });
                let both = if pair.is_praised {
                    softplus(-a) + softplus(-b)
                } else {
                    -(1.0 - logistic(a) * logistic(b)).max(1e-12).ln()
                };
                let praise = if pair.is_staff {
                    signed(b, pair.is_praised)
                } else {
                    0.0
                };
                pair.weight * (both + HEADS * (signed(a, pair.is_staff) + praise))
            })
            .sum();
        let prior: f64 = (0..weights.len())
            .map(|i| 0.5 * self.strength(i) * (weights[i] - self.mean(i)).powi(2))
            .sum();
        data + prior
    }

    fn slopes(&self, weights: &[f64]) -> (Vec<f64>, Vec<Vec<f64>>) {
        let n = weights.len();
        let mut gradient = vec![0.0; n];
        let mut fisher = vec![vec![0.0; n]; n];
        for pair in self.pairs {
            let values: Vec<(usize, f64)> = pair
                .staff
                .iter()
                .chain(&pair.praise)
                .copied()
                .enumerate()
                .collect();
            let present: Vec<(usize, f64)> = values
                .into_iter()
                .filter(|(i, v)| *v != 0.0 && !self.pinned[*i])
                .collect();
            let (a, b) = self.odds(weights, pair);
            let (pa, pb) = (logistic(a), logistic(b));
            let p = (pa * pb).min(1.0 - 1e-9);
            let joint = if pair.is_praised { -1.0 } else { p / (1.0 - p) };
            let curve = p / (1.0 - p);
            let heads = (
                HEADS * (pa - f64::from(u8::from(pair.is_staff))),
                if pair.is_staff {
                    HEADS * (pb - f64::from(u8::from(pair.is_praised)))
                } else {
                    0.0
                },
            );
            let bends = (
                HEADS * pa * (1.0 - pa),
                if pair.is_staff {
                    HEADS * pb * (1.0 - pb)
                } else {
                    0.0
                },
            );
            let side = |i: usize| i < self.split;
            let reach = |i: usize| if side(i) { 1.0 - pa } else { 1.0 - pb };
            for (i, x) in &present {
                let head = if side(*i) { heads.0 } else { heads.1 };
                gradient[*i] += pair.weight * x * (joint * reach(*i) + head);
                for (j, y) in &present {
                    let bend = match (side(*i), side(*j)) {
                        (true, true) => bends.0,
                        (false, false) => bends.1,
                        _ => 0.0,
                    };
                    fisher[*i][*j] += pair.weight * x * y * (curve * reach(*i) * reach(*j) + bend);
                }
            }
        }
        for i in 0..n {
            gradient[i] += self.strength(i) * (weights[i] - self.mean(i));
            fisher[i][i] += self.strength(i);
        }
        (gradient, fisher)
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// ln(1 + e^x)
fn softplus(x: f64) -> f64 {
    if x > 30.0 { x } else { x.exp().ln_1p() }
}
