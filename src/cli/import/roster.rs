//! `plaudit import roster FILE`
use std::{
    io::{self, Write},
    path::PathBuf,
};

use anyhow::Context;
use clap::Args;
use domain::{roster::columns::Said, table::day::DayOrder};
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
    roster::{
        RosterError,
        import::{self, ImportError, Options, Preview},
    },
};

/// Of each kind of change so many are shown, unless all are wanted.
const SHOWN: usize = 20;

/// Update the roster from a CSV file or an Excel workbook.
#[derive(Debug, Args)]
pub(super) struct Roster {
    /// The file
    file: PathBuf,
    /// Create sites that the file names and that do not exist
    #[arg(long)]
    create_sites: bool,
    /// People missing from the file have left
    #[arg(long)]
    complete: bool,
    /// The file is complete for this site and those below it only
    #[arg(long, requires = "complete")]
    site: Option<String>,
    /// Up to so many may leave, even if it is more than one in twenty
    #[arg(long, value_name = "N", requires = "complete")]
    allow_leavers: Option<u64>,
    /// Which column is what: email="Private address", or none="Salary" to leave one out; may be given several times
    #[arg(long = "column", value_name = "FIELD=HEADING", value_parser = Said::column)]
    columns: Vec<(&'static str, String)>,
    /// How days like 03/04/2026 are meant, where the file does not tell: dmy or mdy
    #[arg(long)]
    date_format: Option<DayOrder>,
    /// The file's encoding, where it is not recognised
    #[arg(long, value_parser = encoding)]
    encoding: Option<&'static encoding_rs::Encoding>,
    /// Show every change, not only the first of each kind
    #[arg(long)]
    all: bool,
    /// Apply what a dry run showed; DIGEST is at its end
    #[arg(long, value_name = "DIGEST")]
    apply: Option<String>,
}

impl Roster {
    pub(super) async fn run(self, app: &App, organisation: &organisation::Model) -> anyhow::Result<()> {
        let file = TextFile::open(&self.file, self.encoding);
        let file = file.with_context(|| format!("cannot read {}", self.file.display()))?;
        let options = Options {
            create_sites: self.create_sites,
            complete: self.complete,
            site: self.site,
            allow_leavers: self.allow_leavers,
            said: Said {
                columns: self.columns,
                day_order: self.date_format,
                ..Said::default()
            },
        };
        if let Some(digest) = &self.apply {
            return apply(app, organisation, &file, &options, digest).await;
        }
        let now = app.clock.now();
        let preview =
            import::preview(app.db.read(), &app.secrets, organisation.id, &file, &options, now).await;
        let preview = preview.map_err(as_misuse)?;
        let shown = if self.all { usize::MAX } else { SHOWN };
        show(&preview, shown, &mut io::stdout().lock())?;
        if !preview.is_applicable() {
            anyhow::bail!("nothing can be applied: fix the above first");
        }
        match ask("Apply this?")? {
            Some(true) => apply(app, organisation, &file, &options, &preview.digest).await,
            Some(false) => Ok(()),
            None => Ok(say(format!(
                "To apply exactly this, add --apply {}",
                preview.digest
            ))?),
        }
    }
}

async fn apply(
    app: &App,
    organisation: &organisation::Model,
    file: &TextFile,
    options: &Options,
    digest: &str,
) -> anyhow::Result<()> {
    let now = app.clock.now();
    let agreed = import::agreed(
        app.db.read(),
        &app.secrets,
        organisation.id,
        file,
        options,
        digest,
        now,
    )
    .await;
    let agreed = agreed.map_err(as_misuse)?;
    let tx = app.db.write().await?;
    let applied = import::apply(&tx, agreed, ACTOR, now).await;
    let applied = applied.map_err(as_misuse)?;
    tx.commit().await?;
    let preview = applied.preview;
    Ok(say(format!(
        "Applied: {} added, {} changed, {} left, {} unchanged, {} created. This is import {}.",
        preview.added.len(),
        preview.changed.len(),
        preview.leaving.len(),
        preview.same,
        counted(preview.new_sites.len() as u64, "site"),
        applied.import
    ))?)
}

fn as_misuse(error: ImportError) -> anyhow::Error {
    match error {
        ImportError::Options(_) | ImportError::Stale { .. } => Misuse(error.to_string()).into(),
        ImportError::Roster(RosterError::Database(error)) | ImportError::Database(error) => error.into(),
        ImportError::Roster(error) => Misuse(error.to_string()).into(),
        other => other.into(),
    }
}

fn show(preview: &Preview, shown: usize, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "Read as {}.", preview.encoding)?;
    for seen in &preview.columns {
        if let Some(column) = seen.column {
            writeln!(out, "  {column:20} = {:?}", seen.heading)?;
        }
    }
    for warning in &preview.warnings {
        writeln!(out, "Note: {warning}.")?;
    }
    section(
        out,
        "To be put right",
        &preview.problems,
        shown,
        ToString::to_string,
    )?;
    if preview.lacks_sites() {
        writeln!(out, "  To create the sites that are missing, add --create-sites.")?;
    }
    section(out, "Refused", &preview.refusals, shown, |refusal| {
        refusal.words("add --allow-leavers")
    })?;
    section(out, "New sites", &preview.new_sites, shown, Clone::clone)?;
    section(out, "Added", &preview.added, shown, |person| {
        format!("{} {}", person.employee_id, person.name)
    })?;
    section(out, "Changed", &preview.changed, shown, |changed| {
        let fields = changed
            .fields
            .iter()
            .map(|change| format!("{}: {:?} becomes {:?}", change.field, change.from, change.to));
        let fields = fields.collect::<Vec<_>>().join("; ");
        format!("{} {}: {fields}", changed.person.employee_id, changed.person.name)
    })?;
    section(out, "Leaving", &preview.leaving, shown, |leaving| {
        format!(
            "{} {}, last day {}",
            leaving.employee_id, leaving.name, leaving.last_day
        )
    })?;
    writeln!(
        out,
        "{} added, {} changed, {} leaving, {} unchanged.",
        preview.added.len(),
        preview.changed.len(),
        preview.leaving.len(),
        preview.same
    )
}

fn section<T>(
    out: &mut impl Write,
    title: &str,
    items: &[T],
    shown: usize,
    line: impl Fn(&T) -> String,
) -> io::Result<()> {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "{title} ({}):", items.len())?;
    for item in items.iter().take(shown) {
        writeln!(out, "  {}", line(item))?;
    }
    match items.len().checked_sub(shown) {
        None | Some(0) => Ok(()),
        Some(more) => writeln!(out, "  … and {more} more (--all shows them)"),
    }
}
