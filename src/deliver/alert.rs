//! What warns whoever owns an account. The row, which holds an address, goes with its job.
use entity::{
    account,
    alert::{self, Kind},
    organisation,
};
use lettre::Address;
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::channel::mail::Letter;
use crate::{
    deliver::app::DeliverApp,
    roster::organisation as organisations,
    template::{
        Mail, Moment, TemplateError,
        brand::Brand,
        context::{AlertMail, Because, BecauseKind, MailFrame},
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
    app: &DeliverApp,
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
            settings_url: None,
        },
        kind: match alert.kind {
            Kind::AddressChanged => "address_changed",
            Kind::NewDevice => "new_device",
            Kind::Linked => "linked",
            Kind::Emergency => "emergency",
        },
        device: alert.device.clone().unwrap_or_default(),
        at: Moment::full(alert.created_at, zone, app.clock.now()),
        url: format!("{}/me", app.config.server.base_url),
    })
}
