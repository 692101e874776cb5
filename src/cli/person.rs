//! `plaudit person erase|readmit`: former employees whom nothing is to name any more.
use clap::{Args, Subcommand};

use super::{
    Misuse,
    tenant::{ACTOR, Tenant, ask, say},
};
use crate::{
    access::person::has_left,
    app::App,
    platform::calendar,
    record::erase::{self, By},
    roster::{RosterError, erased, staff},
};

/// Erase a former employee, or let their number in again.
#[derive(Debug, Args)]
pub struct Person {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Remove everything that names someone whose last day has passed; counts and customers' words stay
    Erase {
        /// Their employee id
        employee_id: String,
        /// Do not ask again
        #[arg(long)]
        yes: bool,
    },
    /// Let rosters and directories bring a number in again whose person was erased; they come as somebody new
    Readmit {
        /// The employee id, or the directory's name for them
        number: String,
    },
}

impl Person {
    /// Runs the command.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        let own = self.tenant.find(&app).await?.id;
        match self.command {
            Command::Erase { employee_id, yes } => {
                let found = staff::by_employee_id(app.db.read(), own, employee_id.trim()).await?;
                let nobody = || {
                    Misuse(format!(
                        "nobody on the roster has the employee id {employee_id:?}"
                    ))
                };
                let person = found.ok_or_else(nobody)?;
                if !has_left(
                    &person,
                    calendar::today(app.db.read(), own, app.clock.now()).await?,
                ) {
                    return Err(Misuse(RosterError::StillHere.to_string()).into());
                }
                let question = format!("Erase {} for good?", person.full_name());
                if !yes && ask(&question)? != Some(true) {
                    return Err(Misuse(
                        "nothing was erased; add --yes to erase without being asked".to_owned(),
                    )
                    .into());
                }
                let by = By {
                    actor: ACTOR,
                    at: app.clock.now(),
                };
                let tx = app.db.write().await?;
                let done = erase::erase(&tx, &app.secrets, own, person.id, by).await;
                done.map_err(misuse)?;
                tx.commit().await?;
                Ok(say(format!(
                    "Erased {}. Their shifts and notices go in the background, while plaudit serve or plaudit work runs. What \
                     customers wrote stays as they wrote it, names included: search for the name at /search, and erase \
                     messages there.",
                    person.id
                ))?)
            }
            Command::Readmit { number } => {
                if erase::is_under_way(app.db.read(), own).await? {
                    return Err(Misuse(
                        "somebody is being erased still, which plaudit serve or plaudit work ends; then let the number in again"
                            .to_owned(),
                    )
                    .into());
                }
                let tx = app.db.write().await?;
                if !erased::readmit(&tx, &app.secrets, own, &number, ACTOR, app.clock.now()).await? {
                    return Err(Misuse(format!("nobody of the number {number:?} was erased")).into());
                }
                tx.commit().await?;
                Ok(say(format!("{number} may be brought in again."))?)
            }
        }
    }
}

fn misuse(error: RosterError) -> anyhow::Error {
    match error {
        RosterError::Database(error) => error.into(),
        misuse => Misuse(misuse.to_string()).into(),
    }
}
