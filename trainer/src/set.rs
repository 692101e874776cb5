//! Labelled sets: `roster.csv`, `texts.jsonl` and `truth.jsonl` in one directory.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use domain::attribution::{Comment, IdentityWeights, Observation, observe};
use domain::roster::LocalRoster;
use domain::roster::csv::parse;
use serde::Deserialize;
use sha2::{Digest, Sha256};

/// What a text holds in truth.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Truth {
    /// Id of the text; up to its last hyphen it names the source.
    pub(crate) id: String,
    /// Employee ids of those who are praised.
    pub(crate) credited: BTreeSet<String>,
    /// Employee ids of those who are named but not praised (with the stance), or namesakes of others (with the kind).
    pub(crate) others: BTreeMap<String, String>,
    /// Those of `credited` who share their name with a colleague.
    #[serde(default)]
    pub(crate) ambiguous: BTreeSet<String>,
    /// Staff are praised without a name.
    #[serde(default)]
    pub(crate) unnamed_praise: bool,
}

impl Truth {
    /// The source the text came from.
    pub(crate) fn source(&self) -> &str {
        self.id.rsplit_once('-').map_or(&self.id, |(source, _)| source)
    }
}

/// A text to attribute.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Text {
    /// Its id.
    pub(crate) id: String,
    /// The customer's words.
    pub(crate) text: String,
    /// The score on its scale.
    pub(crate) score: Option<f64>,
    /// Highest value of the scale.
    pub(crate) scale_max: Option<f64>,
    /// Site by name.
    pub(crate) site: String,
    /// Its language, for figures only.
    #[serde(default)]
    pub(crate) lang: Option<String>,
}

impl Text {
    fn fraction(&self) -> Option<f64> {
        let (score, max) = self.score.zip(self.scale_max)?;
        let min = if max >= 10.0 { 0.0 } else { 1.0 };
        Some((score - min) / (max - min))
    }
}

/// A labelled set.
pub(crate) struct Set {
    /// Where it was read from.
    pub(crate) directory: PathBuf,
    /// The roster.
    pub(crate) local: LocalRoster,
    /// Texts with their truth.
    pub(crate) texts: Vec<(Text, Truth)>,
    /// SHA-256 of the three files.
    pub(crate) sha256: String,
}

/// Groups of a set with one source.
const GROUPS: u32 = 10;
/// Weight of the contrast set.
const CONTRAST: f64 = 0.25;
/// Weight of invented stories, each of which is told seven times.
const STORIES: f64 = 0.1;

/// Weight of invented texts that are told as customers write.
const NATURAL: f64 = 0.3;

/// Files of a set.
const FILES: [&str; 3] = ["roster.csv", "texts.jsonl", "truth.jsonl"];

impl Set {
    /// Reads a directory.
    pub(crate) fn read(directory: &Path) -> Result<Set> {
        let mut hash = Sha256::new();
        let mut contents = Vec::new();
        for name in FILES {
            let path = directory.join(name);
            let bytes = fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
            hash.update(&bytes);
            contents.push(bytes);
        }
        let parsed = parse(&contents[0]);
        if let Some(problem) = parsed.problems.first() {
            bail!("{}: {problem}", directory.join(FILES[0]).display());
        }
        let (local, _) = LocalRoster::new(&[], &parsed.rows);
        let truths: Vec<Truth> = lines(&contents[2])?;
        let mut by_id: BTreeMap<String, Text> = lines(&contents[1])?
            .into_iter()
            .map(|t: Text| (t.id.clone(), t))
            .collect();
        let pair = |truth: Truth| by_id.remove(&truth.id).map(|text| (text, truth));
        let texts = truths.into_iter().filter_map(pair).collect();
        let sha256 = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
        Ok(Set {
            directory: directory.to_owned(),
            local,
            texts,
            sha256,
        })
    }

    /// Says in which languages the texts are, by id.
    pub(crate) fn speak(&mut self, languages: &BTreeMap<String, String>) {
        for (text, _) in &mut self.texts {
            text.lang = languages.get(&text.id).cloned();
        }
    }

    /// The source of a text. Where all have one, its texts are dealt into groups.
    pub(crate) fn source(&self, truth: &Truth) -> String {
        let source = truth.source();
        if self.texts.iter().any(|(_, other)| other.source() != source) {
            return source.to_owned();
        }
        let group: u32 = truth.id.bytes().map(u32::from).sum::<u32>() % GROUPS;
        format!("{source}#{group}")
    }

    /// Are its texts stories told for training?
    pub(crate) fn is_invented(&self) -> bool {
        self.directory
            .parent()
            .is_some_and(|parent| parent.ends_with("invented"))
    }

    /// Does it show how often customers praise? Invented texts do not, nor what was chosen for its contrast.
    pub(crate) fn is_typical(&self) -> bool {
        !self.is_invented() && !self.is_contrast()
    }

    fn is_contrast(&self) -> bool {
        self.directory.to_string_lossy().contains("contrast")
    }

    /// How much its texts count: contrast is rarer in life than in the set that is made of it.
    pub(crate) fn weight(&self) -> f64 {
        if self.is_contrast() {
            CONTRAST
        } else if self.is_invented() && self.name() == "natural" {
            NATURAL
        } else if self.is_invented() {
            STORIES
        } else {
            1.0
        }
    }

    /// The name of its folder.
    pub(crate) fn name(&self) -> String {
        let name = self.directory.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// The comment a text is.
    pub(crate) fn comment<'a>(&self, text: &'a Text) -> Comment<'a> {
        Comment {
            text: &text.text,
            score: text.fraction(),
            site: self.local.site(&text.site),
            ..Comment::default()
        }
    }

    /// What the engine sees in a text.
    pub(crate) fn observe(&self, text: &Text) -> Vec<Observation> {
        observe(
            &self.local.roster,
            &self.comment(text),
            &IdentityWeights::default(),
        )
    }
}

fn lines<T: for<'a> Deserialize<'a>>(bytes: &[u8]) -> Result<Vec<T>> {
    let text = std::str::from_utf8(bytes)?;
    text.lines()
        .filter(|l| !l.trim().is_empty())
        .map(|l| Ok(serde_json::from_str(l)?))
        .collect()
}
