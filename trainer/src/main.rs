//! Fits and evaluates the attribution model.
//!
//! ```text
//! trainer GOLD                                          the shipped weights anew, from texts, labels and their roster maker
//! trainer fit [--out FILE] [--version NAME] DIR...      weights fitted on labelled sets
//! trainer report GOLD [--out FILE]                      figures of all labelled texts, sources left out in turn
//! trainer folds DIR... --test DIR... [--out FILE]       the same for sets of one's own
//! trainer shield GOLD [--measure]                       what the shield weighs, from invented texts and those that are fine
//! trainer shield --benchmark                            what it holds back of texts nobody fits by, and what a look costs
//! trainer evaluate [--model FILE] DIR [--out FILE]      predictions of a model
//! ```
//! A labelled set is a directory with `roster.csv`, `texts.jsonl` and `truth.jsonl`.

#![expect(
    clippy::indexing_slicing,
    reason = "matrices and parts are sized here; the trainer is no service"
)]

mod folds;
mod gold;
mod logit;
mod measure;
mod pair;
mod set;
mod shield;
mod train;
mod words;

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::attribution::{Attribution, Decision, Model, ModelFile, Settings, attribute};

use crate::measure::Measure;
use crate::set::Set;
use crate::train::{Sample, samples, train};

/// Sources are left out in this many turns.
const FOLDS: usize = 10;

fn main() -> Result<()> {
    let arguments = Arguments::parse(std::env::args().skip(1))?;
    match arguments.command.as_str() {
        "fit" => fit(&arguments),
        "folds" => folds(&arguments),
        "evaluate" => evaluate(&arguments),
        "report" => report(&arguments),
        "shield" => shield::run(
            arguments.directories.first().map(PathBuf::as_path),
            arguments.task,
        ),
        gold if Path::new(gold).is_dir() => ship(Path::new(gold), &arguments),
        other => {
            bail!(
                "\"{other}\" is neither a folder nor a command; there are fit, report, folds, shield and evaluate"
            )
        }
    }
}

#[derive(Default)]
struct Arguments {
    command: String,
    directories: Vec<PathBuf>,
    tests: Vec<PathBuf>,
    out: Option<PathBuf>,
    model: Option<PathBuf>,
    version: Option<String>,
    task: shield::Task,
}

impl Arguments {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Arguments> {
        let command = words
            .next()
            .context("usage: trainer fit|folds|evaluate DIR... [options]")?;
        let mut arguments = Arguments {
            command,
            ..Arguments::default()
        };
        while let Some(word) = words.next() {
            let mut value = || words.next().with_context(|| format!("{word} needs a value"));
            match word.as_str() {
                "--test" => arguments.tests.push(value()?.into()),
                "--out" => arguments.out = Some(value()?.into()),
                "--model" => arguments.model = Some(value()?.into()),
                "--version" => arguments.version = Some(value()?),
                "--measure" => arguments.task = shield::Task::Measure,
                "--benchmark" => arguments.task = shield::Task::Benchmark,
                _ if word.starts_with("--") => bail!("{word} is not an option"),
                _ => arguments.directories.push(word.into()),
            }
        }
        Ok(arguments)
    }

    fn sets(&self) -> Result<Vec<Set>> {
        if self.directories.is_empty() {
            bail!("name at least one directory with a labelled set");
        }
        self.directories.iter().map(|d| Set::read(d)).collect()
    }
}

/// Where the shipped weights stand.
const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/data/weights.json");
/// Version of the shipped weights.
const SHIPPED_VERSION: &str = "2026-11-28";

/// Fits the shipped weights on labelled texts, and says whether they differ from those that are there.
fn ship(gold: &Path, arguments: &Arguments) -> Result<()> {
    let sets = gold::fitting(gold)?;
    let all: Vec<Sample> = sets.iter().flat_map(samples).collect();
    let mut file = train(&all)?;
    file.version = SHIPPED_VERSION.to_owned();
    file.trained_on = gold::hashes(gold)?;
    let invented = sets.iter().filter(|set| set.is_invented());
    file.trained_on
        .extend(invented.map(|set| (format!("invented/{}", set.name()), set.sha256.clone())));
    let json = serde_json::to_string_pretty(&file)? + "\n";
    let out = arguments.out.clone().unwrap_or_else(|| SHIPPED.into());
    let same = fs::read_to_string(&out).is_ok_and(|before| before == json);
    write(Some(&out), &json)?;
    let word = if same {
        "the same as before, bit for bit"
    } else {
        "changed"
    };
    write(None, &format!("{}: {word}\n", out.display()))
}

fn fit(arguments: &Arguments) -> Result<()> {
    let sets = arguments.sets()?;
    let all: Vec<Sample> = sets.iter().flat_map(samples).collect();
    let mut file = train(&all)?;
    file.version = arguments.version.clone().unwrap_or_else(|| "local".to_owned());
    for set in &sets {
        file.trained_on.insert(set.name(), set.sha256.clone());
    }
    let json = serde_json::to_string_pretty(&file)? + "\n";
    write(arguments.out.as_deref(), &json)
}

/// Predictions for the test sets by models that have not seen their sources, with figures by set and language.
fn folds(arguments: &Arguments) -> Result<()> {
    let tests: Vec<Set> = arguments
        .tests
        .iter()
        .map(|d| Set::read(d))
        .collect::<Result<_>>()?;
    if tests.is_empty() {
        bail!("folds needs --test DIR");
    }
    left_out(&arguments.sets()?, &tests, arguments.out.as_deref())
}

/// The figures of all labelled texts, sources left out in turn; then without each set in the fit.
fn report(arguments: &Arguments) -> Result<()> {
    let [gold] = &arguments.directories[..] else {
        bail!("report needs the folder with the labelled texts");
    };
    let (sets, tests) = (gold::fitting(gold)?, gold::measuring(gold)?);
    left_out(&sets, &tests, arguments.out.as_deref())?;
    for test in &tests {
        let rest: Vec<Sample> = sets
            .iter()
            .filter(|s| s.name() != test.name())
            .flat_map(samples)
            .collect();
        let model = Model::from_file(&train(&rest)?)?;
        write(None, &format!("without {} in the fit:\n", test.name()))?;
        predict(test, |_| &model, None)?;
    }
    Ok(())
}

fn left_out(sets: &[Set], tests: &[Set], out: Option<&Path>) -> Result<()> {
    let all: Vec<Sample> = sets.iter().flat_map(samples).collect();
    let sources: Vec<String> = tests
        .iter()
        .flat_map(|test| test.texts.iter().map(|(_, truth)| test.source(truth)))
        .collect();
    let parts = folds::parts(sources.iter().map(String::as_str), FOLDS);
    let model = |fold: usize| -> Result<Model> {
        let seen: Vec<Sample> = all
            .iter()
            .filter(|s| parts.get(&s.source) != Some(&fold))
            .cloned()
            .collect();
        Ok(Model::from_file(&train(&seen)?)?)
    };
    let models: Vec<Model> = (0..FOLDS).map(model).collect::<Result<_>>()?;
    for test in tests {
        predict(
            test,
            |truth| &models[parts.get(&test.source(truth)).copied().unwrap_or(0)],
            out,
        )?;
    }
    Ok(())
}

fn evaluate(arguments: &Arguments) -> Result<()> {
    let model = match &arguments.model {
        Some(path) => {
            let json =
                fs::read_to_string(path).with_context(|| format!("{} cannot be read", path.display()))?;
            Model::from_file(&serde_json::from_str::<ModelFile>(&json)?)?
        }
        None => Model::shipped().clone(),
    };
    for set in arguments.sets()? {
        predict(&set, |_| &model, arguments.out.as_deref())?;
    }
    Ok(())
}

/// Attributes a set, prints the figures and writes the predictions if asked to.
fn predict<'m>(set: &Set, model: impl Fn(&set::Truth) -> &'m Model, out: Option<&Path>) -> Result<()> {
    let settings = Settings::default();
    let mut measure = Measure::default();
    let mut by_language: std::collections::BTreeMap<&str, Measure> = std::collections::BTreeMap::new();
    let mut lines = String::new();
    for (text, truth) in &set.texts {
        let found = attribute(&set.local.roster, &set.comment(text), &settings, model(truth));
        let id = |id| set.local.employee_id(id).unwrap_or_default().to_owned();
        measure.add(truth, &found, id);
        if let Some(language) = &text.lang {
            by_language.entry(language).or_default().add(truth, &found, id);
        }
        lines += &(prediction(set, &text.id, &found).to_string() + "\n");
    }
    if let Some(out) = out {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(out)?;
        file.write_all(lines.as_bytes())?;
    }
    write(None, &format!("{:<12} {}\n", set.name(), measure.figures()))?;
    for (language, measure) in by_language.iter().filter(|_| by_language.len() > 1) {
        write(None, &format!("  {language:<10} {}\n", measure.figures()))?;
    }
    Ok(())
}

fn prediction(set: &Set, id: &str, found: &Attribution) -> serde_json::Value {
    let person = |c: &domain::attribution::Candidate| {
        let strongest: serde_json::Map<String, serde_json::Value> = c
            .evidence
            .iter()
            .map(|e| {
                (
                    e.code.to_string(),
                    ((e.value * e.weight * 100.0).round() / 100.0).into(),
                )
            })
            .collect();
        serde_json::json!({
            "employee_id": set.local.employee_id(c.staff),
            "confidence": (c.confidence * 10_000.0).round() / 10_000.0,
            "decision": c.decision, "stance": c.stance, "spans": c.spans, "reasons": strongest,
        })
    };
    let credited: Vec<_> = found
        .candidates
        .iter()
        .filter(|c| c.decision == Decision::Credit)
        .map(person)
        .collect();
    let all: Vec<_> = found.candidates.iter().map(person).collect();
    serde_json::json!({ "id": id, "outcome": found.outcome, "tone": found.tone, "people": credited, "candidates": all })
}

fn write(path: Option<&Path>, text: &str) -> Result<()> {
    match path {
        Some(path) => fs::write(path, text).with_context(|| format!("{} cannot be written", path.display())),
        None => Ok(std::io::stdout().write_all(text.as_bytes())?),
    }
}
