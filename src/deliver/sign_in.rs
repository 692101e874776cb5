//! What carries a link to sign in. Nothing is told once the link cannot be used.
use entity::{account, organisation, sign_in_link};
use lettre::Address;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait};
use uuid::Uuid;

use super::channel::mail::Letter;
use crate::{
    access::{
        account as accounts,
        sign_in::{self, LINK_WORKS},
    },
    deliver::app::DeliverApp,
    platform::secret,
    template::{
        Language, Mail, TemplateError,
        brand::Brand,
        context::{Because, BecauseKind, MailFrame, SignInMail},
    },
};

/// The mail of a link that can still be used.
pub(super) async fn letter(app: &DeliverApp, link: Uuid) -> anyhow::Result<Option<Letter>> {
    let now = app.clock.now();
    let Some((link, account)) = usable(app, link).await? else {
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
    app: &DeliverApp,
    link: Uuid,
) -> Result<Option<(sign_in_link::Model, account::Model)>, sea_orm::DbErr> {
    let link = sign_in_link::Entity::find_by_id(link).one(app.db.read()).await?;
    match link {
        Some(link) => sign_in::find(app.db.read(), link.token_hash, app.clock.now()).await,
        None => Ok(None),
    }
}

/// The process that took the request may have had another key, where none is set: the link in the mail must work.
pub(super) async fn keep(
    app: &DeliverApp,
    link: &sign_in_link::Model,
    token: &str,
) -> Result<(), sea_orm::DbErr> {
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
    app: &DeliverApp,
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
            settings_url: None,
        },
        url: format!("{}/sign-in/{token}", app.config.server.base_url),
        minutes: LINK_WORKS.num_minutes().unsigned_abs(),
    };
    app.templates.mail(&mail)
}
