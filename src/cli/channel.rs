//! `plaudit channel add|list|rotate|remove|test|log|replay`
use anyhow::bail;
use clap::{Args, Subcommand};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::{
    Misuse,
    tenant::{ACTOR, Tenant, say},
};
use crate::{
    app::App,
    deliver::channel::{
        log::{self as deliveries, Which},
        manage::{self, ChannelError, NewChannel},
        trial,
    },
};

/// Deliveries that are listed.
const LOGGED: u64 = 50;

/// Rooms and endpoints that are told of praise, beside mail.
#[derive(Debug, Args)]
pub struct Channel {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a channel; its secret is shown once
    Add {
        /// What it is: slack, teams, google-chat, or webhook
        #[arg(long)]
        kind: String,
        /// What you call it
        #[arg(long)]
        name: String,
        /// Where it is, such as https://example.org/hooks/plaudit
        #[arg(long)]
        address: String,
        /// Show a room who was thanked and where to read it, and none of what customers wrote
        #[arg(long)]
        without_words: bool,
    },
    /// List all channels, ended ones too
    List,
    /// Give a channel another secret, shown once; the one before signs beside it until the next change
    Rotate {
        /// Its id
        channel: Uuid,
    },
    /// Remove a channel; what waits goes to the next one, else by mail to an administrator
    Remove {
        /// Its id
        channel: Uuid,
    },
    /// Send a channel something that tells nothing, and say what came of it
    Test {
        /// Its id
        channel: Uuid,
    },
    /// List what left by a channel last
    Log {
        /// Its id
        channel: Uuid,
    },
    /// Try again what was given up for a channel
    Replay {
        /// Its id
        channel: Uuid,
        /// Only this notice, as `log` names it
        #[arg(long)]
        notice: Option<Uuid>,
    },
}

impl Channel {
    /// Runs the command.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        let own = self.tenant.find(&app).await?.id;
        match self.command {
            Command::Add {
                kind,
                name,
                address,
                without_words,
            } => {
                let with_words = !without_words;
                let new = NewChannel {
                    kind,
                    name,
                    address,
                    with_words,
                };
                add(&app, own, new).await
            }
            Command::List => list(&app, own).await,
            Command::Rotate { channel } => {
                let secret = manage::rotate(&app.deliver(), own, channel, ACTOR)
                    .await
                    .map_err(misuse)?;
                Ok(say(secret.expose_secret())?)
            }
            Command::Remove { channel } => {
                manage::remove(&app.deliver(), own, channel, ACTOR)
                    .await
                    .map_err(misuse)?;
                Ok(say(format!("Removed {channel}."))?)
            }
            Command::Test { channel } => {
                match trial::send(&app.deliver(), own, channel).await.map_err(misuse)? {
                    Ok(()) => Ok(say("It was accepted.")?),
                    Err(why) => bail!("It was not accepted: {why}"),
                }
            }
            Command::Log { channel } => log(&app, own, channel).await,
            Command::Replay { channel, notice } => {
                let which = Which {
                    notice,
                    ..Which::default()
                };
                let count = deliveries::replay(&app.deliver(), own, channel, which, ACTOR)
                    .await
                    .map_err(misuse)?;
                Ok(say(format!("{count} will be tried again."))?)
            }
        }
    }
}

fn misuse(error: ChannelError) -> anyhow::Error {
    match error {
        ChannelError::Database(_) | ChannelError::Seal(_) => error.into(),
        _ => Misuse(error.to_string()).into(),
    }
}

async fn add(app: &App, organisation: Uuid, new: NewChannel) -> anyhow::Result<()> {
    let (made, secret) = manage::add(&app.deliver(), organisation, new, ACTOR)
        .await
        .map_err(misuse)?;
    say(made.id.to_string())?;
    match secret {
        Some(secret) => Ok(say(secret.expose_secret())?),
        None => Ok(()),
    }
}

async fn list(app: &App, organisation: Uuid) -> anyhow::Result<()> {
    for channel in manage::list(app.db.read(), organisation).await? {
        let state = match (channel.ended_at, &channel.ended_because) {
            (Some(at), Some(because)) => format!("{because} {}", at.format("%Y-%m-%d")),
            _ => "open".to_owned(),
        };
        say(format!(
            "{}  {}  {}  {state}",
            channel.id, channel.kind, channel.name
        ))?;
    }
    Ok(())
}

async fn log(app: &App, organisation: Uuid, channel: Uuid) -> anyhow::Result<()> {
    for delivery in deliveries::latest(app.db.read(), organisation, channel, LOGGED).await? {
        let at = delivery.attempted_at.unwrap_or(delivery.created_at);
        let code = delivery.code.map(|code| format!("  {code}")).unwrap_or_default();
        let state = format!("{:?}", delivery.state).to_lowercase();
        say(format!(
            "{}  {}  {state}  attempts {}{code}",
            at.format("%Y-%m-%dT%H:%M:%SZ"),
            delivery.notice_id,
            delivery.attempt
        ))?;
    }
    Ok(())
}
