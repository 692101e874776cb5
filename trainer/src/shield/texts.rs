//! Invented and real texts, and what is to be held back of them.
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use domain::shield::{Features, Kind, sentences};
use serde::Deserialize;

/// Invented praise in which nothing is to be held back.
const TOLD: [&str; 3] = ["stories", "reviews", "plain"];
/// How much one of these counts.
const TOLD_WEIGHT: f32 = 0.3;
/// Real texts, of which next to none is to be held back.
const GOLD: [(&str, &str); 4] = [
    ("texts.jsonl", "labels.dev.jsonl"),
    ("english2/texts.jsonl", "english2/labels.jsonl"),
    ("world/texts.jsonl", "world/labels.jsonl"),
    ("contrast/texts.jsonl", "contrast/labels.jsonl"),
];
/// What patients said of their care, of which nothing is to be held back either; nobody labelled whom they praise.
const PATIENTS: &str = "nhs/texts.jsonl";
/// Real texts are left out in so many parts, each with the author of invented ones whose turn it is.
pub(super) const REAL_PARTS: usize = 4;

/// A text, and what it is fitted or measured for.
pub(super) struct Text {
    /// Nothing of what is fine.
    pub(super) kind: Option<Kind>,
    pub(super) weight: f32,
    pub(super) sentences: Vec<Features>,
    pub(super) words: String,
    pub(super) language: String,
    /// Somebody wrote it whom nobody invented.
    pub(super) is_real: bool,
    /// Somebody labelled it as praise of staff.
    pub(super) is_praise: bool,
    /// With which others it is left out; those without are never.
    pub(super) part: Option<usize>,
}

impl Text {
    fn new(kind: Option<Kind>, words: &str) -> Text {
        Text {
            kind,
            weight: 1.0,
            sentences: sentences(words),
            words: words.to_owned(),
            language: String::new(),
            is_real: false,
            is_praise: false,
            part: None,
        }
    }
}

/// The labelled texts of a folder; who wrote them stands in the names of their files: `en-first.tsv`.
pub(super) fn labelled(folder: &Path) -> Result<Vec<Text>> {
    let mut files: Vec<_> = fs::read_dir(folder)?
        .map(|file| Ok(file?.path()))
        .collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|end| end == "tsv"));
    files.sort();
    let mut authors: BTreeMap<String, usize> = BTreeMap::new();
    let mut texts = Vec::new();
    for file in files {
        let stem = file
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let (language, author) = stem.split_once('-').unwrap_or((&stem, ""));
        let next = authors.len();
        let author = *authors.entry(author.to_owned()).or_insert(next);
        for (number, line) in fs::read_to_string(&file)?.lines().enumerate() {
            let at = || format!("{}:{}", file.display(), number + 1);
            let text = of_line(line, language).with_context(at)?;
            texts.push(Text {
                part: (author < REAL_PARTS).then_some(author),
                ..text
            });
        }
    }
    Ok(texts)
}

fn of_line(line: &str, language: &str) -> Result<Text> {
    let (label, rest) = line.split_once('\t').context("no tab")?;
    let (language, words) = rest.split_once('\t').unwrap_or((language, rest));
    let kind = match (label, Kind::from_code(label)) {
        ("fine", _) => None,
        (_, Some(kind)) => Some(kind),
        _ => bail!("\"{label}\" is no kind"),
    };
    Ok(Text {
        language: language.to_owned(),
        ..Text::new(kind, words)
    })
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

/// Invented praise, beside the labelled texts.
pub(super) fn told(labelled: &Path) -> Result<Vec<Text>> {
    let folder = labelled.parent().context("the folder of invented texts")?;
    let mut texts = Vec::new();
    for set in TOLD {
        for line in lines::<Line>(&folder.join(set).join("texts.jsonl"))? {
            texts.push(Text {
                weight: TOLD_WEIGHT,
                ..Text::new(None, &line.text)
            });
        }
    }
    Ok(texts)
}

/// Real texts.
pub(super) fn real(gold: &Path) -> Result<Vec<Text>> {
    let mut texts = Vec::new();
    for (file, labels) in GOLD {
        let praising = praising(&gold.join(labels))?;
        for line in lines::<Line>(&gold.join(file))? {
            texts.push(Text {
                is_real: true,
                is_praise: praising.contains(&line.id),
                part: Some(texts.len() % REAL_PARTS),
                ..Text::new(None, &line.text)
            });
        }
    }
    Ok(texts)
}

/// What patients said, which is fitted on and never left out.
pub(super) fn patients(gold: &Path) -> Result<Vec<Text>> {
    let said = lines::<Line>(&gold.join(PATIENTS))?;
    Ok(said.iter().map(|line| Text::new(None, &line.text)).collect())
}

/// The texts in which somebody of the staff is praised.
fn praising(labels: &Path) -> Result<HashSet<String>> {
    let labels: Vec<Label> = lines(labels)?;
    let is_praise = |label: &Label| {
        let mut mentions = label.mentions.iter();
        mentions.any(|one| one.kind == "staff" && one.stance == "praised")
    };
    let praising = labels.into_iter().filter(is_praise);
    Ok(praising.map(|label| label.id).collect())
}

fn lines<T: serde::de::DeserializeOwned>(file: &Path) -> Result<Vec<T>> {
    let text = fs::read_to_string(file).with_context(|| file.display().to_string())?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}
