//! `plaudit import comments|roster|rota|undo|list`
mod comments;
mod roster;
mod rota;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{
    Misuse,
    tenant::{ACTOR, Tenant, say},
};
use crate::{
    app::App,
    capture::import::{ImportError, log, undo},
    platform::{paging::PageQuery, text_file},
};

/// Import files.
#[derive(Debug, Args)]
pub struct Import {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Import comments from a CSV file or an Excel workbook
    Comments(comments::Comments),
    /// Update the roster from a CSV file or an Excel workbook
    Roster(roster::Roster),
    /// Take in who was on duty where, from a CSV file or an Excel workbook
    Rota(rota::Rota),
    /// Undo an import of comments: withdraw what it added
    Undo {
        /// Its id, as import list shows it
        import: Uuid,
    },
    /// List imported files
    List,
}

impl Import {
    /// Runs the command.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        let organisation = self.tenant.find(&app).await?;
        match self.command {
            Command::Comments(command) => command.run(&app, &organisation).await,
            Command::Roster(command) => command.run(&app, &organisation).await,
            Command::Rota(command) => command.run(&app, &organisation).await,
            Command::Undo { import } => undo_import(&app, organisation.id, import).await,
            Command::List => list(&app, organisation.id).await,
        }
    }
}

async fn undo_import(app: &App, organisation: Uuid, import: Uuid) -> anyhow::Result<()> {
    let withdrawn = undo::undo(&app.db, &app.clock, organisation, import, ACTOR).await;
    let withdrawn = withdrawn.map_err(as_misuse)?;
    Ok(say(format!(
        "Withdrew {withdrawn} comments and what they had earned."
    ))?)
}

async fn list(app: &App, organisation: Uuid) -> anyhow::Result<()> {
    let mut page = PageQuery::default();
    loop {
        let imports = log::list(app.db.read(), organisation, page).await?;
        for import in imports.items {
            let state = match (import.undone_at, import.finished_at) {
                (Some(_), _) => "undone",
                (None, Some(_)) => "finished",
                (None, None) => "unfinished",
            };
            let at = import.started_at.format("%Y-%m-%d %H:%M");
            say(format!(
                "{}  {at}  {}  {}  {state}  {}",
                import.id, import.kind, import.file_name, import.counts
            ))?;
        }
        page.after = imports.next;
        if page.after.is_none() {
            return Ok(());
        }
    }
}

/// What the caller can put right is misuse.
fn as_misuse(error: ImportError) -> anyhow::Error {
    match error {
        ImportError::Database(error) => error.into(),
        ImportError::Rejects(_) => error.into(),
        misuse => Misuse(misuse.to_string()).into(),
    }
}

fn encoding(label: &str) -> Result<&'static encoding_rs::Encoding, String> {
    let known = text_file::encoding_named(label);
    known.ok_or_else(|| format!("{label:?} is unknown; use utf-8, utf-16le, windows-1252 or the like"))
}
