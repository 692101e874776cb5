//! `plaudit init`: an organisation, its sources, its first administrator and its first key.
mod asked;
mod secret_key;

use std::{
    io::{self, IsTerminal},
    net::TcpStream,
    time::Duration,
};

use anyhow::Context;
use clap::Args;
use entity::{grant::Role, organisation, sign_in_link};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Misuse, invite,
    tenant::{ACTOR, ask, say},
};
use crate::{
    access::{Scope, key, sign_in},
    app::{self, App},
    platform::{clock::Clock, config::Config},
    roster::{
        RosterError,
        organisation::{self as organisations, NewOrganisation},
    },
};

/// For whoever has nothing listening there yet.
const LISTENS_WITHIN: Duration = Duration::from_millis(500);

/// Create an organisation with its sources, its first administrator and a first key.
///
/// Asks for what is left out, where there is a terminal.
#[derive(Debug, Args)]
pub struct Init {
    /// As customers know it
    #[arg(long)]
    name: Option<String>,
    /// Its part of addresses: small letters, digits and hyphens; made from the name where it is left out
    #[arg(long)]
    slug: Option<String>,
    /// IANA name, such as Europe/London
    #[arg(long)]
    time_zone: Option<String>,
    /// Code of the language of mails and pages for everyone who has not chosen one; en where it is left out
    #[arg(long)]
    language: Option<String>,
    /// Address of the first administrator, for whom a link is printed that signs them in
    #[arg(long, value_name = "EMAIL")]
    administrator: Option<String>,
}

/// What there is to say of what was made.
struct Made {
    organisation: organisation::Model,
    link: Option<sign_in_link::Model>,
    key: SecretString,
}

impl Init {
    /// Prints link and key once; they are kept nowhere.
    pub async fn run(self, config: Config) -> anyhow::Result<()> {
        let completed = match io::stdin().is_terminal() {
            true => None,
            // What is wrong is said before anything is made.
            false => Some(self.without_answers(&app::templates(&config)?)?),
        };
        secret_key::make_where_named(&config)?;
        let app = App::connect(config, Clock::System)
            .await
            .context("cannot start; plaudit doctor says more")?;
        app.db
            .migrate()
            .await
            .context("cannot bring the schema up to date")?;
        let (new, administrator) = match completed {
            Some(completed) => completed,
            None if self.is_meant(&app).await? => self.asked(&app.templates)?,
            None => return Ok(()),
        };
        // Before link and key are made, which are shown once.
        secret_key::make_where_none_is_named(&app.config)?;
        let made = make(&app, new, administrator.as_deref()).await?;
        made.say_what_is_next(&app)
    }

    /// A second organisation is seldom what somebody wants who is asked for everything.
    async fn is_meant(&self, app: &App) -> anyhow::Result<bool> {
        if self.name.is_some() {
            return Ok(true);
        }
        let known = organisations::named_or_only(app.db.read(), None).await;
        let Ok(known) = known else { return Ok(true) };
        let question = format!(
            "There is {} already. Make another organisation beside it?",
            known.name
        );
        Ok(ask(&question)?.unwrap_or(true))
    }
}

async fn make(app: &App, new: NewOrganisation, administrator: Option<&str>) -> anyhow::Result<Made> {
    let now = app.clock.now();
    let tx = app.db.write().await?;
    let made = app::tenant::create(&tx, new, ACTOR, now)
        .await
        .map_err(as_misuse)?;
    let link = match administrator {
        Some(address) => {
            let link = invite::grant(&tx, app, made.id, address, Role::Administrator, None, now).await?;
            Some(link)
        }
        None => None,
    };
    let (_, secret) = key::create(&tx, made.id, "first key", Scope::ALL, ACTOR, now).await?;
    tx.commit().await?;
    Ok(Made {
        organisation: made,
        link,
        key: secret,
    })
}

fn as_misuse(error: RosterError) -> anyhow::Error {
    match error {
        RosterError::Database(error) => error.into(),
        misuse => Misuse(misuse.to_string()).into(),
    }
}

impl Made {
    fn say_what_is_next(&self, app: &App) -> anyhow::Result<()> {
        let (organisation, base) = (&self.organisation, &app.config.server.base_url);
        say(format!("Made {} ({}).", organisation.name, organisation.slug))?;
        match &self.link {
            Some(link) => {
                let until = link.expires_at.format("%Y-%m-%d %H:%M UTC");
                say(format!(
                    "\nYou sign in here, as administrator (works once, until {until}):"
                ))?;
                say(format!(
                    "  {base}/sign-in/{}",
                    sign_in::token(&app.secrets, link.id)
                ))?;
            }
            None => {
                say("\nNobody administers it yet: plaudit invite YOUR-ADDRESS --role administrator")?;
            }
        }
        say("\nCustomers write here:")?;
        say(format!("  {base}/thank/{}", organisation.slug))?;
        say("\nA key for programs, which may do everything, shown this once:")?;
        say(format!("  {}", self.key.expose_secret()))?;
        say("")?;
        if !is_answering(app) {
            say("Nothing answers at these addresses until plaudit serve runs.")?;
        }
        if app.config.is_for_this_machine_only() {
            say(format!(
                "They open on this machine only, until server.base_url is set. From your own computer, {} makes them \
                 open there too.",
                tunnel(&app.config)
            ))?;
        }
        say("What is left to do: plaudit doctor")?;
        Ok(())
    }
}

fn is_answering(app: &App) -> bool {
    TcpStream::connect_timeout(&app.config.server.bind, LISTENS_WITHIN).is_ok()
}

fn tunnel(config: &Config) -> String {
    let port = config.server.bind.port();
    format!("ssh -L {port}:127.0.0.1:{port} THIS-MACHINE")
}
