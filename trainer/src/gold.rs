//! Sets out of labelled texts: their own roster maker gives each text a site with namesakes of people who are no staff,
//! by fixed seeds.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use crate::set::Set;

/// Makes the rosters.
const MAKER: &str = "make_roster.py";

/// Invented texts, which are fitted on and not measured.
const INVENTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/invented");
const TOLD: [&str; 5] = ["stories", "reviews", "plain", "natural", "dining"];

/// Labelled texts.
struct Source {
    name: &'static str,
    texts: &'static str,
    labels: &'static str,
    /// A roster for each seed.
    seeds: &'static [&'static str],
}

const SOURCES: [Source; 4] = [
    Source {
        name: "english",
        texts: "texts.jsonl",
        labels: "labels.dev.jsonl",
        seeds: &["11", "12"],
    },
    Source {
        name: "english2",
        texts: "english2/texts.jsonl",
        labels: "english2/labels.jsonl",
        seeds: &["11", "12"],
    },
    Source {
        name: "world",
        texts: "world/texts.jsonl",
        labels: "world/labels.jsonl",
        seeds: &["11", "12"],
    },
    Source {
        name: "contrast",
        texts: "contrast/texts.jsonl",
        labels: "contrast/labels.jsonl",
        seeds: &["11"],
    },
];

/// Sets to fit on: everybody who is no staff has a namesake.
pub(crate) fn fitting(gold: &Path) -> Result<Vec<Set>> {
    let maker = Maker::new(gold)?;
    let mut sets = Vec::new();
    for source in &SOURCES {
        for seed in source.seeds {
            sets.push(maker.make(source, "1", seed)?);
        }
    }
    for told in TOLD {
        sets.push(Set::read(&Path::new(INVENTED).join(told))?);
    }
    Ok(sets)
}

/// Sets to measure on: three in ten of those who are no staff have a namesake.
pub(crate) fn measuring(gold: &Path) -> Result<Vec<Set>> {
    let maker = Maker::new(gold)?;
    SOURCES
        .iter()
        .map(|source| maker.make(source, "0.3", "1"))
        .collect()
}

/// A folder for rosters, which goes with it.
struct Maker<'a> {
    gold: &'a Path,
    work: PathBuf,
}

impl<'a> Maker<'a> {
    fn new(gold: &'a Path) -> Result<Maker<'a>> {
        let work = std::env::temp_dir().join(format!("plaudit-train-{}", std::process::id()));
        fs::create_dir_all(&work).with_context(|| format!("{} cannot be made", work.display()))?;
        Ok(Maker { gold, work })
    }

    fn make(&self, source: &Source, plant: &str, seed: &str) -> Result<Set> {
        let out = self.work.join(source.name);
        let mut python = Command::new("python3");
        python
            .arg(self.gold.join(MAKER))
            .arg(self.gold.join(source.texts))
            .arg(self.gold.join(source.labels))
            .arg(&out)
            .args(["--plant", plant, "--seed", seed]);
        let made = python.output().context("python3 cannot be run")?;
        if !made.status.success() {
            bail!(
                "the roster maker failed: {}",
                String::from_utf8_lossy(&made.stderr)
            );
        }
        let mut set = Set::read(&out)?;
        set.speak(&languages(&self.gold.join(source.texts))?);
        Ok(set)
    }
}

impl Drop for Maker<'_> {
    fn drop(&mut self) {
        if let Err(error) = fs::remove_dir_all(&self.work) {
            eprintln!("{} stays: {error}", self.work.display());
        }
    }
}

/// Languages of the texts, by id.
fn languages(texts: &Path) -> Result<BTreeMap<String, String>> {
    #[derive(Deserialize)]
    struct Line {
        id: String,
        lang: Option<String>,
    }
    let text = fs::read_to_string(texts).with_context(|| format!("{} cannot be read", texts.display()))?;
    let mut languages = BTreeMap::new();
    for line in text.lines() {
        let line: Line = serde_json::from_str(line)?;
        languages.extend(line.lang.map(|lang| (line.id, lang)));
    }
    Ok(languages)
}

/// SHA-256 of what the weights depend on.
pub(crate) fn hashes(gold: &Path) -> Result<BTreeMap<String, String>> {
    let hash = |name: &str| {
        let bytes = fs::read(gold.join(name)).with_context(|| format!("{name} cannot be read"))?;
        let hex = Sha256::digest(&bytes)
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        Ok((name.to_owned(), hex))
    };
    let files = SOURCES.iter().flat_map(|s| [s.texts, s.labels]);
    files.chain([MAKER]).map(hash).collect()
}
