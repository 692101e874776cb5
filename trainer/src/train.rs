//! From labelled sets to weights.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use domain::attribution::{
    Calibration, IdentityWeights, ModelFile, PRAISE_CODES, STAFF_CODES, WordWeights, logistic,
};

use crate::logit::{Example, Prior, fit};
use crate::pair::{self, Pair};
use crate::set::{Set, Truth};
use crate::words::{self, Words};

/// Precision of the prior: how many labels a weight needs to move.
const PRECISION: f64 = 0.3;
/// Parts for the cross-fit of the calibration.
const PARTS: usize = 5;

/// Where the cues of words stand.
const STAFF_WORDS: usize = place("staff.words", &STAFF_CODES);
const PRAISE_WORDS: usize = place("praise.words", &PRAISE_CODES);

const fn place(code: &str, codes: &[&str]) -> usize {
    let mut at = 0;
    while at < codes.len() {
        if is_same(codes[at].as_bytes(), code.as_bytes()) {
            return at;
        }
        at += 1;
    }
    panic!("the code is in the list")
}

const fn is_same(a: &[u8], b: &[u8]) -> bool {
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// One person in one text, with its labels.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// Source of the text.
    pub(crate) source: String,
    staff: Vec<f64>,
    praise: Vec<f64>,
    slots: Vec<u32>,
    is_staff: bool,
    is_praised: bool,
    /// How much it counts.
    weight: f64,
    /// Its set shows how often customers praise.
    typical: bool,
}

/// The sets hold a namesake of everybody who is no staff member; in life (and in the test) three in ten have one.
const NAMESAKES: f64 = 0.3;

/// Labels everything the engine sees in a set.
pub(crate) fn samples(set: &Set) -> Vec<Sample> {
    let mut samples = Vec::new();
    for (text, truth) in &set.texts {
        for seen in set.observe(text) {
            let ids: Vec<&str> = seen
                .people
                .iter()
                .filter_map(|(id, _)| set.local.employee_id(*id))
                .collect();
            let (is_staff, is_praised, weight) = label(&ids, truth);
            samples.push(Sample {
                source: set.source(truth),
                staff: seen.staff,
                praise: seen.praise,
                slots: seen.slots,
                is_staff,
                is_praised,
                weight: weight * set.weight(),
                typical: set.is_typical(),
            });
        }
    }
    samples
}

/// Is one of these people staff who are meant, and praised? How much does that count?
pub(crate) fn label(ids: &[&str], truth: &Truth) -> (bool, bool, f64) {
    if ids.iter().any(|id| truth.credited.contains(*id)) {
        return (true, true, 1.0);
    }
    let stances = ["criticised", "mixed", "neutral", "sarcastic"];
    match ids.iter().find_map(|id| truth.others.get(*id)) {
        Some(kind) if stances.contains(&kind.as_str()) => (true, false, 1.0),
        Some(_) => (false, false, NAMESAKES),
        None => (false, false, 1.0),
    }
}

/// Fits all weights.
pub(crate) fn train(samples: &[Sample]) -> Result<ModelFile> {
    let priors = Priors::shipped()?;
    let (staff_words, praise_words) = word_weights(&samples.iter().collect::<Vec<_>>());
    let samples = &with_words(samples)[..];
    let heads = Heads::fit(samples, &priors);
    Ok(ModelFile {
        version: String::new(),
        trained_on: BTreeMap::new(),
        staff: named(&STAFF_CODES, &heads.staff),
        praise: named(&PRAISE_CODES, &heads.praise),
        staff_words,
        praise_words,
        calibration: calibrate(samples, &priors),
        identity: IdentityWeights::default(),
    })
}

/// Weights of words for being staff, and for being praised where it is staff.
fn word_weights(samples: &[&Sample]) -> (WordWeights, WordWeights) {
    let staff: Vec<Words> = samples
        .iter()
        .map(|s| Words {
            holds: s.is_staff,
            ..words_of(s)
        })
        .collect();
    let praise = samples.iter().filter(|s| s.is_staff);
    let praise: Vec<Words> = praise
        .map(|s| Words {
            holds: s.is_praised,
            ..words_of(s)
        })
        .collect();
    (words::fit(&staff), words::fit(&praise))
}

fn words_of(sample: &Sample) -> Words<'_> {
    Words {
        slots: &sample.slots,
        holds: false,
        weight: sample.weight,
    }
}

/// The samples with what words say that were weighed on other sources.
fn with_words(samples: &[Sample]) -> Vec<Sample> {
    let parts = crate::folds::parts(samples.iter().map(|s| s.source.as_str()), PARTS);
    let mut all = samples.to_vec();
    for part in 0..PARTS {
        let held = |s: &Sample| parts.get(s.source.as_str()) == Some(&part);
        let rest: Vec<&Sample> = samples.iter().filter(|s| !held(s)).collect();
        let (staff, praise) = word_weights(&rest);
        for sample in all.iter_mut().filter(|s| held(s)) {
            sample.staff[STAFF_WORDS] = staff.score(&sample.slots);
            sample.praise[PRAISE_WORDS] = praise.score(&sample.slots);
        }
    }
    all
}

struct Priors {
    staff: Vec<Prior>,
    praise: Vec<Prior>,
}

impl Priors {
    fn shipped() -> Result<Priors> {
        let table: BTreeMap<&str, Prior> = include_str!("../data/prior.tsv")
            .lines()
            .filter(|l| !l.starts_with('#') && !l.is_empty())
            .map(|line| {
                let mut columns = line.split('\t');
                let code = columns.next().context("a line of prior.tsv has no code")?;
                let mean = columns
                    .next()
                    .context("a line of prior.tsv has no mean")?
                    .parse()?;
                let sign = columns.next();
                let fixed = sign == Some("=");
                let sign = match sign {
                    Some("+") => 1,
                    Some("-") => -1,
                    _ => 0,
                };
                Ok((code, Prior { mean, sign, fixed }))
            })
            .collect::<Result<_>>()?;
        let of = |codes: &[&str]| -> Result<Vec<Prior>> {
            codes
                .iter()
                .map(|c| {
                    table
                        .get(c)
                        .copied()
                        .with_context(|| format!("prior.tsv lacks {c}"))
                })
                .collect()
        };
        Ok(Priors {
            staff: of(&STAFF_CODES)?,
            praise: of(&PRAISE_CODES)?,
        })
    }
}

struct Heads {
    staff: Vec<f64>,
    praise: Vec<f64>,
}

impl Heads {
    fn fit(samples: &[Sample], priors: &Priors) -> Heads {
        let pair = |s: &Sample| Pair {
            staff: s.staff.clone(),
            praise: s.praise.clone(),
            is_staff: s.is_staff,
            is_praised: s.is_praised,
            weight: s.weight,
        };
        let pairs: Vec<Pair> = samples.iter().map(pair).collect();
        let both: Vec<Prior> = priors.staff.iter().chain(&priors.praise).copied().collect();
        let mut staff = pair::fit(&pairs, &both, STAFF_CODES.len(), PRECISION);
        let praise = staff.split_off(STAFF_CODES.len());
        Heads { staff, praise }
    }

    /// Log odds of being staff and praised.
    fn odds(&self, sample: &Sample) -> f64 {
        let dot = |w: &[f64], v: &[f64]| w.iter().zip(v).map(|(a, b)| a * b).sum::<f64>();
        let both = logistic(dot(&self.staff, &sample.staff)) * logistic(dot(&self.praise, &sample.praise));
        let both = both.clamp(1e-9, 1.0 - 1e-9);
        (both / (1.0 - both)).ln()
    }
}

/// Platt scaling on odds of samples whose source the weights have not seen.
fn calibrate(samples: &[Sample], priors: &Priors) -> Calibration {
    let parts = crate::folds::parts(samples.iter().map(|s| s.source.as_str()), PARTS);
    let mut examples = Vec::new();
    for part in 0..PARTS {
        let held = |s: &&Sample| parts.get(s.source.as_str()) == Some(&part);
        let rest: Vec<Sample> = samples.iter().filter(|s| !held(s)).cloned().collect();
        let heads = Heads::fit(&rest, priors);
        let typical = |s: &&Sample| s.typical;
        examples.extend(samples.iter().filter(held).filter(typical).map(|s| Example {
            values: vec![1.0, heads.odds(s)],
            holds: s.is_praised,
            weight: s.weight,
        }));
    }
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
    let weights = fit(&examples, &priors, 1.0);
    Calibration {
        offset: round(weights[0]),
        slope: round(weights[1]),
    }
}

fn named(codes: &[&str], weights: &[f64]) -> BTreeMap<String, f64> {
    codes
        .iter()
        .zip(weights)
        .map(|(code, w)| ((*code).to_owned(), round(*w)))
        .collect()
}

/// Four decimals, so that another machine's arithmetic gives the same file.
fn round(weight: f64) -> f64 {
    let rounded = (weight * 10_000.0).round() / 10_000.0;
    if rounded == 0.0 { 0.0 } else { rounded }
}
