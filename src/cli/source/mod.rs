//! `plaudit source list|kinds|add|set|test|backfill|quarantine|replay|pause|resume|remove`
mod add;
mod backfill;
mod hook;
mod list;
mod secrets;
mod set;

use clap::{Args, Subcommand};
use entity::source;
use uuid::Uuid;

use super::{
    Misuse,
    tenant::{ACTOR, Tenant, say},
};
use crate::{
    app::App,
    capture::{
        connection::{self, TestError},
        source::{self as sources, SourceError, SourcePatch},
    },
};

/// Manage sources.
#[derive(Debug, Args)]
pub struct Source {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List all sources, with how those of public networks are doing
    List,
    /// List the kinds of sources there are
    Kinds,
    /// Connect a public network or a tool that pushes; its secrets are read from standard input, a file or PLAUDIT_SOURCE_SECRETS
    #[command(subcommand)]
    Add(add::Add),
    /// Take in what a tool held before it pushed, from a day on; without options, show how far it is
    Backfill(backfill::TakeIn),
    /// List what a tool pushed that cannot be read, with the reason
    Quarantine(Named),
    /// Read again what could not be read
    Replay(Named),
    /// Change a connection or a hook: secrets, budget, search rules, mapping
    Set(Box<set::Set>),
    /// Make one real call, or look at what is pushed, and say what is wrong
    Test(Named),
    /// Take nothing in until it is resumed
    Pause(Named),
    /// Go on, also after something was put right; a reported gap counts as seen
    Resume(Named),
    /// Remove a source and its secrets; its comments stay
    Remove(Named),
}

/// One source.
#[derive(Debug, Args)]
struct Named {
    /// Its name
    name: String,
}

impl Source {
    /// Runs the command.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        let organisation = self.tenant.find(&app).await?.id;
        match self.command {
            Command::List => list::run(&app, organisation).await,
            Command::Kinds => hook::kinds(),
            Command::Quarantine(named) => {
                hook::quarantine(&app, &find(&app, organisation, &named.name).await?).await
            }
            Command::Replay(named) => hook::replay(&app, &find(&app, organisation, &named.name).await?).await,
            Command::Backfill(command) => command.run(&app, organisation).await,
            Command::Add(command) => command.run(&app, organisation).await,
            Command::Set(command) => command.run(&app, organisation).await,
            Command::Test(named) => {
                let source = find(&app, organisation, &named.name).await?;
                test(&app, &source).await
            }
            Command::Pause(named) => switch(&app, organisation, &named.name, true).await,
            Command::Resume(named) => switch(&app, organisation, &named.name, false).await,
            Command::Remove(named) => remove(&app, organisation, &named.name).await,
        }
    }
}

async fn find(app: &App, organisation: Uuid, name: &str) -> anyhow::Result<source::Model> {
    let found = sources::by_name(app.db.read(), organisation, name).await;
    found.map_err(misuse)
}

/// What was typed is wrong, unless the database failed.
fn misuse(error: SourceError) -> anyhow::Error {
    match error {
        SourceError::Database(error) => error.into(),
        misuse => Misuse(misuse.to_string()).into(),
    }
}

async fn test(app: &App, source: &source::Model) -> anyhow::Result<()> {
    let mut healths = sources::health::healths(app.db.read(), std::slice::from_ref(source)).await?;
    if let Some(health) = healths.get_mut(&source.id) {
        sources::health::diagnose(app.db.read(), source, health).await?;
        return hook::test(source, health);
    }
    match connection::test(&app.capture(), source).await {
        Ok(account) => Ok(say(format!(
            "{} works: it reads as {} ({}).",
            source.name,
            connection::shown(source, &account.handle),
            account.name
        ))?),
        Err(error @ TestError::NoConnection(_)) => Err(Misuse(error.to_string()).into()),
        Err(error) => Err(anyhow::anyhow!("{} does not work: {error}", source.name)),
    }
}

async fn switch(app: &App, organisation: Uuid, name: &str, paused: bool) -> anyhow::Result<()> {
    let source = find(app, organisation, name).await?;
    let patch = SourcePatch {
        paused: Some(paused),
        ..SourcePatch::default()
    };
    let tx = app.db.write().await?;
    sources::update(&tx, organisation, source.id, patch, ACTOR, app.clock.now()).await?;
    tx.commit().await?;
    let what = if paused {
        "takes nothing in until it is resumed"
    } else {
        "is open"
    };
    Ok(say(format!("{name} {what}."))?)
}

async fn remove(app: &App, organisation: Uuid, name: &str) -> anyhow::Result<()> {
    let source = find(app, organisation, name).await?;
    let tx = app.db.write().await?;
    let gone = sources::remove(&tx, &source, ACTOR, app.clock.now()).await?;
    tx.commit().await?;
    let unread = match (gone.waiting, gone.quarantined) {
        (0, 0) => String::new(),
        (waiting, quarantined) => {
            format!(" {waiting} pushes that waited and {quarantined} in quarantine are deleted unread.")
        }
    };
    Ok(say(format!(
        "{name} is removed, with its secrets. Its comments stay.{unread}"
    ))?)
}
