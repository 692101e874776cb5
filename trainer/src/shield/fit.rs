//! Logistic regression for each kind, and for all together, over sentences, by Adagrad (Duchi, Hazan, Singer 2011).
//!
//! A text is labelled, not its sentences. The one that says most is taken for what it is held back for, and is looked for
//! anew after each round (multiple-instance learning: Andrews, Tsochantaridis, Hofmann 2003).
use domain::shield::{BITS, Features, Fitted, Kind, MOST, SCORES, length, slot};

use super::texts::Text;

const ROUNDS: usize = 3;
const EPOCHS: usize = 5;
const RATE: f32 = 0.5;
/// What a weight has moved before it is moved first: rare features are not believed at once.
const DOUBT: f32 = 0.003;
/// By how much of itself a weight becomes smaller with each example.
const DECAY: f32 = 0.0003;
/// How much a sentence counts of a text that is held back for another reason.
const OF_ANOTHER_KIND: f32 = 0.02;

/// Weights for each kind and for anything, of the features that say most.
pub(super) fn fit(texts: &[&Text]) -> [Fitted; SCORES] {
    let often = &often(texts);
    let [looks, invitation, threat, private] = Kind::ALL.map(Some);
    let scores = [looks, invitation, threat, private, None];
    let mut fitted = std::thread::scope(|scope| {
        let running = scores.map(|kind| scope.spawn(move || fit_score(kind, texts, often)));
        running.map(|fit| {
            fit.join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    });
    prune(&mut fitted);
    fitted
}

/// Which features stand in more than one text: of the others nothing is learnt.
fn often(texts: &[&Text]) -> Vec<bool> {
    let mut counts = vec![0u8; 1 << BITS];
    for text in texts {
        let mut places: Vec<usize> = text
            .sentences
            .iter()
            .flatten()
            .map(|feature| slot(*feature))
            .collect();
        places.sort_unstable();
        places.dedup();
        for at in places {
            counts[at] = counts[at].saturating_add(1);
        }
    }
    counts.into_iter().map(|count| count > 1).collect()
}

/// Forgets the weights of features that say least, so that no more are left than are shipped.
fn prune(fitted: &mut [Fitted]) {
    let most = |at: usize| fitted.iter().map(|one| one.weights[at].abs()).fold(0.0, f32::max);
    let mut order: Vec<(f32, usize)> = (0..1 << BITS).map(|at| (most(at), at)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    for (_, at) in order.iter().skip(MOST) {
        for one in fitted.iter_mut() {
            one.weights[*at] = 0.0;
        }
    }
}

/// The weights of a kind, or of anything.
fn fit_score(kind: Option<Kind>, texts: &[&Text], often: &[bool]) -> Fitted {
    let mut learner = Learner::new();
    let is_due = |text: &&Text| text.kind.is_some() && (kind.is_none() || text.kind == kind);
    let (of_it, others): (Vec<&Text>, Vec<&Text>) = texts.iter().copied().partition(is_due);
    for round in 0..ROUNDS {
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
            let weight = text.kind.map_or(text.weight, |_| OF_ANOTHER_KIND);
            examples.extend(text.sentences.iter().map(|sentence| (sentence, false, weight)));
        }
        for epoch in 0..EPOCHS {
            shuffle(&mut examples, (round * EPOCHS + epoch) as u64);
            for (sentence, holds, weight) in &examples {
                learner.learn(sentence, *holds, *weight, often);
            }
        }
    }
    learner.fitted
}

struct Learner {
    fitted: Fitted,
    steps: Vec<f32>,
    bias_steps: f32,
}

impl Learner {
    fn new() -> Learner {
        Learner {
            fitted: Fitted {
                bias: 0.0,
                weights: vec![0.0; 1 << BITS],
            },
            steps: vec![DOUBT; 1 << BITS],
            bias_steps: DOUBT,
        }
    }

    fn learn(&mut self, sentence: &Features, holds: bool, weight: f32, often: &[bool]) {
        let probability = 1.0 / (1.0 + (-self.fitted.score(sentence)).exp());
        let error = weight * (probability - f32::from(u8::from(holds)));
        let gradient = error / length(sentence);
        for feature in sentence {
            let at = slot(*feature);
            if !often[at] {
                continue;
            }
            let own = &mut self.fitted.weights[at];
            let gradient = gradient + DECAY * weight * *own;
            self.steps[at] += gradient * gradient;
            *own -= RATE * gradient / self.steps[at].sqrt();
        }
        self.bias_steps += error * error;
        self.fitted.bias -= RATE * error / self.bias_steps.sqrt();
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
