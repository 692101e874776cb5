//! `plaudit rebuild`
use std::{io::Write, process::ExitCode};

use clap::Args;
use sea_orm::EntityTrait;

use crate::{
    app::App,
    ledger::rebuild::{self, Report},
    roster::organisation,
};

/// Recompute recognitions and counters, compare them with what is stored, and correct what differs.
#[derive(Debug, Args)]
pub struct Rebuild {
    /// Only compare; exit status 1 if anything differs
    #[arg(long)]
    check: bool,
    /// Slug of one organisation; otherwise all of them
    #[arg(long, value_name = "SLUG")]
    organisation: Option<String>,
}

impl Rebuild {
    /// Reports a line for each organisation and for each of the first differences.
    pub async fn run(&self, app: App) -> anyhow::Result<ExitCode> {
        let db = app.db.read();
        let organisations = match &self.organisation {
            Some(slug) => vec![organisation::named_or_only(db, Some(slug)).await?],
            None => entity::organisation::Entity::find().all(db).await?,
        };
        let mut all_equal = true;
        for organisation in organisations {
            let report = rebuild::rebuild(&app.db, organisation.id, self.check, app.clock.now()).await?;
            all_equal &= report.differing == 0;
            self.print(&organisation.slug, &report)?;
        }
        app.service.db.close().await;
        let is_bad = self.check && !all_equal;
        Ok(if is_bad {
            ExitCode::from(1)
        } else {
            ExitCode::SUCCESS
        })
    }

    fn print(&self, slug: &str, report: &Report) -> std::io::Result<()> {
        let mut out = std::io::stdout().lock();
        for difference in &report.differences {
            writeln!(out, "{slug}: {difference}")?;
        }
        let told = report.differences.len() as u64;
        if report.differing > told {
            writeln!(out, "{slug}: and {} more", report.differing - told)?;
        }
        let outcome = match (report.differing, self.check) {
            (0, _) => "all as stored".to_owned(),
            (n, true) => format!("{n} differ"),
            (n, false) => format!("{n} differed and are mended"),
        };
        writeln!(
            out,
            "{slug}: {} comments, {} recognitions, {} counters: {outcome}",
            report.comments, report.recognitions, report.counters
        )
    }
}
