//! `plaudit init`: an organisation, its sources and its first key.
use std::path::Path;

use anyhow::Context;
use clap::Args;
use secrecy::ExposeSecret;

use super::{
    Misuse,
    tenant::{ACTOR, say},
};
use crate::{
    access::{Scope, key},
    app::{self, App},
    platform::secret,
    roster::{RosterError, organisation::NewOrganisation},
};

const KEY_FILE: &str = "plaudit.key";
const SETTINGS_FILE: &str = "plaudit.toml";

/// Create an organisation with its sources and a first key.
#[derive(Debug, Args)]
pub struct Init {
    /// As customers know it
    #[arg(long)]
    name: String,
    /// Its part of addresses: small letters, digits and hyphens
    #[arg(long)]
    slug: String,
    /// IANA name, such as Europe/London
    #[arg(long)]
    time_zone: String,
    /// Code of the language of mails and pages for everyone who has not chosen one
    #[arg(long, default_value = "en")]
    language: String,
}

impl Init {
    /// Prints the key once; it is kept nowhere.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        app.db
            .migrate()
            .await
            .context("cannot bring the schema up to date")?;
        let now = app.clock.now();
        let new = NewOrganisation {
            name: self.name,
            slug: self.slug,
            time_zone: self.time_zone,
            language: app
                .templates
                .known(&self.language)
                .map_err(|unknown| Misuse(format!("--language: {unknown}")))?,
        };
        let tx = app.db.write().await?;
        let made = app::tenant::create(&tx, new, ACTOR, now)
            .await
            .map_err(as_misuse)?;
        let (_, secret) = key::create(&tx, made.id, "first key", Scope::ALL, ACTOR, now).await?;
        tx.commit().await?;
        say(format!("Made the organisation {} ({}).", made.name, made.slug))?;
        say("Its first key, for everything, shown this once:")?;
        say(secret.expose_secret())?;
        say("Send a comment:")?;
        say(format!(
            "  curl -H 'Authorization: Bearer {}' -H 'Content-Type: application/json' -d '{{\"text\":\"Thank you, Ann!\"}}' {}/v1/comments",
            "plaudit_…", app.config.server.base_url
        ))?;
        make_secret_key(&app)
    }
}

fn as_misuse(error: RosterError) -> anyhow::Error {
    match error {
        RosterError::Database(error) => error.into(),
        misuse => Misuse(misuse.to_string()).into(),
    }
}

/// Writes a key file where the settings name neither a key nor a file.
fn make_secret_key(app: &App) -> anyhow::Result<()> {
    let config = &app.config;
    if !config.secret_key.expose_secret().is_empty() || !config.secret_key_file.is_empty() {
        return Ok(());
    }
    if !secret::write_new_key(Path::new(KEY_FILE)).with_context(|| format!("cannot write {KEY_FILE}"))? {
        return Ok(());
    }
    let path = std::fs::canonicalize(KEY_FILE)?;
    let line = format!("secret_key_file = {:?}", path.display().to_string());
    say(format!(
        "Wrote the key that encrypts secrets at rest to {}; keep a copy.",
        path.display()
    ))?;
    if Path::new(SETTINGS_FILE).exists() {
        return Ok(say(format!(
            "Add this line at the top of {SETTINGS_FILE}: {line}"
        ))?);
    }
    std::fs::write(SETTINGS_FILE, format!("{line}\n"))
        .with_context(|| format!("cannot write {SETTINGS_FILE}"))?;
    Ok(say(format!("Named it in {SETTINGS_FILE}."))?)
}
