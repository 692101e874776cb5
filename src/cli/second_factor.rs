//! `plaudit second-factor take-off|optional`: so that whoever runs the machine always gets an administrator back in.
use clap::{Args, Subcommand};

use super::{
    Misuse,
    invite::valid_address,
    tenant::{ACTOR, Tenant, say},
};
use crate::{
    access::{
        invite,
        role::RoleError,
        second_factor::{self, FactorError},
    },
    app::App,
};

/// The second factor of those who hold roles, for when it is lost.
#[derive(Debug, Args)]
pub struct SecondFactor {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take it off someone who lost the device and the recovery codes; they are signed out, and told by mail
    TakeOff {
        /// Their address
        email: String,
    },
    /// Let holders of roles in without one again
    Optional,
}

impl SecondFactor {
    /// Runs the command.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        let own = self.tenant.find(&app).await?.id;
        let (tx, now) = (app.db.write().await?, app.clock.now());
        let said = match self.command {
            Command::TakeOff { email } => {
                let email = valid_address(&email)?;
                let found = invite::known_at(&tx, own, &email, now).await.map_err(misuse)?;
                let nobody = || Misuse(format!("nobody has the address {email}"));
                let account = found.ok_or_else(nobody)?;
                match second_factor::take_off(&tx, &account, ACTOR, now).await {
                    Ok(()) => {}
                    Err(FactorError::NotThere) => {
                        return Err(Misuse(format!("{email} has no second factor")).into());
                    }
                    Err(error) => return Err(error.into()),
                }
                format!(
                    "{email} has no second factor any more, and was signed out; links by mail sign them in."
                )
            }
            Command::Optional => {
                second_factor::set_needed(&tx, own, false, None, ACTOR, now).await?;
                "Holders of roles need no second factor any more; whoever has one keeps it.".to_owned()
            }
        };
        tx.commit().await?;
        Ok(say(said)?)
    }
}

fn misuse(error: RoleError) -> anyhow::Error {
    match error {
        RoleError::Database(error) => error.into(),
        misuse => Misuse(misuse.to_string()).into(),
    }
}
