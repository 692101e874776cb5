//! `plaudit key create|list|revoke`
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{
    Misuse,
    tenant::{ACTOR, Tenant, say},
};
use crate::{
    access::{Scope, key},
    app::App,
};

/// Keys by which programs call the API.
#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a key; it is shown once
    Create {
        /// What it is for, in your words
        #[arg(long)]
        name: String,
        /// What it may do, such as comments:write; several are split by commas
        #[arg(long = "scope", required = true, value_delimiter = ',')]
        scopes: Vec<Scope>,
    },
    /// List all keys, revoked ones too
    List,
    /// Revoke a key at once
    Revoke {
        /// Its id, or the part of it that is listed
        key: String,
    },
}

impl Key {
    /// Runs the command.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        let organisation = self.tenant.find(&app).await?.id;
        match self.command {
            Command::Create { name, scopes } => create(&app, organisation, &name, scopes).await,
            Command::List => list(&app, organisation).await,
            Command::Revoke { key } => revoke(&app, organisation, &key).await,
        }
    }
}

async fn create(app: &App, organisation: Uuid, name: &str, mut scopes: Vec<Scope>) -> anyhow::Result<()> {
    scopes.sort_unstable();
    scopes.dedup();
    let tx = app.db.write().await?;
    let (_, secret) = key::create(&tx, organisation, name.trim(), &scopes, ACTOR, app.clock.now()).await?;
    tx.commit().await?;
    Ok(say(secret.expose_secret())?)
}

async fn list(app: &App, organisation: Uuid) -> anyhow::Result<()> {
    for key in key::list(app.db.read(), organisation).await? {
        let state = match (key.revoked_at, key.last_used_at) {
            (Some(at), _) => format!("revoked {}", at.format("%Y-%m-%d")),
            (None, Some(at)) => format!("last used {}", at.format("%Y-%m-%d")),
            (None, None) => "never used".to_owned(),
        };
        let scopes = key.scopes.0.join(",");
        say(format!(
            "{}  plaudit_{}…  {}  {scopes}  {state}",
            key.id, key.prefix, key.name
        ))?;
    }
    Ok(())
}

async fn revoke(app: &App, organisation: Uuid, named: &str) -> anyhow::Result<()> {
    let prefix = named.trim_start_matches("plaudit_").trim_end_matches('…');
    let keys = key::list(app.db.read(), organisation).await?;
    let found = keys
        .iter()
        .find(|key| key.id.to_string() == named || key.prefix == prefix);
    let found = found.ok_or_else(|| Misuse(format!("there is no key {named:?}; see plaudit key list")))?;
    let tx = app.db.write().await?;
    key::revoke(&tx, organisation, found.id, ACTOR, app.clock.now()).await?;
    tx.commit().await?;
    Ok(say(format!("Revoked {} ({}).", found.name, found.id))?)
}
