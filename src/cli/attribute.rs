//! `plaudit attribute`: the engine over files, without a database.
use std::{
    fs::{self, File},
    io::{BufRead, BufReader, BufWriter, Write},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Context;
use chrono::{DateTime, Utc};
use clap::Args;
use domain::{
    attribution::{Model, Settings, line::attribute_line},
    roster::{LocalRoster, csv},
};

use super::Misuse;
use crate::platform::clock::Clock;

/// Attribute texts of a file to people of a roster file.
#[derive(Debug, Args)]
pub struct Attribute {
    /// Roster in the format of `plaudit import roster`
    #[arg(long, value_name = "FILE.csv")]
    roster: PathBuf,
    /// Texts: a line of JSON each, with the fields of POST /v1/comments and an id
    #[arg(long, value_name = "FILE.jsonl")]
    texts: PathBuf,
    /// The time it is taken to be
    #[arg(long, value_name = "TIME")]
    now: Option<DateTime<Utc>>,
    /// Weights of one's own in place of the shipped ones
    #[arg(long, value_name = "FILE.json")]
    model: Option<PathBuf>,
}

impl Attribute {
    /// Writes one line of JSON for each text, in order; status 1 if any line was bad.
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let roster = self.read_roster()?;
        let own = self.read_model()?;
        let model = own.as_ref().unwrap_or_else(|| Model::shipped());
        let now = self.now.unwrap_or_else(|| Clock::System.now());
        let texts =
            File::open(&self.texts).with_context(|| format!("cannot read {}", self.texts.display()))?;
        let mut output = BufWriter::new(std::io::stdout().lock());
        let mut all_good = true;
        for line in BufReader::new(texts).split(b'\n') {
            let line = line?;
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            let line = String::from_utf8_lossy(&line);
            let answer = attribute_line(&roster, &line, &Settings::default(), model, Some(now.naive_utc()));
            all_good &= answer.is_ok();
            writeln!(output, "{}", answer.unwrap_or_else(|failure| failure))?;
        }
        output.flush()?;
        Ok(if all_good {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(1)
        })
    }

    fn read_roster(&self) -> anyhow::Result<LocalRoster> {
        let bytes =
            fs::read(&self.roster).with_context(|| format!("cannot read {}", self.roster.display()))?;
        let parsed = csv::parse(&bytes);
        let (roster, mut problems) = LocalRoster::new(&[], &parsed.rows);
        problems.splice(0..0, parsed.problems);
        match problems.first() {
            Some(first) => Err(Misuse(format!(
                "{}: line {}: {} ({} bad lines in all)",
                self.roster.display(),
                first.line(),
                first.words(),
                problems.len()
            ))
            .into()),
            None => Ok(roster),
        }
    }

    fn read_model(&self) -> anyhow::Result<Option<Model>> {
        let Some(path) = &self.model else { return Ok(None) };
        let json = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Some(
            Model::from_json(&json).with_context(|| format!("{} is not a model", path.display()))?,
        ))
    }
}
