//! `plaudit import rota FILE`
use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use domain::{rota::columns::Said, table::day::DayOrder};
use entity::organisation;

use super::{
    super::{
        counted,
        tenant::{ask, say},
    },
    ACTOR, Misuse, encoding,
};
use crate::{
    app::App,
    platform::text_file::TextFile,
    roster::rota::{
        KEPT_DAYS,
        file::{self, Options, RotaError, Seen},
    },
};

/// Of what is wrong so much is shown.
const SHOWN: usize = 20;

/// Take a rota in from a CSV file or an Excel workbook: it says who was on duty where.
#[derive(Debug, Args)]
pub(super) struct Rota {
    /// The file
    file: PathBuf,
    /// The site of lines that name none
    #[arg(long)]
    site: Option<String>,
    /// Which column is what: post="Register", or none="Notes" to leave one out; may be given several times
    #[arg(long = "column", value_name = "FIELD=HEADING", value_parser = Said::column)]
    columns: Vec<(&'static str, String)>,
    /// How days like 03/04/2026 are meant, where the file does not tell: dmy or mdy
    #[arg(long)]
    date_format: Option<DayOrder>,
    /// The file's encoding, where it is not recognised
    #[arg(long, value_parser = encoding)]
    encoding: Option<&'static encoding_rs::Encoding>,
    /// Only check the file
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Take it in without asking
    #[arg(long)]
    yes: bool,
}

impl Rota {
    pub(super) async fn run(self, app: &App, organisation: &organisation::Model) -> anyhow::Result<()> {
        let file = TextFile::open(&self.file, self.encoding);
        let file = file.with_context(|| format!("cannot read {}", self.file.display()))?;
        let options = Options {
            said: Said {
                columns: self.columns,
                day_order: self.date_format,
                ..Said::default()
            },
            site: self.site,
        };
        let now = app.clock.now();
        let seen = file::read(app.db.read(), organisation.id, &file, &options, now).await;
        let seen = seen.map_err(as_misuse)?;
        show(&seen, &mut io::stdout().lock())?;
        if !seen.problems.is_empty() {
            anyhow::bail!("nothing can be taken in: fix the above first");
        }
        if self.dry_run {
            return Ok(());
        }
        if !self.yes && !ask("Take this in?")?.unwrap_or_default() {
            return Ok(say("Nothing was taken in; add --yes to do so without asking.")?);
        }
        let tx = app.db.write().await?;
        let applied = file::apply(&tx, organisation.id, (&file, seen), ACTOR, now).await;
        let (import, replaced) = applied.map_err(as_misuse)?;
        tx.commit().await?;
        Ok(say(format!(
            "Wrote {} on {} of a site; {} had these shifts already; {} read again. This is import {import}.",
            counted(replaced.shifts, "shift"),
            counted(replaced.days, "day"),
            counted(replaced.same, "day"),
            counted(replaced.comments, "message"),
        ))?)
    }
}

fn as_misuse(error: RotaError) -> anyhow::Error {
    match error {
        RotaError::Database(error) => error.into(),
        RotaError::Roster(error) => Misuse(error.to_string()).into(),
        other => other.into(),
    }
}

fn show(seen: &Seen, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "Read as {}.", seen.encoding)?;
    for (heading, column) in &seen.columns {
        if let Some(column) = column {
            writeln!(out, "  {column:20} = {heading:?}")?;
        }
    }
    for problem in seen.problems.iter().take(SHOWN) {
        writeln!(out, "  {problem}")?;
    }
    if let Some(more @ 1..) = seen.problems.len().checked_sub(SHOWN) {
        writeln!(out, "  … and {more} more")?;
    }
    if seen.too_old > 0 {
        writeln!(
            out,
            "Note: {} older than {KEPT_DAYS} days and left out.",
            if seen.too_old == 1 {
                "1 line is".to_owned()
            } else {
                format!("{} lines are", seen.too_old)
            }
        )?;
    }
    writeln!(
        out,
        "{} in {}.",
        counted(seen.shifts(), "shift"),
        counted(seen.lines, "line")
    )
}
