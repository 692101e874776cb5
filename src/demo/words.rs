//! What the invented customers say: whole texts, and patterns whose slots are filled from lists.
use std::collections::HashMap;

use anyhow::{Context, bail};
use rand::{Rng, rngs::SmallRng, seq::IndexedRandom};

use super::Sample;

/// Ends the name of a slot whose words begin with a capital.
const CAPITAL: &str = "_c";

/// A text as somebody wrote it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text {
    /// Way in, and the score that was given.
    pub(super) from: &'static str,
    /// Path of the site; may be empty.
    pub(super) site: &'static str,
    /// The words.
    pub(super) words: &'static str,
}

/// All whole texts.
pub(super) fn texts(sample: &Sample) -> anyhow::Result<Vec<Text>> {
    let text = |line: &'static str| {
        let mut fields = line.splitn(3, '|');
        match (fields.next(), fields.next(), fields.next()) {
            (Some(from), Some(site), Some(words)) => Ok(Text { from, site, words }),
            _ => bail!("a text of the demo needs three fields: {line}"),
        }
    };
    lines(sample.texts).map(text).collect()
}

/// All patterns: way in and words with slots.
pub(super) fn patterns(sample: &Sample) -> anyhow::Result<Vec<(&'static str, &'static str)>> {
    let pattern = |line: &'static str| {
        line.split_once('|')
            .context("a pattern of the demo needs two fields")
    };
    lines(sample.patterns).map(pattern).collect()
}

fn lines(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}

/// Lists of words by the name of their slot.
#[derive(Debug)]
pub(super) struct Slots(HashMap<String, Vec<String>>);

impl Slots {
    pub(super) fn read(sample: &Sample) -> anyhow::Result<Slots> {
        Ok(Slots(
            toml::from_str(sample.slots).context("the demo's slots.toml")?,
        ))
    }

    /// Fills every slot of a pattern: those that are `known`, the others from their lists, no words twice.
    pub(super) fn fill(
        &self,
        pattern: &str,
        known: &[(&str, String)],
        rng: &mut SmallRng,
    ) -> anyhow::Result<String> {
        let mut used: Vec<&str> = Vec::new();
        let mut parts = pattern.split('{');
        let mut text = parts.next().unwrap_or_default().to_owned();
        for part in parts {
            let (slot, rest) = part.split_once('}').context("a slot is not closed")?;
            match known.iter().find(|(name, _)| *name == slot) {
                Some((_, words)) => text.push_str(words),
                None => text.push_str(&self.word(slot, &mut used, rng)?),
            }
            text.push_str(rest);
        }
        Ok(tidy(&text))
    }

    fn word<'a>(&'a self, slot: &str, used: &mut Vec<&'a str>, rng: &mut SmallRng) -> anyhow::Result<String> {
        let list = slot.strip_suffix(CAPITAL).unwrap_or(slot);
        let words = self
            .0
            .get(list)
            .with_context(|| format!("there is no list {list:?}"))?;
        let new: Vec<&str> = words
            .iter()
            .map(String::as_str)
            .filter(|word| !used.contains(word))
            .collect();
        let word = *new
            .choose(rng)
            .with_context(|| format!("the list {list:?} is used up"))?;
        used.push(word);
        Ok(if slot.ends_with(CAPITAL) {
            capitalised(word)
        } else {
            word.to_owned()
        })
    }
}

/// Begins with a capital.
pub(super) fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

/// A list may offer silence: no two blanks in a row then.
fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A name as it comes out of a telephone's keyboard: a letter inside is left out or doubled.
pub(super) fn misspelt(name: &str, rng: &mut SmallRng) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() < 5 {
        return name.to_owned();
    }
    let slip = rng.random_range(2..letters.len() - 1);
    let copies = if rng.random_bool(0.5) { 0 } else { 2 };
    let letters = letters.into_iter().enumerate();
    letters
        .flat_map(|(at, letter)| std::iter::repeat_n(letter, if at == slip { copies } else { 1 }))
        .collect()
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn every_pattern_can_be_filled_for_every_department() {
        for language in Sample::languages() {
            let sample = Sample::of(language).unwrap();
            let mut rng = SmallRng::seed_from_u64(1);
            let slots = Slots::read(&sample).unwrap();
            let departments = slots.0.keys().filter_map(|key| key.strip_prefix("thing_"));
            for department in departments {
                for (_, pattern) in patterns(&sample).unwrap() {
                    let thing = slots
                        .word(&format!("thing_{department}"), &mut Vec::new(), &mut rng)
                        .unwrap();
                    let known = [
                        ("name", "Amina".to_owned()),
                        ("other", "Mathis".to_owned()),
                        ("name_job", "adviser".to_owned()),
                        ("thing", thing),
                    ];
                    let text = slots.fill(pattern, &known, &mut rng).unwrap();
                    assert!(!text.contains(['{', '}']) && !text.contains("  "), "{text}");
                }
            }
        }
    }

    #[test]
    fn a_misspelt_name_differs_by_one_letter() {
        let mut rng = SmallRng::seed_from_u64(1);
        for _ in 0..20 {
            let length = misspelt("Desmond", &mut rng).chars().count();
            assert!(length == 6 || length == 8);
        }
        assert_eq!(misspelt("Tom", &mut rng), "Tom");
    }
}
