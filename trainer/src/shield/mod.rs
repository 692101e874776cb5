//! Fits what the shield weighs, says where it stops, and measures it.
mod fit;
mod report;
mod stop;
mod texts;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use domain::shield::Model;

use fit::fit;
use stop::{Ranked, Shares, lower, ranked, shares, stops};
use texts::{REAL_PARTS, Text, labelled, patients, real, told};

/// Labelled texts: kind (or `fine`), a tab, perhaps the language and another tab, the text.
const LABELLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/invented/shield");
const BENCHMARK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/benchmark/shield");
const SHIPPED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../domain/data/shield.bin");

/// What is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Task {
    /// The shipped weights anew.
    #[default]
    Fit,
    /// How weights do that have not seen the author or the real text.
    Measure,
    /// How the shipped weights do on the benchmark, and what a look costs.
    Benchmark,
}

/// Does what is asked for.
pub(crate) fn run(gold: Option<&Path>, task: Task) -> Result<()> {
    if task == Task::Benchmark {
        return report::benchmark(&labelled(Path::new(BENCHMARK))?);
    }
    let gold = gold.context("shield needs the folder with the labelled texts, or --benchmark")?;
    let mut texts = labelled(Path::new(LABELLED))?;
    texts.extend(told(Path::new(LABELLED))?);
    texts.extend(real(gold)?);
    texts.extend(patients(gold)?);
    let ranked = left_out(&texts);
    let shares = shares(&ranked);
    report::left_out(&ranked, &shares)?;
    if task == Task::Measure {
        return Ok(());
    }
    let stops = stops_of(&texts, &shares);
    let mut fitted = fit(&texts.iter().collect::<Vec<_>>());
    lower(&mut fitted, &stops);
    fs::write(SHIPPED, Model::write(&fitted)).context(SHIPPED)
}

/// Texts by weights that were fitted without the author of an invented text, and without a quarter of the real ones.
fn left_out(texts: &[Text]) -> Vec<Ranked<'_>> {
    let mut ranks = Vec::new();
    for part in parts(texts) {
        let (unseen, seen): (Vec<&Text>, Vec<&Text>) = texts.iter().partition(|text| text.part == Some(part));
        ranks.extend(ranked(&unseen, &fit(&seen)));
    }
    ranks
}

fn parts(texts: &[Text]) -> BTreeSet<usize> {
    texts.iter().filter_map(|text| text.part).collect()
}

/// Where to stop, by weights of all invented texts: what a quarter of the real ones says that they have not seen, on average.
fn stops_of(texts: &[Text], shares: &Shares) -> Vec<f32> {
    let real: Vec<usize> = (0..REAL_PARTS).collect();
    let mut sums = vec![0.0; shares.len()];
    for part in &real {
        let (unseen, seen): (Vec<&Text>, Vec<&Text>) = texts
            .iter()
            .partition(|text| text.is_real && text.part == Some(*part));
        for (sum, stop) in sums.iter_mut().zip(stops(&fit(&seen), &unseen, shares)) {
            *sum += stop / real.len() as f32;
        }
    }
    sums
}
