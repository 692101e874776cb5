//! What is held back, and what a look costs.
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::Write;
use std::time::Instant;

use anyhow::Result;
use domain::shield::{Kind, Model};

use super::stop::{Ranked, Shares};
use super::texts::Text;

/// Each text is looked at so often for its cost.
const LOOKS: u32 = 5;

/// Held back, of how many.
#[derive(Default)]
struct Share {
    held: usize,
    all: usize,
}

impl Share {
    fn add(&mut self, is_held: bool) {
        self.all += 1;
        self.held += usize::from(is_held);
    }
}

impl Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let percent = 100.0 * self.held as f64 / self.all.max(1) as f64;
        write!(f, "{} of {} ({percent:.1} %)", self.held, self.all)
    }
}

/// Shares by what they are of.
#[derive(Default)]
struct Table(BTreeMap<String, Share>);

impl Table {
    fn add(&mut self, text: &Text, is_held: bool) {
        let mut of = |name: String| self.0.entry(name).or_default().add(is_held);
        if text.is_real {
            of("real texts".to_owned());
            if text.is_praise {
                of("real texts that praise".to_owned());
            }
            return;
        }
        let kind = text.kind.map_or("fine", Kind::code);
        of(kind.to_owned());
        of(format!("{kind} {}", text.language));
        if text.kind.is_some() {
            of("all that is due".to_owned());
        }
    }

    fn say(&self) -> Result<()> {
        self.0
            .iter()
            .try_for_each(|(name, share)| say(&format!("  {name}: {share}")))
    }
}

/// Invented texts by authors that were left out, and real texts that were.
pub(super) fn left_out(ranked: &[Ranked], shares: &Shares) -> Result<()> {
    let mut parts: BTreeMap<Option<usize>, Table> = BTreeMap::new();
    let mut all = Table::default();
    for one in ranked {
        let is_held = one.is_held(shares);
        all.add(one.text, is_held);
        parts.entry(one.text.part).or_default().add(one.text, is_held);
    }
    for (part, table) in &parts {
        say(&format!("author {}:", part.map_or(0, |part| part + 1)))?;
        table.say()?;
    }
    say("all:")?;
    all.say()
}

/// The shipped weights on texts that nobody fits by.
pub(super) fn benchmark(texts: &[Text]) -> Result<()> {
    let model = Model::shipped();
    let mut table = Table::default();
    for text in texts {
        table.add(text, !model.look(&text.words).is_empty());
    }
    table.say()?;
    let start = Instant::now();
    for _ in 0..LOOKS {
        for text in texts {
            std::hint::black_box(model.look(&text.words));
        }
    }
    let looks = LOOKS as usize * texts.len();
    let characters: usize = texts.iter().map(|text| text.words.chars().count()).sum();
    say(&format!(
        "a look: {:.3} ms on one core, at {} characters on average",
        start.elapsed().as_secs_f64() * 1000.0 / looks.max(1) as f64,
        characters / texts.len().max(1)
    ))
}

fn say(line: &str) -> Result<()> {
    Ok(writeln!(std::io::stdout(), "{line}")?)
}
