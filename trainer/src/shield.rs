//! Fits what the shield weighs: logistic regression for each kind over sentences, by Adagrad (Duchi, Hazan, Singer 2011).
//!
//! A text is labelled, not its sentences. The one that says most is taken for what it is held back for, and is looked for
//! anew after each round (multiple-instance learning: Andrews, Tsochantaridis, Hofmann 2003).
use std::collections::HashSet;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::shield::{BITS, Features, Fitted, Kind, Model, length, sentences, slot};
use serde::Deserialize;

/// Labelled texts: kind (or `fine`), a tab, perhaps the language and another tab, the text.
const LABELLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/invented/shield");
const BENCHMARK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/benchmark/shield");
/// Invented praise in which nothing is to be held back.
const INVENTED: [&str; 3] = ["stories", "reviews", "plain"];
/// Real texts, of which next to none is to be held back.
const GOLD: [(&str, &str); 4] = [
    ("texts.jsonl", "labels.dev.jsonl"),
    ("english2/texts.jsonl", "english2/labels.jsonl"),
    ("world/texts.jsonl", "world/labels.jsonl"),
    ("contrast/texts.jsonl", "contrast/labels.jsonl"),
];
const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/data/shield.bin");

const ROUNDS: usize = 5;
const EPOCHS: usize = 5;
const RATE: f32 = 0.5;
/// What a weight has moved before it is moved first: rare features are not believed at once.
const DOUBT: f32 = 0.03;
/// By how much of itself a weight becomes smaller with each example.
const DECAY: f32 = 0.0003;
/// Of all that is fine, so much may be held back by mistake.
const MISTAKES: f64 = 0.008;
/// How much a sentence counts of a text that is held back for another reason.
const OF_ANOTHER_KIND: f32 = 0.02;
/// How much an invented praise counts.
const TOLD: f32 = 0.3;

struct Text {
    kind: Option<Kind>,
    weight: f32,
    sentences: Vec<Features>,
    words: String,
    /// Somebody labelled it as praise of staff.
    is_praise: bool,
}

impl Text {
    fn new(kind: Option<Kind>, weight: f32, words: &str) -> Text {
        Text {
            kind,
            weight,
            sentences: sentences(words),
            words: words.to_owned(),
            is_praise: false,
        }
    }
}

/// Fits the shipped weights, or says with `measure` how those of one half of the real texts do on the other.
pub(crate) fn run(gold: Option<&Path>, measure: bool) -> Result<()> {
    let mut texts = labelled(Path::new(LABELLED))?;
    texts.extend(invented()?);
    let real = gold.map(real).transpose()?.unwrap_or_default();
    if measure {
        let (own, other): (Vec<_>, Vec<_>) = real.into_iter().enumerate().partition(|(at, _)| at % 2 == 0);
        texts.extend(own.into_iter().map(|(_, text)| text));
        let fine: Vec<Text> = other.into_iter().map(|(_, text)| text).collect();
        return report(&texts, &fine);
    }
    // Where the scores of what was fitted on would flatter, those of the other half say where to stop.
    let even: Vec<&Text> = texts.iter().chain(real.iter().step_by(2)).collect();
    let odd: Vec<&Text> = real.iter().skip(1).step_by(2).collect();
    let stops = stops(&fit(&even), &odd, MISTAKES);
    let all: Vec<&Text> = texts.iter().chain(&real).collect();
    let mut fitted = fit(&all);
    lower(&mut fitted, &stops);
    fs::write(SHIPPED, Model::write(&fitted)).context(SHIPPED)
}

fn labelled(folder: &Path) -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    let mut files: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    files.sort_by_key(fs::DirEntry::file_name);
    for file in files
        .iter()
        .map(fs::DirEntry::path)
        .filter(|file| file.extension().is_some_and(|end| end == "tsv"))
    {
        for (number, line) in fs::read_to_string(&file)?.lines().enumerate() {
            let (label, rest) = line
                .split_once('\t')
                .with_context(|| format!("{}:{}: no tab", file.display(), number + 1))?;
            let words = rest.rsplit_once('\t').map_or(rest, |(_, words)| words);
            let kind = match label {
                "fine" => None,
                label => match Kind::from_code(label) {
                    Some(kind) => Some(kind),
                    None => bail!("{}:{}: \"{label}\" is no kind", file.display(), number + 1),
                },
            };
            texts.push(Text::new(kind, 1.0, words));
        }
    }
    Ok(texts)
}

#[derive(Deserialize)]
struct Line {
    id: String,
    text: String,
}

#[derive(Deserialize)]
struct Label {
    id: String,
    mentions: Vec<Mention>,
}

#[derive(Deserialize)]
struct Mention {
    kind: String,
    stance: String,
}

fn of_lines(file: &Path, weight: f32, praising: &HashSet<String>) -> Result<Vec<Text>> {
    let lines: Vec<Line> = lines(file)?;
    let text = |line: &Line| Text {
        is_praise: praising.contains(&line.id),
        ..Text::new(None, weight, &line.text)
    };
    Ok(lines.iter().map(text).collect())
}

fn lines<T: serde::de::DeserializeOwned>(file: &Path) -> Result<Vec<T>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The texts in which somebody of the staff is praised.
fn praising(labels: &Path) -> Result<HashSet<String>> {
    let labels: Vec<Label> = lines(labels)?;
    let is_praise = |label: &Label| {
        label
            .mentions
            .iter()
            .any(|one| one.kind == "staff" && one.stance == "praised")
    };
    Ok(labels
        .into_iter()
        .filter(is_praise)
        .map(|label| label.id)
        .collect())
}

fn invented() -> Result<Vec<Text>> {
    let folder = Path::new(LABELLED)
        .parent()
        .context("the folder of invented texts")?;
    let sets = INVENTED
        .iter()
        .map(|set| of_lines(&folder.join(set).join("texts.jsonl"), TOLD, &HashSet::new()));
    Ok(sets.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn real(gold: &Path) -> Result<Vec<Text>> {
    let files = GOLD
        .iter()
        .map(|(texts, labels)| of_lines(&gold.join(texts), 1.0, &praising(&gold.join(labels))?));
    Ok(files.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
}

fn fit(texts: &[&Text]) -> Vec<Fitted> {
    Kind::ALL.into_iter().map(|kind| fit_kind(kind, texts)).collect()
}

fn fit_kind(kind: Kind, texts: &[&Text]) -> Fitted {
    let mut learner = Learner::new();
    let (of_it, others): (Vec<&Text>, Vec<&Text>) =
        texts.iter().copied().partition(|text| text.kind == Some(kind));
    for round in 0..ROUNDS {
        let mut examples: Vec<(&Features, bool, f32)> = Vec::new();
        for text in &of_it {
            let says_most = text
                .sentences
                .iter()
                .max_by(|a, b| learner.score(a).total_cmp(&learner.score(b)));
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
                learner.learn(sentence, *holds, *weight);
            }
        }
    }
    learner.fitted()
}

struct Learner {
    weights: Vec<f32>,
    steps: Vec<f32>,
    bias: f32,
    bias_steps: f32,
}

impl Learner {
    fn new() -> Learner {
        Learner {
            weights: vec![0.0; 1 << BITS],
            steps: vec![DOUBT; 1 << BITS],
            bias: 0.0,
            bias_steps: DOUBT,
        }
    }

    fn score(&self, sentence: &Features) -> f32 {
        let sum: f32 = sentence.iter().map(|feature| self.weights[slot(*feature)]).sum();
        self.bias + sum / length(sentence)
    }

    fn learn(&mut self, sentence: &Features, holds: bool, weight: f32) {
        let probability = 1.0 / (1.0 + (-self.score(sentence)).exp());
        let error = weight * (probability - f32::from(u8::from(holds)));
        let gradient = error / length(sentence);
        for feature in sentence {
            let at = slot(*feature);
            let gradient = gradient + DECAY * weight * self.weights[at];
            self.steps[at] += gradient * gradient;
            self.weights[at] -= RATE * gradient / self.steps[at].sqrt();
        }
        self.bias_steps += error * error;
        self.bias -= RATE * error / self.bias_steps.sqrt();
    }

    fn fitted(self) -> Fitted {
        Fitted {
            bias: self.bias,
            weights: self.weights,
        }
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

/// The highest score of each text for each kind.
fn scores(fitted: &[Fitted], texts: &[&Text]) -> Vec<Vec<f32>> {
    let score = |one: &Fitted, text: &Text| {
        let of = |sentence: &Features| {
            let sum: f32 = sentence.iter().map(|feature| one.weights[slot(*feature)]).sum();
            one.bias + sum / length(sentence)
        };
        text.sentences.iter().map(of).fold(f32::NEG_INFINITY, f32::max)
    };
    texts
        .iter()
        .map(|text| fitted.iter().map(|one| score(one, text)).collect())
        .collect()
}

/// The score from which on each kind holds back, so that of fine texts no more than a share is held back in all: the same
/// number of mistakes for each kind.
fn stops(fitted: &[Fitted], fine: &[&Text], share: f64) -> Vec<f32> {
    let scores = scores(fitted, fine);
    let mistakes = (share * fine.len() as f64 / Kind::ALL.len() as f64) as usize;
    let of_kind = |kind: usize| {
        let mut sorted: Vec<f32> = scores.iter().map(|text| text[kind]).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        sorted.get(mistakes).copied().unwrap_or(0.0).max(-4.0)
    };
    (0..Kind::ALL.len()).map(of_kind).collect()
}

fn lower(fitted: &mut [Fitted], stops: &[f32]) {
    for (one, stop) in fitted.iter_mut().zip(stops) {
        one.bias -= stop;
    }
}

fn report(texts: &[Text], fine: &[Text]) -> Result<()> {
    let (texts, fine): (Vec<&Text>, Vec<&Text>) = (texts.iter().collect(), fine.iter().collect());
    let mut fitted = fit(&texts);
    let benchmark = labelled(Path::new(BENCHMARK))?;
    let fresh = |share: f64| -> Vec<f32> { stops(&fitted, &fine, share) };
    let all: Vec<(f64, Vec<f32>)> = [0.0025, 0.005, 0.01, 0.02]
        .into_iter()
        .map(|share| (share, fresh(share)))
        .collect();
    let mut before = vec![0.0; Kind::ALL.len()];
    for (share, stops) in all {
        let by: Vec<f32> = stops
            .iter()
            .zip(&before)
            .map(|(stop, before)| stop - before)
            .collect();
        lower(&mut fitted, &by);
        before = stops;
        let model = Model::read(&Model::write(&fitted))?;
        let held = |texts: &mut dyn Iterator<Item = &Text>| {
            let (mut held, mut all) = (0, 0);
            for text in texts {
                all += 1;
                held += usize::from(!model.look(&text.words).is_empty());
            }
            format!(
                "{held} of {all} ({:.1} %)",
                100.0 * held as f64 / f64::from(all.max(1) as u32)
            )
        };
        say(&format!("mistakes allowed: {:.2} %", share * 100.0))?;
        say(&format!(
            "  real texts held back: {}",
            held(&mut fine.iter().copied())
        ))?;
        say(&format!(
            "  of these praise: {}",
            held(&mut fine.iter().copied().filter(|text| text.is_praise))
        ))?;
        for kind in Kind::ALL {
            say(&format!(
                "  {kind}: {}",
                held(&mut benchmark.iter().filter(|text| text.kind == Some(kind)))
            ))?;
        }
        say(&format!(
            "  all of the benchmark: {}",
            held(&mut benchmark.iter().filter(|text| text.kind.is_some()))
        ))?;
        say(&format!(
            "  fine of the benchmark: {}",
            held(&mut benchmark.iter().filter(|text| text.kind.is_none()))
        ))?;
    }
    Ok(())
}

fn say(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
