//! Logistic regression with a Gaussian prior and signs, by damped Newton steps.

use domain::attribution::logistic;

/// What is believed of a weight before any label is seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prior {
    /// Its mean.
    pub(crate) mean: f64,
    /// 1 if it must not be negative, -1 if it must not be positive, 0 for any.
    pub(crate) sign: i8,
    /// Labels do not move it.
    pub(crate) fixed: bool,
}

/// One labelled example.
#[derive(Clone, Debug)]
pub(crate) struct Example {
    /// Values of the cues.
    pub(crate) values: Vec<f64>,
    /// What the label says.
    pub(crate) holds: bool,
    /// How much it counts.
    pub(crate) weight: f64,
}

/// The weights that are most probable after `examples`; `precision` is that of the prior (the first weight, the bias,
/// has next to none). A weight that would get the wrong sign is 0.
pub(crate) fn fit(examples: &[Example], priors: &[Prior], precision: f64) -> Vec<f64> {
    let mut pinned = vec![false; priors.len()];
    loop {
        let weights = newton(examples, priors, precision, &pinned);
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

fn newton(examples: &[Example], priors: &[Prior], precision: f64, pinned: &[bool]) -> Vec<f64> {
    let n = priors.len();
    let mean = |i: usize| if pinned[i] { 0.0 } else { priors[i].mean };
    let strength = |i: usize| if i == 0 { 1e-3 } else { precision };
    let mut weights: Vec<f64> = (0..n).map(mean).collect();
    let loss = |w: &[f64]| -> f64 {
        let data: f64 = examples
            .iter()
            .map(|e| {
                e.weight
                    * softplus(if e.holds {
                        -dot(w, &e.values)
                    } else {
                        dot(w, &e.values)
                    })
            })
            .sum();
        data + (0..n)
            .map(|i| 0.5 * strength(i) * (w[i] - mean(i)).powi(2))
            .sum::<f64>()
    };
    let mut now = loss(&weights);
    for _ in 0..100 {
        let (gradient, hessian) = slopes(examples, &weights, pinned, |i| (strength(i), mean(i)));
        let step = solve(hessian, gradient);
        let mut damping = 1.0;
        let next = loop {
            let next: Vec<f64> = weights.iter().zip(&step).map(|(w, s)| w - damping * s).collect();
            if loss(&next) <= now || damping < 1e-6 {
                break next;
            }
            damping /= 2.0;
        };
        let better = now - loss(&next);
        now = loss(&next);
        weights = next;
        if better < 1e-10 {
            break;
        }
    }
    weights
}

fn slopes(
    examples: &[Example],
    weights: &[f64],
    pinned: &[bool],
    prior: impl Fn(usize) -> (f64, f64),
) -> (Vec<f64>, Vec<Vec<f64>>) {
    let n = weights.len();
    let mut gradient = vec![0.0; n];
    let mut hessian = vec![vec![0.0; n]; n];
    for example in examples {
        let p = logistic(dot(weights, &example.values));
        let error = example.weight * (p - f64::from(u8::from(example.holds)));
        let curve = example.weight * p * (1.0 - p);
        let present: Vec<usize> = (0..n)
            .filter(|i| example.values[*i] != 0.0 && !pinned[*i])
            .collect();
        for i in &present {
            gradient[*i] += error * example.values[*i];
            for j in &present {
                hessian[*i][*j] += curve * example.values[*i] * example.values[*j];
            }
        }
    }
    for i in 0..n {
        let (strength, mean) = prior(i);
        gradient[i] += strength * (weights[i] - mean);
        hessian[i][i] += strength;
    }
    (gradient, hessian)
}

/// Solves `a x = b` by Gauss elimination with pivots; `a` is positive definite.
pub(crate) fn solve(mut a: Vec<Vec<f64>>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for i in 0..n {
        let pivot = (i..n)
            .max_by(|x, y| a[*x][i].abs().total_cmp(&a[*y][i].abs()))
            .unwrap_or(i);
        a.swap(i, pivot);
        b.swap(i, pivot);
        for k in i + 1..n {
            let factor = a[k][i] / a[i][i];
            if factor != 0.0 {
                let upper = a[i].clone();
                for (x, y) in a[k].iter_mut().zip(upper).skip(i) {
                    *x -= factor * y;
                }
                b[k] -= factor * b[i];
            }
        }
    }
    for i in (0..n).rev() {
        let known: f64 = (i + 1..n).map(|j| a[i][j] * b[j]).sum();
        b[i] = (b[i] - known) / a[i][i];
    }
    b
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// ln(1 + e^x)
fn softplus(x: f64) -> f64 {
    if x > 30.0 { x } else { x.exp().ln_1p() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn examples(list: &[(f64, bool)]) -> Vec<Example> {
        list.iter()
            .map(|(x, holds)| Example {
                values: vec![1.0, *x],
                holds: *holds,
                weight: 1.0,
            })
            .collect()
    }

    #[test]
    fn a_weight_with_the_wrong_sign_becomes_nothing() {
        let data = examples(&[(1.0, false), (1.0, false), (0.0, true), (0.0, true), (1.0, true)]);
        let priors = [
            Prior {
                mean: 0.0,
                sign: 0,
                fixed: false,
            },
            Prior {
                mean: 1.0,
                sign: 1,
                fixed: false,
            },
        ];
        assert_eq!(fit(&data, &priors, 0.1)[1], 0.0);
    }

    #[test]
    fn without_examples_the_prior_stays() {
        let priors = [
            Prior {
                mean: 0.0,
                sign: 0,
                fixed: false,
            },
            Prior {
                mean: 4.0,
                sign: 1,
                fixed: false,
            },
        ];
        assert_eq!(fit(&[], &priors, 1.0), [0.0, 4.0]);
    }

    #[test]
    fn the_fitted_odds_are_those_of_the_data() {
        let list: Vec<(f64, bool)> = (0..400)
            .map(|i| (f64::from(i % 2), i % 2 == 1 && i % 8 != 1))
            .collect();
        let priors = [
            Prior {
                mean: 0.0,
                sign: 0,
                fixed: false,
            },
            Prior {
                mean: 0.0,
                sign: 0,
                fixed: false,
            },
        ];
        let w = fit(&examples(&list), &priors, 1e-4);
        assert!((logistic(w[0] + w[1]) - 0.75).abs() < 0.01, "{w:?}");
    }
}
