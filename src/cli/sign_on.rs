//! `plaudit sign-on add|list|test|remove|link|unlink|only`
use std::{
    io::{self, IsTerminal, Read},
    path::PathBuf,
};

use anyhow::{Context, bail};
use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use entity::{account, sign_in_link::Kind};
use secrecy::SecretString;
use uuid::Uuid;

use super::{
    Misuse,
    invite::valid_address,
    tenant::{ACTOR, Tenant, say},
};
use crate::{
    access::{
        invite,
        role::RoleError,
        sign_in::{self, NewLink},
    },
    app::App,
    platform::db::Tx,
    sign_on::{
        link,
        policy::{self, PolicyError},
        provider::{self, NewGroupRole, NewProvider, ProviderError},
        trial,
    },
};

/// Where people sign in through their company: providers of OpenID Connect.
#[derive(Debug, Args)]
pub struct SignOn {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Add a provider
    Add(Add),
    /// List the providers, and the redirect address of the next one
    List,
    /// Ask a provider whether people can sign in there
    Test {
        /// Its id
        provider: Uuid,
    },
    /// Remove a provider: its sessions end, and the roles that its groups gave
    Remove {
        /// Its id
        provider: Uuid,
    },
    /// Print a link by which somebody links their account with a provider; whoever holds a role needs one
    Link {
        /// Their address
        email: String,
    },
    /// Forget with whom somebody is linked; their sessions end
    Unlink {
        /// Their address
        email: String,
    },
    /// Let people in through the company only, but for one administrator; or not any more
    Only {
        /// The administrator who may still use a link by mail, in an emergency
        #[arg(
            long,
            value_name = "EMAIL",
            required_unless_present = "off",
            conflicts_with = "off"
        )]
        but_for: Option<String>,
        /// Let links by mail work for everybody again
        #[arg(long)]
        off: bool,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// What stands on the button
    #[arg(long)]
    name: String,
    /// As it calls itself, such as https://login.example.com
    #[arg(long)]
    issuer: String,
    /// As what Plaudit is known there
    #[arg(long)]
    client_id: String,
    /// A file with the client secret; otherwise it is read from standard input
    #[arg(long, value_name = "FILE")]
    client_secret_file: Option<PathBuf>,
    /// A domain of mail whose addresses it vouches for; several are split by commas
    #[arg(long = "domain", value_delimiter = ',')]
    domains: Vec<String>,
    /// The claim that names groups
    #[arg(long, value_name = "CLAIM")]
    group_claim: Option<String>,
    /// A role that a group gives: GROUP=administrator, GROUP=auditor, GROUP=site-lead or GROUP=site-lead:SITE
    #[arg(long = "group-role", value_name = "GROUP=ROLE")]
    group_roles: Vec<String>,
}

impl SignOn {
    /// Runs the command.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        let own = self.tenant.find(&app).await?.id;
        match self.command {
            Command::Add(new) => add(&app, own, new).await,
            Command::List => list(&app, own).await,
            Command::Test { provider } => test(&app, own, provider).await,
            Command::Remove { provider } => {
                provider::remove(&app.sign_on(), own, provider, ACTOR)
                    .await
                    .map_err(misuse)?;
                Ok(say(format!("Removed {provider}."))?)
            }
            Command::Link { email } => hand_over(&app, own, &email).await,
            Command::Unlink { email } => unlink(&app, own, &email).await,
            Command::Only { but_for, .. } => only(&app, own, but_for.as_deref()).await,
        }
    }
}

fn misuse(error: ProviderError) -> anyhow::Error {
    match error {
        ProviderError::Database(_) | ProviderError::Seal(_) => error.into(),
        _ => Misuse(error.to_string()).into(),
    }
}

async fn add(app: &App, organisation: Uuid, new: Add) -> anyhow::Result<()> {
    let group_roles = new.group_roles.iter().map(|text| group_role(text));
    let group_roles = group_roles.collect::<Result<_, _>>()?;
    let new = NewProvider {
        client_secret: secret(new.client_secret_file)?,
        name: new.name,
        issuer: new.issuer,
        client_id: new.client_id,
        domains: new.domains,
        group_claim: new.group_claim,
        group_roles,
    };
    let made = provider::add(&app.sign_on(), organisation, new, ACTOR)
        .await
        .map_err(misuse)?;
    say(made.id.to_string())?;
    say(format!(
        "Enter there as redirect address: {}",
        app.sign_on().redirect_address(made.id)
    ))?;
    say(format!(
        "And for back-channel logout: {}",
        app.sign_on().logout_address(made.id)
    ))?;
    Ok(())
}

fn group_role(text: &str) -> Result<NewGroupRole, Misuse> {
    NewGroupRole::read(text).ok_or_else(|| {
        Misuse(format!(
            "{text:?} should look like GROUP=administrator, GROUP=auditor or GROUP=site-lead:SITE"
        ))
    })
}

fn secret(file: Option<PathBuf>) -> anyhow::Result<SecretString> {
    let text = match file {
        Some(file) => {
            std::fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?
        }
        None => {
            if io::stdin().is_terminal() {
                eprint!("Client secret: ");
            }
            let mut text = String::new();
            match io::stdin().is_terminal() {
                true => io::stdin().read_line(&mut text)?,
                false => io::stdin().read_to_string(&mut text)?,
            };
            text
        }
    };
    Ok(text.trim().to_owned().into())
}

async fn list(app: &App, organisation: Uuid) -> anyhow::Result<()> {
    let sign_on = app.sign_on();
    for one in provider::list(app.db.read(), organisation).await? {
        let (id, issuer, name) = (one.id, one.issuer, one.name);
        say(format!(
            "{id}  {issuer}  {name}  {}",
            sign_on.redirect_address(id)
        ))?;
    }
    let next = provider::next_id(app.db.read(), organisation).await?;
    say(format!(
        "Redirect address of the next one: {}",
        sign_on.redirect_address(next)
    ))?;
    Ok(())
}

async fn test(app: &App, organisation: Uuid, id: Uuid) -> anyhow::Result<()> {
    let found = provider::find(app.db.read(), organisation, id)
        .await
        .map_err(misuse)?;
    match trial::test(&app.sign_on(), &found).await {
        Ok(()) => Ok(say("People can sign in there, as far as can be seen from here.")?),
        Err(trouble) => bail!("{}: {trouble}", found.name),
    }
}

async fn hand_over(app: &App, organisation: Uuid, email: &str) -> anyhow::Result<()> {
    let email = valid_address(email)?;
    let now = app.clock.now();
    let tx = app.db.write().await?;
    let account = account_at(&tx, organisation, &email, now).await?;
    let new = NewLink {
        kind: Kind::Link,
        language: None,
        path: None,
        actor: ACTOR,
        now,
    };
    let made = sign_in::make(&tx, &app.secrets, &account, &new).await?;
    tx.commit().await?;
    let token = sign_in::token(&app.secrets, made.id);
    say(format!("{}/sign-on-link/{token}", app.config.server.base_url))?;
    let until = made.expires_at.format("%Y-%m-%d %H:%M UTC");
    say(format!(
        "Hand this link to {email} and nobody else: whoever opens it and signs in at the provider is {email} from then \
         on. It works once, until {until}."
    ))?;
    Ok(())
}

async fn account_at(
    tx: &Tx,
    organisation: Uuid,
    email: &str,
    now: DateTime<Utc>,
) -> anyhow::Result<account::Model> {
    match invite::known_at(tx, organisation, email, now).await {
        Ok(Some(account)) => Ok(account),
        Ok(None) => Err(Misuse(format!("nobody here has the address {email}")).into()),
        Err(RoleError::Database(error)) => Err(error.into()),
        Err(error) => Err(Misuse(error.to_string()).into()),
    }
}

async fn unlink(app: &App, organisation: Uuid, email: &str) -> anyhow::Result<()> {
    let email = valid_address(email)?;
    let now = app.clock.now();
    let tx = app.db.write().await?;
    let account = account_at(&tx, organisation, &email, now).await?;
    let count = link::forget(&tx, &account, ACTOR, now).await?;
    tx.commit().await?;
    match count {
        0 => Err(Misuse(format!("{email} is linked with nobody")).into()),
        _ => Ok(say(format!(
            "{email} is linked with nobody any more, and signed out."
        ))?),
    }
}

async fn only(app: &App, organisation: Uuid, but_for: Option<&str>) -> anyhow::Result<()> {
    let without = match but_for {
        None => None,
        Some(email) => {
            let email = valid_address(email)?;
            let tx = app.db.write().await?;
            let account = account_at(&tx, organisation, &email, app.clock.now()).await?;
            tx.commit().await?;
            Some(account.id)
        }
    };
    policy::set(&app.sign_on(), organisation, without, ACTOR)
        .await
        .map_err(|error| match error {
            PolicyError::Database(_) => anyhow::Error::from(error),
            other => Misuse(other.to_string()).into(),
        })?;
    Ok(say(match but_for {
        None => "Links by mail work for everybody.".to_owned(),
        Some(email) => format!("People sign in through the company only, but for {email} in an emergency."),
    })?)
}
