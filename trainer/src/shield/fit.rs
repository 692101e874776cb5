//! Logistic regression for each kind over sentences, by Adagrad (Duchi, Hazan, Singer 2011).
//!
//! A text is labelled, not its sentences. The one that says most is taken for what it is held back for, and is looked for
//! anew after each round (multiple-instance learning: Andrews, Tsochantaridis, Hofmann 2003).
use domain::shield::{BITS, Features, Fitted, Kind, length, slot};

use super::texts::Text;

fn rounds() -> usize { std::env::var("ROUNDS").ok().and_then(|v| v.parse().ok()).unwrap_or(5) }
const EPOCHS: usize = 5;
fn rate() -> f32 { static V: std::sync::OnceLock<f32> = std::sync::OnceLock::new(); *V.get_or_init(|| std::env::var("RATE").ok().and_then(|v| v.parse().ok()).unwrap_or(0.5)) }
/// What a weight has moved before it is moved first: rare features are not believed at once.
fn doubt() -> f32 { static V: std::sync::OnceLock<f32> = std::sync::OnceLock::new(); *V.get_or_init(|| std::env::var("DOUBT").ok().and_then(|v| v.parse().ok()).unwrap_or(0.03)) }
/// By how much of itself a weight becomes smaller with each example.
fn decay() -> f32 { static V: std::sync::OnceLock<f32> = std::sync::OnceLock::new(); *V.get_or_init(|| std::env::var("DECAY").ok().and_then(|v| v.parse().ok()).unwrap_or(0.0003)) }
/// How much a sentence counts of a text that is held back for another reason.
fn of_another_kind() -> f32 { static V: std::sync::OnceLock<f32> = std::sync::OnceLock::new(); *V.get_or_init(|| std::env::var("OF_ANOTHER_KIND").ok().and_then(|v| v.parse().ok()).unwrap_or(0.02)) }

/// Weights for each kind.
pub(super) fn fit(texts: &[&Text]) -> Vec<Fitted> {
    std::thread::scope(|scope| {
        let running = Kind::ALL.map(|kind| scope.spawn(move || fit_kind(kind, texts)));
        running
            .into_iter()
            .map(|fit| fit.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}

fn fit_kind(kind: Kind, texts: &[&Text]) -> Fitted {
    let mut learner = Learner::new();
    learner.often = often(texts);
    let (of_it, others): (Vec<&Text>, Vec<&Text>) =
        texts.iter().copied().partition(|text| text.kind == Some(kind));
    for round in 0..rounds() {
        let mut examples: Vec<(&Features, bool, f32)> = Vec::new();
        for text in &of_it {
            let says_most = text
                .sentences
                .iter()
                .max_by(|a, b| learner.fitted.score(a).total_cmp(&learner.fitted.score(b)));
            match says_most {
                Some(one) if round > 0 => examples.push((one, true, text.weight)),
                _ => {
                    let share = text.weight / text.sentences.len().max(1) as f32;
                    examples.extend(text.sentences.iter().map(|sentence| (sentence, true, share)));
                }
            }
        }
        for text in &others {
            let weight = text.kind.map_or(text.weight, |_| of_another_kind());
            examples.extend(text.sentences.iter().map(|sentence| (sentence, false, weight)));
        }
        for epoch in 0..EPOCHS {
            shuffle(&mut examples, (round * EPOCHS + epoch) as u64);
            for (sentence, holds, weight) in &examples {
                learner.learn(sentence, *holds, *weight);
            }
        }
    }
    learner.fitted
}

fn often(texts: &[&Text]) -> Vec<bool> {
    let least: u16 = std::env::var("LEAST").ok().and_then(|v| v.parse().ok()).unwrap_or(1);
    let mut counts = vec![0u16; 1 << BITS];
    for text in texts {
        let mut all: Vec<usize> = text.sentences.iter().flatten().map(|f| slot(*f)).collect();
        all.sort_unstable();
        all.dedup();
        for at in all { counts[at] = counts[at].saturating_add(1); }
    }
    counts.iter().map(|c| *c >= least).collect()
}

struct Learner {
    often: Vec<bool>,
    fitted: Fitted,
    steps: Vec<f32>,
    bias_steps: f32,
}

impl Learner {
    fn new() -> Learner {
        Learner {
            often: Vec::new(),
            fitted: Fitted {
                bias: 0.0,
                weights: vec![0.0; 1 << BITS],
            },
            steps: vec![doubt(); 1 << BITS],
            bias_steps: doubt(),
        }
    }

    fn learn(&mut self, sentence: &Features, holds: bool, weight: f32) {
        let probability = 1.0 / (1.0 + (-self.fitted.score(sentence)).exp());
        let error = weight * (probability - f32::from(u8::from(holds)));
        let gradient = error / length(sentence);
        for feature in sentence {
            let at = slot(*feature);
            if !self.often[at] { continue; }
            let own = &mut self.fitted.weights[at];
            let gradient = gradient + decay() * weight * *own;
            self.steps[at] += gradient * gradient;
            *own -= rate() * gradient / self.steps[at].sqrt();
        }
        self.bias_steps += error * error;
        self.fitted.bias -= rate() * error / self.bias_steps.sqrt();
    }
}

/// Fisher and Yates, by a generator of its own for each seed, so that a fit is the same everywhere.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    for at in (1..items.len()).rev() {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        items.swap(at, (state >> 33) as usize % (at + 1));
    }
}
