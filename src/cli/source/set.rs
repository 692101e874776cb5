//! `plaudit source set`
use std::path::PathBuf;

use clap::Args;
use uuid::Uuid;

use super::{
    super::{
        Misuse,
        tenant::{ACTOR, say},
    },
    find, misuse, secrets,
};
use crate::{
    app::App,
    capture::connection::{self, ConnectionPatch},
    money,
};

#[derive(Debug, Args)]
pub(super) struct Set {
    /// The source's name
    name: String,
    /// New secrets from a file, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// US dollars a month, after which reading stops; or none
    #[arg(long, value_name = "DOLLARS")]
    budget: Option<money::Budget>,
    /// Searches in place of those there are (X)
    #[arg(long = "rule", value_name = "QUERY", conflicts_with = "no_rules")]
    rules: Vec<String>,
    /// No searches any more (X)
    #[arg(long)]
    no_rules: bool,
    /// Whether the application belongs to the account (X)
    #[arg(long, value_name = "true|false")]
    own_application: Option<bool>,
    /// Another address of the server (Mastodon)
    #[arg(long, value_name = "URL")]
    address: Option<String>,
}

impl Set {
    pub(super) async fn run(self, app: &App, organisation: Uuid) -> anyhow::Result<()> {
        let source = find(app, organisation, &self.name).await?;
        if !connection::is_connected(&source) {
            return Err(Misuse(format!("{} is no connection", self.name)).into());
        }
        let credentials = match &self.secrets {
            Some(file) => Some(secrets::read(&source.kind, Some(file))?),
            None => None,
        };
        let has_rules = self.no_rules || !self.rules.is_empty();
        let patch = ConnectionPatch {
            credentials,
            budget: self.budget.map(|budget| budget.0),
            rules: has_rules.then_some(self.rules),
            owns_application: self.own_application,
            address: self.address,
        };
        let tx = app.db.write().await?;
        let now = app.clock.now();
        connection::update(&tx, &app.secrets, &source, patch, ACTOR, now)
            .await
            .map_err(misuse)?;
        tx.commit().await?;
        Ok(say(format!(
            "{} is changed; plaudit source test shows whether it works.",
            source.name
        ))?)
    }
}
