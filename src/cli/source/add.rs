//! `plaudit source add x|mastodon`
use std::path::PathBuf;

use clap::{Args, Subcommand};
use uuid::Uuid;

use super::{
    super::tenant::{ACTOR, say},
    misuse, secrets, test,
};
use crate::{
    app::App,
    capture::connection::{self, Mastodon, NewConnection, Settings, X},
    money,
};

#[derive(Debug, Subcommand)]
pub(super) enum Add {
    /// X (Twitter): secrets are API key, API key secret, access token, access token secret; or a bearer token alone
    X(AddX),
    /// Mastodon and servers that speak its API: the secret is the access token
    Mastodon(AddMastodon),
}

#[derive(Debug, Args)]
pub(super) struct AddX {
    #[command(flatten)]
    common: Common,
    /// The company's handle, whose mentions are read
    #[arg(long)]
    handle: String,
    /// A search beside the mentions, in X's query language; may be given up to five times
    #[arg(long = "rule", value_name = "QUERY")]
    rules: Vec<String>,
    /// The application belongs to this account: its mentions then cost a fifth
    #[arg(long)]
    own_application: bool,
    /// US dollars a month, after which reading stops; or none
    #[arg(long, value_name = "DOLLARS")]
    budget: money::Budget,
}

#[derive(Debug, Args)]
pub(super) struct AddMastodon {
    #[command(flatten)]
    common: Common,
    /// The server, https://mastodon.example for instance
    #[arg(long, value_name = "URL")]
    address: String,
}

#[derive(Debug, Args)]
struct Common {
    /// What the source is called
    name: String,
    /// A file with the secrets, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// How many days back the first reading reaches
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(i64).range(0..=7))]
    days_back: i64,
    /// How long words may still change before they are attributed
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    settle_seconds: i32,
}

impl Add {
    pub(super) async fn run(self, app: &App, organisation: Uuid) -> anyhow::Result<()> {
        let (settings, common, budget) = match self {
            Add::X(x) => {
                let settings = Settings::X(X {
                    handle: x.handle,
                    rules: x.rules,
                    owns_application: x.own_application,
                });
                (settings, x.common, x.budget.0)
            }
            Add::Mastodon(mastodon) => {
                let settings = Settings::Mastodon(Mastodon {
                    address: mastodon.address,
                });
                (settings, mastodon.common, None)
            }
        };
        let new = NewConnection {
            credentials: secrets::read(settings.kind(), common.secrets.as_deref())?,
            name: common.name,
            settings,
            budget,
            settle_seconds: common.settle_seconds,
            days_back: common.days_back,
        };
        create(app, organisation, new).await
    }
}

/// Makes the source, then tests it: one that does not work yet stays, to be put right.
async fn create(app: &App, organisation: Uuid, new: NewConnection) -> anyhow::Result<()> {
    let tx = app.db.write().await?;
    let now = app.clock.now();
    let made = connection::create(&tx, &app.secrets, organisation, new, ACTOR, now).await;
    let source = made.map_err(misuse)?;
    tx.commit().await?;
    say(format!("{} is there; plaudit serve reads it.", source.name))?;
    test(app, &source).await
}
