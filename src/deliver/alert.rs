//! Mails to whoever owns an account about the account: jobs `alert` in, mails out. The row, which holds an address, goes
//! with its job.
use anyhow::anyhow;
use entity::{
    account,
    alert::{self, Kind},
    organisation,
};
use lettre::Address;
use sea_orm::EntityTrait;

use super::mail::{Letter, NotAccepted};
use crate::{
    app::App,
    platform::job::{
        Claimed, Job, JobError, queue,
        worker::{Batch, Failures},
    },
    roster::organisation as organisations,
    template::{
        Mail, Moment, TemplateError,
        brand::Brand,
        context::{AlertMail, Because, BecauseKind, MailFrame},
    },
};

/// Mails the alerts of a batch, one after the other.
pub async fn deliver(app: App, batch: Batch) -> anyhow::Result<Failures> {
    let mut failures = Failures::new();
    for job in batch.jobs {
        if batch.lost.is_cancelled() {
            break;
        }
        match send(&app, &job).await {
            Ok(()) => finish(&app, &job).await?,
            Err(error) => failures.push((job, error)),
        }
    }
    Ok(failures)
}

async fn finish(app: &App, job: &Claimed) -> anyhow::Result<()> {
    let tx = app.db.write().await?;
    let finished = queue::finish(&tx, std::slice::from_ref(job)).await?;
    if let (Job::Alert { alert }, false) = (&job.job, finished.is_empty()) {
        alert::Entity::delete_by_id(*alert).exec(&tx).await?;
    }
    Ok(tx.commit().await?)
}

async fn send(app: &App, job: &Claimed) -> Result<(), JobError> {
    let Some(letter) = letter(app, job).await.map_err(JobError::Retry)? else {
        return Ok(());
    };
    match app.mailer.send(&letter).await {
        Ok(()) | Err(NotAccepted::AddressRefused { .. } | NotAccepted::MessageRefused { .. }) => Ok(()),
        Err(later) => Err(JobError::Retry(anyhow!("{later}"))),
    }
}

async fn letter(app: &App, job: &Claimed) -> anyhow::Result<Option<Letter>> {
    let Job::Alert { alert } = job.job else {
        return Ok(None);
    };
    let Some(alert) = alert::Entity::find_by_id(alert).one(app.db.read()).await? else {
        return Ok(None);
    };
    let Ok(to) = alert.address.parse::<Address>() else {
        return Ok(None);
    };
    let organisation = organisation::Entity::find_by_id(alert.organisation_id)
        .one(app.db.read())
        .await?;
    let Some(organisation) = organisation else {
        return Ok(None);
    };
    let account = account::Entity::find_by_id(alert.account_id)
        .one(app.db.read())
        .await?;
    let reader = account.and_then(|account| account.language);
    Ok(Some(Letter {
        about: alert.id,
        to,
        mail: compose(app, &alert, reader.as_deref(), &organisation)?,
        unsubscribe_url: None,
        list: organisation.slug,
        at: app.clock.now(),
    }))
}

fn compose(
    app: &App,
    alert: &alert::Model,
    reader: Option<&str>,
    organisation: &organisation::Model,
) -> Result<Mail, TemplateError> {
    let language = app
        .templates
        .first_of([reader, Some(organisation.language.as_str())]);
    let zone = organisations::zone(organisation);
    app.templates.mail(&AlertMail {
        mail: MailFrame {
            language,
            organisation: organisation.name.clone(),
            brand: Brand::default(),
            because: Because::of(BecauseKind::Account, organisation.name.clone()),
            unsubscribe_url: None,
        },
        kind: match alert.kind {
            Kind::AddressChanged => "address_changed",
            Kind::NewDevice => "new_device",
        },
        device: alert.device.clone().unwrap_or_default(),
        at: Moment::full(alert.created_at, zone, app.clock.now()),
        url: format!("{}/me", app.config.server.base_url),
    })
}
