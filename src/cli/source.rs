//! `plaudit source list`
use clap::{Args, Subcommand};

use super::tenant::{Tenant, say};
use crate::{app::App, capture::source, page::PageQuery};

/// Configured ways in.
#[derive(Debug, Args)]
pub struct Source {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List all sources
    List,
}

impl Source {
    /// Runs the command.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        let Command::List = self.command;
        let organisation = self.tenant.find(&app).await?.id;
        let mut page = PageQuery::default();
        loop {
            let sources = source::list(app.db.read(), organisation, page).await?;
            for source in sources.items {
                let state = if source.paused_at.is_some() {
                    "paused"
                } else {
                    "open"
                };
                let settle = source.settle_seconds;
                say(format!(
                    "{}  {}  {}  settles {settle} s  {state}",
                    source.id, source.name, source.kind
                ))?;
            }
            page.after = sources.next;
            if page.after.is_none() {
                return Ok(());
            }
        }
    }
}
