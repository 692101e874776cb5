//! `plaudit jobs list|retry`
use clap::{Args, Subcommand};

use super::{
    Misuse,
    tenant::{Tenant, say},
};
use crate::{app::App, deliver, platform::job::queue};

/// Failed jobs.
#[derive(Debug, Args)]
pub struct Jobs {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    tenant: Tenant,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List failed jobs, and count those that wait
    List,
    /// Retry failed jobs
    Retry {
        /// Its id
        #[arg(required_unless_present = "all")]
        job: Option<i64>,
        /// All of them
        #[arg(long, conflicts_with = "job")]
        all: bool,
    },
}

impl Jobs {
    /// Runs the command.
    pub async fn run(self, app: App) -> anyhow::Result<()> {
        let organisation = self.tenant.find(&app).await?.id;
        match self.command {
            Command::List => {
                for job in queue::dead_letters(app.db.read(), organisation).await? {
                    let at = job.dead_at.map(|at| at.format("%Y-%m-%d %H:%M").to_string());
                    let error = job.last_error.unwrap_or_default();
                    say(format!(
                        "{}  {}  {}  {error}",
                        job.id,
                        job.kind,
                        at.unwrap_or_default()
                    ))?;
                }
                let open = queue::count_open(app.db.read()).await?;
                Ok(say(waiting(open))?)
            }
            Command::Retry { job, .. } => {
                let tx = app.db.write().await?;
                let count = deliver::retry_dead_letters(&tx, organisation, job, app.clock.now()).await?;
                tx.commit().await?;
                match job {
                    Some(job) if count == 0 => {
                        Err(Misuse(format!("there is no failed job {job}; see plaudit jobs list")).into())
                    }
                    _ => Ok(say(retried(count))?),
                }
            }
        }
    }
}

fn waiting(open: u64) -> String {
    match open {
        0 => "No jobs waiting.".to_owned(),
        1 => "1 job is waiting or running.".to_owned(),
        many => format!("{many} jobs are waiting or running."),
    }
}

fn retried(count: u64) -> String {
    match count {
        0 => "No failed jobs.".to_owned(),
        1 => "1 job will be retried.".to_owned(),
        many => format!("{many} jobs will be retried."),
    }
}
