//! `plaudit uninvite EMAIL`: takes roles away.
use std::collections::HashSet;

use clap::Args;
use entity::{grant::Role, key};
use uuid::Uuid;

use super::{
    Misuse,
    invite::InviteRole,
    tenant::{ACTOR, Tenant, say},
};
use crate::{
    access::{key as keys, role},
    app::App,
};

/// Remove someone's roles; they are signed out, and their open links and invitations end.
#[derive(Debug, Args)]
pub struct Uninvite {
    /// Their address
    email: String,
    /// Only this role; all of them where it is left out
    #[arg(long)]
    role: Option<InviteRole>,
    /// Revoke the API keys that they made, too
    #[arg(long)]
    keys: bool,
    #[command(flatten)]
    tenant: Tenant,
}

impl Uninvite {
    /// Takes away what is there, or nothing.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        let organisation = self.tenant.find(&app).await?.id;
        let (email, only) = (self.email.trim().to_lowercase(), self.role.map(Role::from));
        let now = app.clock.now();
        let tx = app.db.write().await?;
        let mut held = role::list(&tx, organisation, now).await?;
        held.retain(|held| {
            let is_theirs = held
                .address
                .as_deref()
                .is_some_and(|own| own.to_lowercase() == email);
            is_theirs && only.is_none_or(|role| role == held.grant.role)
        });
        if held.is_empty() {
            return Err(Misuse(format!("{email} holds no such role; roles are listed on /roles")).into());
        }
        for held in &held {
            role::revoke(&tx, organisation, held.grant.id, ACTOR, now).await?;
        }
        let accounts: HashSet<Uuid> = held.iter().map(|held| held.grant.account_id).collect();
        let mut theirs: Vec<key::Model> = Vec::new();
        for account in accounts {
            theirs.extend(match self.keys {
                true => keys::revoke_of_account(&tx, organisation, account, ACTOR, now).await?,
                false => keys::open_of_account(&tx, organisation, account).await?,
            });
        }
        tx.commit().await?;
        for held in &held {
            let site = held
                .site
                .as_deref()
                .map(|site| format!(" of {site}"))
                .unwrap_or_default();
            say(format!(
                "{email} is no {}{site} any more.",
                role::name(held.grant.role).replace('_', " ")
            ))?;
        }
        for key in &theirs {
            say(said_of(key, self.keys))?;
        }
        Ok(())
    }
}

fn said_of(key: &key::Model, is_revoked: bool) -> String {
    let (prefix, name) = (&key.prefix, &key.name);
    if is_revoked {
        format!("Revoked the key plaudit_{prefix}… ({name}), which they made.")
    } else {
        format!(
            "They made the key plaudit_{prefix}… ({name}), which still works. To revoke it: plaudit key revoke {prefix}"
        )
    }
}
