//! `plaudit source set`
use std::path::PathBuf;

use clap::Args;
use entity::source;
use uuid::Uuid;

use super::{
    super::{
        Misuse,
        tenant::{ACTOR, say},
    },
    add::{TokenArgs, encryption},
    find,
    hook::{Mapping, show_address},
    misuse, secrets,
};
use crate::{
    app::App,
    capture::{
        connection::{self, ConnectionPatch},
        mailbox::{self, Encryption},
        source::{
            fetch,
            hook::{self, HookPatch},
            tool::Tool,
        },
    },
    platform::money,
};

#[derive(Debug, Args)]
pub(super) struct Set {
    /// The source's name
    name: String,
    /// New secrets from a file, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// The key by which answers are read at a tool, from a file; - is standard input (tools that push)
    #[arg(long, value_name = "FILE", conflicts_with = "secrets")]
    reading_key: Option<PathBuf>,
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
    /// Another server (mailboxes)
    #[arg(long, value_name = "HOST")]
    host: Option<String>,
    /// Another port (mailboxes)
    #[arg(long)]
    port: Option<u16>,
    /// Other protection: tls, starttls or none (mailboxes)
    #[arg(long, value_parser = encryption)]
    encryption: Option<Encryption>,
    /// Somebody else signs in (mailboxes)
    #[arg(long)]
    user: Option<String>,
    #[command(flatten)]
    oauth: TokenArgs,
    /// Another folder whose mails are read (mailboxes)
    #[arg(long)]
    folder: Option<String>,
    /// Another folder for mails that became comments; an empty one lets them stay (mailboxes)
    #[arg(long, value_name = "FOLDER")]
    done_folder: Option<String>,
    /// Another folder for mails that became none; an empty one lets them stay (mailboxes)
    #[arg(long, value_name = "FOLDER")]
    unclear_folder: Option<String>,
    #[command(flatten)]
    mapping: Mapping,
    /// For how many days pushes are kept (tools that push)
    #[arg(long, value_name = "DAYS")]
    keep_days: Option<i32>,
    /// Another address in place of the one there is, which works no more (tools that push)
    #[arg(long)]
    new_address: bool,
}

impl Set {
    pub(super) async fn run(self, app: &App, organisation: Uuid) -> anyhow::Result<()> {
        let source = find(app, organisation, &self.name).await?;
        if Tool::find(&source.kind).is_some() {
            return self.set_hook(app, &source).await;
        }
        if !connection::is_connected(&source) {
            return Err(Misuse(format!("{} is no connection", self.name)).into());
        }
        let credentials = match &self.secrets {
            Some(file) => Some(secrets::read(&source.kind, Some(file))?),
            None => None,
        };
        let mailbox = self.mailbox();
        let has_rules = self.no_rules || !self.rules.is_empty();
        let patch = ConnectionPatch {
            credentials,
            budget: self.budget.map(|budget| budget.0),
            rules: has_rules.then_some(self.rules),
            owns_application: self.own_application,
            address: self.address,
            mailbox,
            mail: None,
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

    /// None where nothing of a mailbox is to change.
    fn mailbox(&self) -> Option<mailbox::Patch> {
        let patch = mailbox::Patch {
            host: self.host.clone(),
            port: self.port,
            encryption: self.encryption,
            user: self.user.clone(),
            oauth: self.oauth.oauth(),
            folder: self.folder.clone(),
            done_folder: self.done_folder.clone(),
            unclear_folder: self.unclear_folder.clone(),
        };
        (patch != mailbox::Patch::default()).then_some(patch)
    }

    async fn set_hook(self, app: &App, source: &source::Model) -> anyhow::Result<()> {
        let asked = Tool::find(&source.kind).map_or_else(String::new, |tool| tool.secrets.join(", "));
        let given = self.secrets.as_deref();
        let key = self.reading_key.as_deref();
        let patch = HookPatch {
            secrets: given.map(|file| secrets::lines(&asked, Some(file))).transpose()?,
            reading_key: key
                .map(|file| secrets::lines("the reading key", Some(file)))
                .transpose()?,
            settings: self.mapping.settings(&source.settings)?,
            retention_days: self.keep_days,
        };
        let tx = app.db.write().await?;
        let now = app.clock.now();
        let changed = hook::update(&tx, &app.secrets, source, patch, ACTOR, now)
            .await
            .map_err(misuse)?;
        let address = match self.new_address {
            true => Some(hook::renew(&tx, &changed, ACTOR, now).await.map_err(misuse)?),
            false => None,
        };
        let is_elsewhere = fetch::key::is_for_another_server(&tx, &app.secrets, &changed).await?;
        tx.commit().await?;
        say(format!(
            "{} is changed; plaudit source replay reads again what could not be read.",
            source.name
        ))?;
        if is_elsewhere {
            say("The reading key was for another server: enter it again with --reading-key FILE.")?;
        }
        Ok(address.map_or(Ok(()), |address| show_address(app, &address))?)
    }
}
