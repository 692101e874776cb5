//! Mails that carry a link to sign in: jobs `sign_in` in, mails out. Nothing is told once the link cannot be used.
use anyhow::anyhow;
use entity::{account, organisation, sign_in_link};
use lettre::Address;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};

use super::{
    mail::{Letter, NotAccepted},
    outcome,
};
use crate::{
    access::{
        account as accounts,
        sign_in::{self, LINK_WORKS},
    },
    app::App,
    platform::{
        job::{
            Claimed, Job, JobError,
            worker::{Batch, Failures},
        },
        secret,
    },
    template::{
        Language, Mail, TemplateError,
        brand::Brand,
        context::{Because, BecauseKind, MailFrame, SignInMail},
    },
};

/// Mails the links of a batch, one after the other: people ask for few, and wait for them.
pub async fn deliver(app: App, batch: Batch) -> anyhow::Result<Failures> {
    let mut failures = Failures::new();
    for job in batch.jobs {
        if batch.lost.is_cancelled() {
            break;
        }
        match deliver_one(&app, &job).await {
            Ok(()) => outcome::end(&app, &job).await,
            Err(error) => failures.push((job, error)),
        }
    }
    Ok(failures)
}

async fn deliver_one(app: &App, job: &Claimed) -> Result<(), JobError> {
    let Some(letter) = letter(app, job).await.map_err(JobError::Retry)? else {
        return Ok(());
    };
    match app.mailer.send(&letter).await {
        Ok(()) | Err(NotAccepted::AddressRefused { .. } | NotAccepted::MessageRefused { .. }) => Ok(()),
        Err(later) => Err(JobError::Retry(anyhow!("{later}"))),
    }
}

/// The mail of a link that can still be used.
async fn letter(app: &App, job: &Claimed) -> anyhow::Result<Option<Letter>> {
    let now = app.clock.now();
    let Some((link, account)) = usable(app, job).await? else {
        return Ok(None);
    };
    let token = sign_in::token(&app.secrets, link.id);
    keep(app, &link, &token).await?;
    let address = accounts::address_of(app.db.read(), &account).await?;
    let to = address
        .as_deref()
        .and_then(|address| address.parse::<Address>().ok());
    let organisation = organisation::Entity::find_by_id(link.organisation_id)
        .one(app.db.read())
        .await?;
    let (Some(to), Some(organisation)) = (to, organisation) else {
        return Ok(None);
    };
    let language = app.templates.first_of([
        account.language.as_deref(),
        link.language.as_deref(),
        Some(organisation.language.as_str()),
    ]);
    let mail = compose(app, language, &organisation, &token, to.as_ref())?;
    Ok(Some(Letter {
        about: link.id,
        to,
        mail,
        unsubscribe_url: None,
        list: organisation.slug,
        at: now,
    }))
}

async fn usable(
    app: &App,
    job: &Claimed,
) -> Result<Option<(sign_in_link::Model, account::Model)>, sea_orm::DbErr> {
    let Job::SignIn { link } = job.job else {
        return Ok(None);
    };
    let link = sign_in_link::Entity::find_by_id(link).one(app.db.read()).await?;
    match link {
        Some(link) => sign_in::find(app.db.read(), link.token_hash, app.clock.now()).await,
        None => Ok(None),
    }
}

/// The process that took the request may have had another key, where none is set: the link in the mail must work.
async fn keep(app: &App, link: &sign_in_link::Model, token: &str) -> Result<(), sea_orm::DbErr> {
    let hash = secret::hash(token);
    if link.token_hash == hash {
        return Ok(());
    }
    let tx = app.db.write().await?;
    sign_in_link::ActiveModel {
        id: Set(link.id),
        token_hash: Set(hash),
        ..Default::default()
    }
    .update(&tx)
    .await?;
    tx.commit().await
}

fn compose(
    app: &App,
    language: Language,
    organisation: &organisation::Model,
    token: &str,
    address: &str,
) -> Result<Mail, TemplateError> {
    let mail = SignInMail {
        mail: MailFrame {
            language,
            organisation: organisation.name.clone(),
            brand: Brand::default(),
            because: Because::of(BecauseKind::SignIn, address.to_owned()),
            unsubscribe_url: None,
        },
        url: format!("{}/sign-in/{token}", app.config.server.base_url),
        minutes: LINK_WORKS.num_minutes().unsigned_abs(),
    };
    app.templates.mail(&mail)
}
