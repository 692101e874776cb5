//! Sets for training out of labelled texts: their own roster maker gives each text a site with namesakes of everybody
//! who is no staff member, by fixed seeds.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};
use sha2::{Digest, Sha256};

use crate::set::Set;

/// What the weights depend on.
const FILES: [&str; 3] = ["texts.jsonl", "labels.dev.jsonl", "make_roster.py"];
/// A roster for each seed.
const SEEDS: [&str; 2] = ["11", "12"];

/// The sets, made anew.
pub(crate) fn sets(gold: &Path) -> Result<Vec<Set>> {
    let work = std::env::temp_dir().join(format!("plaudit-train-{}", std::process::id()));
    let sets = SEEDS
        .iter()
        .map(|seed| make(gold, &work.join(seed), seed))
        .collect();
    fs::remove_dir_all(&work).context("the rosters for training cannot be removed")?;
    sets
}

fn make(gold: &Path, out: &Path, seed: &str) -> Result<Set> {
    fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    let [texts, labels, maker] = FILES.map(|name| gold.join(name));
    let mut python = Command::new("python3");
    python
        .arg(maker)
        .arg(texts)
        .arg(labels)
        .arg(out)
        .args(["--plant", "1", "--seed", seed]);
    let made = python.output().context("python3 cannot be run")?;
    if !made.status.success() {
        bail!(
            "the roster maker failed: {}",
            String::from_utf8_lossy(&made.stderr)
        );
    }
    Set::read(out)
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
    FILES.iter().map(|name| hash(name)).collect()
}
