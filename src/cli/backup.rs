//! `plaudit backup FILE`
use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use sea_orm::ConnectionTrait;

use super::{Misuse, tenant::say};
use crate::{app::App, platform::secret};

/// Copy the database into a file.
#[derive(Debug, Args)]
pub struct Backup {
    /// The new file; it must not exist
    file: PathBuf,
}

impl Backup {
    /// SQLite: writes a whole and compact copy, whatever is being written meanwhile. PostgreSQL: says how.
    pub async fn run(self, app: &App) -> anyhow::Result<()> {
        if !app.db.is_sqlite() {
            let how = "pg_dump --format=custom --file=FILE \"$PLAUDIT_DATABASE__URL\"; to restore: pg_restore --dbname=…";
            return Err(Misuse(format!("PostgreSQL is backed up by its own tools: {how}")).into());
        }
        if self.file.exists() {
            return Err(Misuse(format!("{} exists already; name a new file", self.file.display())).into());
        }
        let quoted = self
            .file
            .to_str()
            .context("the file's name must be UTF-8")?
            .replace('\'', "''");
        secret::make_private_file(&self.file).context("the copy cannot be written")?;
        app.db
            .read()
            .execute_unprepared(&format!("VACUUM INTO '{quoted}'"))
            .await
            .context("the copy failed")?;
        say(format!(
            "Copied to {}. To restore, stop Plaudit and put it in the database's place.",
            self.file.display()
        ))?;
        Ok(())
    }
}
