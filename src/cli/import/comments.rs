//! `plaudit import comments FILE --source S`
use std::{
    fs::File,
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context;
use chrono_tz::Tz;
use clap::{Args, ValueEnum};
use entity::{organisation, source};
use indicatif::{ProgressBar, ProgressStyle};

use super::{
    super::{
        counted,
        tenant::{ask, say},
    },
    ACTOR, Misuse, as_misuse, encoding,
};
use crate::{
    app::App,
    capture::{
        draft::Scale,
        import::{CommentFile, Notify, Options, Outcome, Preview, columns::Field, run, time::DateFormat},
        source as sources,
    },
    platform::{secret::make_private_file, text_file::TextFile},
    roster,
};

/// Causes of errors that are shown; all lines with errors go to a file.
const SHOWN_CAUSES: usize = 20;

/// Import comments from a CSV file or an Excel workbook.
#[derive(Debug, Args)]
pub(super) struct Comments {
    /// The file
    file: PathBuf,
    /// The source they belong to; see plaudit source list
    #[arg(long, default_value = "import")]
    source: String,
    /// Which column is what: text="Q2 comment"; may be given several times
    #[arg(long = "column", value_name = "FIELD=HEADER", value_parser = column)]
    columns: Vec<(Field, String)>,
    /// The scale of the scores: nps (0-10), csat (1-5), ces (1-7), stars (1-5)
    #[arg(long, value_parser = scale)]
    scale: Option<Scale>,
    /// The zone of times that have none, such as Europe/London [default: the organisation's]
    #[arg(long, value_parser = zone)]
    time_zone: Option<Tz>,
    /// How dates like 03/04/2026 are meant: dmy, mdy or a pattern such as "%d/%m/%y %H:%M"
    #[arg(long)]
    date_format: Option<DateFormat>,
    /// The site of lines that name none
    #[arg(long)]
    site: Option<String>,
    /// Whether managers hear of it; left out: now for comments of the last 14 days, none for older ones
    #[arg(long, value_enum)]
    tell: Option<TellChoice>,
    /// The file's encoding, where it is not recognised
    #[arg(long, value_parser = encoding)]
    encoding: Option<&'static encoding_rs::Encoding>,
    /// Where lines with errors are listed with their reasons [default: FILE.rejects.csv]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
    /// Only check the file
    #[arg(long, conflicts_with = "yes")]
    dry_run: bool,
    /// Import without asking
    #[arg(long)]
    yes: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum TellChoice {
    None,
    Digest,
    Now,
}

fn column(given: &str) -> Result<(Field, String), String> {
    let (field, header) = given
        .split_once('=')
        .ok_or("write it as FIELD=HEADER, such as text=\"Q2 comment\"")?;
    let names = || Field::ALL.map(Field::name).join(", ");
    let field = Field::from_name(field.trim())
        .ok_or_else(|| format!("there is no field {field:?}; there are {}", names()))?;
    Ok((field, header.to_owned()))
}

fn scale(given: &str) -> Result<Scale, String> {
    Scale::from_name(given).ok_or_else(|| "use nps, csat, ces or stars".to_owned())
}

fn zone(given: &str) -> Result<Tz, String> {
    given
        .parse()
        .map_err(|_| "use an IANA name such as Europe/London".to_owned())
}

impl Comments {
    pub(super) async fn run(self, app: &App, organisation: &organisation::Model) -> anyhow::Result<()> {
        let found = sources::by_name(app.db.read(), organisation.id, &self.source).await;
        let source = found.map_err(|error| match error {
            sources::SourceError::Database(error) => anyhow::Error::from(error),
            misuse => Misuse(misuse.to_string()).into(),
        })?;
        let zone = self
            .time_zone
            .unwrap_or_else(|| roster::organisation::zone(organisation));
        let file = self.open(app, &source, zone).await?;
        let preview = file.preview().map_err(as_misuse)?;
        show(&preview, zone, &mut io::stdout().lock())?;
        if self.dry_run || !self.is_agreed(&preview)? {
            return Ok(());
        }
        let outcome = self.take_in(app, &file, &preview).await?;
        self.report(outcome)
    }

    async fn open(&self, app: &App, source: &source::Model, zone: Tz) -> anyhow::Result<CommentFile> {
        let text = TextFile::open(&self.file, self.encoding);
        let text = text.with_context(|| format!("cannot read {}", self.file.display()))?;
        let options = Options {
            columns: self.columns.clone(),
            scale: self.scale,
            time_zone: Some(zone),
            date_format: self.date_format.clone(),
            site: self.site.clone(),
            notify: match self.tell {
                None => Notify::Recent,
                Some(TellChoice::None) => Notify::None,
                Some(TellChoice::Digest) => Notify::Digest,
                Some(TellChoice::Now) => Notify::Now,
            },
        };
        let opened = CommentFile::open(app.db.read(), source, text, &options, app.clock.now()).await;
        opened.map_err(as_misuse)
    }

    fn is_agreed(&self, preview: &Preview) -> anyhow::Result<bool> {
        if preview.comments == 0 {
            say("There is nothing to import.")?;
            return Ok(false);
        }
        if self.yes {
            return Ok(true);
        }
        let question = format!("Import {}?", counted(preview.comments, "comment"));
        ask(&question)?
            .ok_or_else(|| Misuse("there is no one here to ask; add --yes to import".to_owned()).into())
    }

    async fn take_in(&self, app: &App, file: &CommentFile, preview: &Preview) -> anyhow::Result<Outcome> {
        let bar = ProgressBar::new(preview.lines);
        let style = "{wide_bar} {human_pos}/{human_len} lines, {per_sec}, {eta} left";
        bar.set_style(ProgressStyle::with_template(style)?);
        let mut rejects: Box<dyn Write + Send> = if preview.rejected > 0 {
            let path = self.rejects_path();
            let file = make_private_file(&path).and_then(|()| File::create(&path));
            Box::new(file.with_context(|| format!("cannot write {}", path.display()))?)
        } else {
            Box::new(io::sink())
        };
        let mut progress = |lines| bar.set_position(lines);
        let outcome = run(&app.db, &app.clock, file, ACTOR, &mut rejects, &mut progress).await;
        bar.finish_and_clear();
        outcome.map_err(as_misuse)
    }

    fn report(&self, outcome: Outcome) -> anyhow::Result<()> {
        say(format!(
            "Imported {} ({}, {} updated, {} withdrawn). This is import {}.",
            counted(outcome.added, "comment"),
            counted(outcome.same, "duplicate"),
            outcome.revised,
            outcome.gone,
            outcome.import
        ))?;
        if outcome.rejected > 0 {
            let path = self.rejects_path();
            say(format!(
                "{} with errors: see {}.",
                counted(outcome.rejected, "line"),
                path.display()
            ))?;
        }
        Ok(())
    }

    fn rejects_path(&self) -> PathBuf {
        self.rejects
            .clone()
            .unwrap_or_else(|| self.file.with_extension("rejects.csv"))
    }
}

fn show(preview: &Preview, zone: Tz, out: &mut impl Write) -> io::Result<()> {
    match preview.delimiter {
        None => writeln!(out, "Read as {}.", preview.encoding)?,
        Some('\t') => writeln!(out, "Encoding {}, separator tab.", preview.encoding)?,
        Some(mark) => writeln!(out, "Encoding {}, separator {mark:?}.", preview.encoding)?,
    }
    for (field, header) in &preview.columns {
        writeln!(out, "  {:15} = {header:?}", field.name())?;
    }
    if !preview.ignored.is_empty() {
        let ignored: Vec<String> = preview
            .ignored
            .iter()
            .map(|header| format!("{header:?}"))
            .collect();
        writeln!(out, "Not imported: {}", ignored.join(", "))?;
    }
    if let Some(scale) = preview.scale {
        writeln!(out, "Scores are {}.", scale.name())?;
    }
    show_counts(preview, zone, out)?;
    for cause in preview.causes.iter().take(SHOWN_CAUSES) {
        writeln!(out, "  {cause}")?;
    }
    Ok(())
}

fn show_counts(preview: &Preview, zone: Tz, out: &mut impl Write) -> io::Result<()> {
    writeln!(
        out,
        "{}: {}, {} without words, {} with errors.",
        counted(preview.lines, "line"),
        counted(preview.comments, "comment"),
        preview.blank,
        preview.rejected
    )?;
    if let Some((first, last)) = preview.span {
        writeln!(
            out,
            "From {} to {} (UTC).",
            first.format("%Y-%m-%d %H:%M"),
            last.format("%Y-%m-%d %H:%M")
        )?;
    }
    let has_times = preview
        .columns
        .iter()
        .any(|(field, _)| *field == Field::OccurredAt);
    match has_times {
        true => writeln!(out, "Times that name no zone are {zone}.")?,
        false => writeln!(out, "No column has a time: the comments count as made now.")?,
    }
    if preview.formula_cells > 0 {
        writeln!(
            out,
            "{} beginning like a formula: kept as plain text.",
            counted(preview.formula_cells, "cell")
        )?;
    }
    writeln!(
        out,
        "Managers will be told of up to {}.",
        counted(preview.told, "comment")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_is_said_as_field_and_header() {
        assert_eq!(
            column("text=Q2 = comment"),
            Ok((Field::Text, "Q2 = comment".to_owned()))
        );
        assert!(column("words=Q2").unwrap_err().contains("external_id"));
        assert!(column("text").unwrap_err().contains("FIELD=HEADER"));
    }
}
