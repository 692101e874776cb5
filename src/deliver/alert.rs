//! What warns whoever owns an account. The row, which holds an address, goes with its job.
use entity::{
    account,
    alert::{self, Kind},
    organisation, sign_in_link as link,
};
use lettre::Address;
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::channel::mail::Letter;
use crate::{
    access::{
        role::{self, Held},
        sign_in,
    },
    deliver::app::DeliverApp,
    roster::organisation as organisations,
    template::{
        Mail, Moment, TemplateError,
        brand::Brand,
        context::{AlertMail, Because, BecauseKind, HeldRole, MailFrame},
    },
};

pub(super) async fn letter(app: &DeliverApp, alert: Uuid) -> anyhow::Result<Option<Letter>> {
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
    let (roles, url) = match &account {
        Some(account) => (roles(app, &alert).await?, url(app, &alert, account).await?),
        None => return Ok(None),
    };
    let reader = account.and_then(|account| account.language);
    Ok(Some(Letter {
        about: alert.id,
        to,
        mail: compose(app, &alert, reader.as_deref(), &organisation, (roles, url))?,
        unsubscribe_url: None,
        list: organisation.slug,
        at: app.clock.now(),
    }))
}

/// What they hold now, where that is what it is about.
async fn roles(app: &DeliverApp, alert: &alert::Model) -> anyhow::Result<Vec<HeldRole>> {
    if !matches!(alert.kind, Kind::RoleGranted | Kind::RoleEnded) {
        return Ok(Vec::new());
    }
    let held = role::list(app.db.read(), alert.organisation_id, app.clock.now()).await?;
    let theirs = held
        .into_iter()
        .filter(|held| held.is_active && held.grant.account_id == alert.account_id);
    let row = |held: Held| HeldRole {
        role: role::name(held.grant.role),
        site: held.site,
    };
    Ok(theirs.map(row).collect())
}

/// Where they look: whoever was given a role is signed in by the link, while it works, or linked with the company.
async fn url(app: &DeliverApp, alert: &alert::Model, account: &account::Model) -> anyhow::Result<String> {
    let base = &app.config.server.base_url;
    if alert.kind == Kind::SyncStopped {
        return Ok(format!("{base}/roster"));
    }
    if alert.kind == Kind::RecoveryCodeUsed {
        return Ok(format!("{base}/me/second-factor"));
    }
    if alert.kind != Kind::RoleGranted {
        return Ok(format!("{base}/me"));
    }
    let link = sign_in::open_invitation(app.db.read(), account, app.clock.now()).await?;
    let Some(link) = link else {
        return Ok(format!("{base}/sign-in"));
    };
    let token = sign_in::token(&app.secrets, link.id);
    super::sign_in::keep(app, &link, &token).await?;
    let page = match link.kind {
        link::Kind::Link => "sign-on-link",
        _ => "sign-in",
    };
    Ok(format!("{base}/{page}/{token}"))
}

fn compose(
    app: &DeliverApp,
    alert: &alert::Model,
    reader: Option<&str>,
    organisation: &organisation::Model,
    (roles, url): (Vec<HeldRole>, String),
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
            settings_url: None,
        },
        kind: match alert.kind {
            Kind::AddressChanged => "address_changed",
            Kind::NewDevice => "new_device",
            Kind::Linked => "linked",
            Kind::Emergency => "emergency",
            Kind::SyncStopped => "sync_stopped",
            Kind::RoleGranted => "role_granted",
            Kind::RoleEnded => "role_ended",
            Kind::SecondFactorTakenOff => "second_factor_taken_off",
            Kind::RecoveryCodeUsed => "recovery_code_used",
            Kind::WrongCodes => "wrong_codes",
            Kind::SessionsEnded => "sessions_ended",
        },
        device: alert.device.clone().unwrap_or_default(),
        at: Moment::full(alert.created_at, zone, app.clock.now()),
        roles,
        url,
    })
}
