//! Mails to whoever owns an account about the account: jobs `alert` and `sign_in` in, mails out.
use anyhow::anyhow;
use chrono::TimeDelta;

use super::{
    alert,
    channel::mail::{Letter, NotAccepted},
    outcome, sign_in, stage,
};
use crate::{
    deliver::app::DeliverApp,
    platform::job::{
        Claimed, Job, JobError,
        worker::{Batch, Failures},
    },
};

/// Until a mail is tried again for which the server could not be reached.
const AWAY: TimeDelta = TimeDelta::seconds(5);

/// Mails a batch, one after the other: there are few, and people wait for them. Once the server cannot be reached the
/// rest waits.
pub async fn deliver(app: DeliverApp, batch: Batch) -> anyhow::Result<Failures> {
    let tx = app.db.write().await?;
    stage::hold(&tx, &app, batch.jobs.iter()).await?;
    tx.commit().await?;
    let (mut failures, mut is_away) = (Failures::new(), false);
    for job in batch.jobs {
        if batch.lost.is_cancelled() {
            break;
        }
        if is_away {
            failures.push((job, put_off(&app)));
            continue;
        }
        match send(&app, &job).await {
            Ok(()) => {
                if let Err(error) = outcome::end(&app, &job).await {
                    failures.push((job, JobError::retry(error)));
                }
            }
            Err((error, cause)) => {
                is_away = cause == Cause::Away;
                failures.push((job, error));
            }
        }
    }
    Ok(failures)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Cause {
    /// No mail can be handed over.
    Away,
    /// It may be about this one only.
    Other,
}

fn put_off(app: &DeliverApp) -> JobError {
    JobError::PutOff {
        at: app.clock.now() + AWAY,
        why: "the mail server could not be reached",
    }
}

async fn send(app: &DeliverApp, job: &Claimed) -> Result<(), (JobError, Cause)> {
    let letter = letter(app, job).await;
    let Some(letter) = letter.map_err(|error| (JobError::Retry(error), Cause::Other))? else {
        return Ok(());
    };
    match app.mailer.send(&letter).await {
        Ok(()) | Err(NotAccepted::AddressRefused { .. } | NotAccepted::MessageRefused { .. }) => Ok(()),
        Err(later) => {
            let cause = match later {
                NotAccepted::Unreachable(_) => Cause::Away,
                _ => Cause::Other,
            };
            Err((JobError::Retry(anyhow!("{later}")), cause))
        }
    }
}

/// What is to be told; nothing where that is over.
async fn letter(app: &DeliverApp, job: &Claimed) -> anyhow::Result<Option<Letter>> {
    match job.job {
        Job::Alert { alert } => alert::letter(app, alert).await,
        Job::SignIn { link } => sign_in::letter(app, link).await,
        _ => Ok(None),
    }
}
