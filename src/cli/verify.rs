//! `plaudit verify FILE`
use std::{fs::File, io::Read, path::PathBuf};

use anyhow::{Context, bail};
use base64::{Engine, engine::general_purpose::STANDARD};
use clap::Args;

use super::{Misuse, tenant::say};
use crate::{
    app::App,
    platform::signing,
    record::{
        file::Record,
        verify::{self, Verified},
    },
};

/// Say whether a record that somebody shows was issued here and is unchanged.
#[derive(Debug, Args)]
pub struct Verify {
    /// The file, as it was saved from "My record"
    #[arg(required_unless_present = "key")]
    file: Option<PathBuf>,
    /// Print the public half of the key that signs (Ed25519, base64); makes the key where there is none
    #[arg(long, conflicts_with = "file")]
    key: bool,
}

impl Verify {
    /// Runs the command.
    pub async fn run(self, app: &App) -> anyhow::Result<()> {
        if app.db.pending_migrations().await? > 0 {
            let what = "this database is empty or of an earlier version; run plaudit init, or plaudit migrate for the latter";
            return Err(Misuse(what.to_owned()).into());
        }
        match self.file {
            Some(file) => check(app, &file).await,
            None => print_key(app).await,
        }
    }
}

async fn check(app: &App, file: &std::path::Path) -> anyhow::Result<()> {
    let named = || format!("cannot read {}", file.display());
    let mut bytes = Vec::new();
    let longest = verify::LONGEST as u64 + 1;
    let opened = File::open(file).with_context(named)?;
    opened.take(longest).read_to_end(&mut bytes).with_context(named)?;
    let own = signing::public(app.db.read()).await?;
    match verify::verify(&bytes, own) {
        Verified::Genuine(record) => Ok(say(told(&record))?),
        Verified::Changed => bail!("it was changed after it was issued; do not trust it"),
        Verified::Elsewhere => bail!("it was not issued by this installation: it names another key"),
        Verified::NoRecord => bail!("it is no record: save it again from the page \"My record\""),
    }
}

fn told(record: &Record) -> String {
    let days = record
        .period
        .map(|period| format!(" from {} to {}", period.from, period.to))
        .unwrap_or_default();
    format!(
        "Genuine: issued here on {} and unchanged. {}, {}: thanked {} times{days}.",
        record.issued_at.date_naive(),
        plain(&record.person),
        plain(&record.organisation),
        record.counts.all,
    )
}

/// Names cannot move the cursor of whoever reads them.
fn plain(name: &str) -> String {
    name.chars().filter(|letter| !letter.is_control()).collect()
}

async fn print_key(app: &App) -> anyhow::Result<()> {
    if let Some(known) = signing::public(app.db.read()).await? {
        return Ok(say(STANDARD.encode(known.bytes()))?);
    }
    let tx = app.db.write().await?;
    let key = signing::load_or_make(&tx, &app.secrets, app.clock.now()).await?;
    tx.commit().await?;
    Ok(say(STANDARD.encode(key.public().bytes()))?)
}
