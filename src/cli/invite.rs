//! `plaudit invite EMAIL --role ROLE`: an account with a role, and a first link that signs it in.
use chrono::{DateTime, Utc};
use clap::{Args, ValueEnum};
use entity::{grant::Role, sign_in_link};
use uuid::Uuid;

use super::{
    Misuse,
    tenant::{ACTOR, Tenant, say},
};
use crate::{
    access::{
        invite::{self, Wanted, Whom},
        role::RoleError,
        sign_in,
    },
    app::App,
    platform::db::Tx,
    roster::SiteIndex,
};

/// Give someone a role, and print a link with which they sign in for the first time.
#[derive(Debug, Args)]
pub struct Invite {
    /// Their address
    email: String,
    /// What they may do
    #[arg(long)]
    role: InviteRole,
    /// The site that a site lead leads, by path or name; all sites where it is left out
    #[arg(long)]
    site: Option<String>,
    #[command(flatten)]
    tenant: Tenant,
}

/// A role as it is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum InviteRole {
    /// Reads and changes everything
    Administrator,
    /// Reads everything and changes nothing
    Auditor,
    /// Leads a site and those below it
    SiteLead,
    /// Reads what the shield keeps from everybody else, and decides about it
    SafeReader,
}

impl Invite {
    /// Makes what is not there yet, and prints the link.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        let organisation = self.tenant.find(&app).await?;
        let email = valid_address(&self.email)?;
        let site = self.site(&app, organisation.id).await?;
        let now = app.clock.now();
        let tx = app.db.write().await?;
        let link = grant(&tx, &app, organisation.id, &email, self.role.into(), site, now).await?;
        tx.commit().await?;
        self.print(&app, &link)
    }

    async fn site(&self, app: &App, organisation: Uuid) -> anyhow::Result<Option<Uuid>> {
        let Some(site) = &self.site else { return Ok(None) };
        if self.role != InviteRole::SiteLead {
            return Err(Misuse("--site belongs to --role site-lead".to_owned()).into());
        }
        let sites = SiteIndex::load(app.db.read(), organisation).await?;
        let found = sites.resolve(site).map_err(|error| Misuse(error.to_string()))?;
        Ok(Some(found))
    }

    fn print(&self, app: &App, link: &sign_in_link::Model) -> anyhow::Result<()> {
        let token = sign_in::token(&app.secrets, link.id);
        say(format!("{}/sign-in/{token}", app.config.server.base_url))?;
        let until = link.expires_at.format("%Y-%m-%d %H:%M UTC");
        say(format!(
            "Hand this link to {}: it signs in once, until {until}. Later links come by mail, from {}/sign-in.",
            self.email, app.config.server.base_url
        ))?;
        Ok(())
    }
}

/// Gives whoever has an address a role, and makes a link that signs them in.
pub(super) async fn grant(
    tx: &Tx,
    app: &App,
    organisation: Uuid,
    email: &str,
    role: Role,
    site: Option<Uuid>,
    now: DateTime<Utc>,
) -> anyhow::Result<sign_in_link::Model> {
    let wanted = Wanted {
        whom: Whom::Address(email),
        role,
        site,
    };
    let invited = invite::invite(tx, &app.secrets, organisation, &wanted, ACTOR, now).await;
    match invited {
        Ok(invited) => Ok(invited.link),
        Err(RoleError::Database(error)) => Err(error.into()),
        Err(misuse) => Err(Misuse(misuse.to_string()).into()),
    }
}

/// A mail address in small letters, or what is wrong with it.
pub(super) fn valid_address(given: &str) -> Result<String, Misuse> {
    invite::valid_address(given).map_err(|error| Misuse(error.to_string()))
}

impl From<InviteRole> for Role {
    fn from(role: InviteRole) -> Role {
        match role {
            InviteRole::Administrator => Role::Administrator,
            InviteRole::Auditor => Role::Auditor,
            InviteRole::SiteLead => Role::SiteLead,
            InviteRole::SafeReader => Role::SafeReader,
        }
    }
}
