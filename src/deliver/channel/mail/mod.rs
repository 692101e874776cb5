//! Mail. Words of SMTP end here: what came of an attempt leaves as an [`Outcome`].
mod mailer;
mod smtp;

use anyhow::bail;
use chrono::{DateTime, TimeDelta, Utc};
use lettre::Address;

pub use mailer::{Letter, MailSettingsError, Mailer, NotAccepted};

use super::{Channel, Delivering, Outcome, Place, Recipient, Refused, Rendered, WrongAddress};
use crate::{
    deliver::app::DeliverApp,
    deliver::{
        compose::{Message, gathered, mails},
        link::{self, Purpose},
    },
    template::Language,
};

/// The channel that every account with an address has.
#[derive(Debug)]
pub(crate) struct Mail;

impl Channel for Mail {
    fn label(&self) -> &str {
        "Mail"
    }

    fn reach(&self, address: &str) -> Result<(), WrongAddress> {
        let is_one = address.parse::<Address>().is_ok();
        is_one
            .then_some(())
            .ok_or(WrongAddress::Malformed("this is no e-mail address"))
    }

    /// Those of the queue, which grow.
    fn waits(&self) -> &'static [TimeDelta] {
        &[]
    }

    fn links(&self) -> &'static [Purpose] {
        &[Purpose::Page, Purpose::Unsubscribe]
    }

    fn together(&self, app: &DeliverApp) -> usize {
        app.config.mail.smtp_connections.max(1)
    }

    fn render(
        &self,
        app: &DeliverApp,
        messages: &[&Message],
        to: &Recipient,
        now: DateTime<Utc>,
    ) -> anyhow::Result<Option<Rendered>> {
        let (Recipient::Reader { address, .. }, [message, others @ ..]) = (to, messages) else {
            bail!("a mail is for one reader");
        };
        let mail = if others.is_empty() {
            mails::mail(app, &message.addressed, &message.matter, now)?
        } else {
            gathered::mail(app, messages, now)?
        };
        let Some(mail) = mail else {
            return Ok(None);
        };
        let about = message.addressed.notice.id;
        let letter = Letter {
            about,
            to: address.clone(),
            mail,
            unsubscribe_url: Some(link::unsubscribe_url(app, about)),
            list: message.addressed.organisation.slug.clone(),
            at: now,
        };
        Ok(Some(Rendered {
            about,
            headers: Vec::new(),
            body: app.mailer.written(&letter)?,
        }))
    }

    /// Mail is tried by `plaudit doctor`.
    fn trial(&self, _: &DeliverApp, _: &Place, _: Language) -> anyhow::Result<Rendered> {
        bail!("mail is for readers")
    }

    fn deliver<'a>(
        &'a self,
        app: &'a DeliverApp,
        to: &'a Recipient,
        rendered: &'a Rendered,
    ) -> Delivering<'a> {
        Box::pin(async move {
            let Recipient::Reader { address, .. } = to else {
                return Outcome::later("this is no reader");
            };
            let handed_over = app.mailer.hand_over(rendered.about, address, &rendered.body);
            handed_over
                .await
                .map_or_else(Outcome::from, |()| Outcome::Accepted)
        })
    }
}

impl From<NotAccepted> for Outcome {
    fn from(no: NotAccepted) -> Outcome {
        let why = no.to_string();
        let later = |code, is_away| Outcome::Later {
            code,
            why: why.clone(),
            at: None,
            is_away,
        };
        match no {
            NotAccepted::AddressRefused { code, words } => {
                Outcome::Refused(Refused::Recipient { code, words })
            }
            NotAccepted::MessageRefused { code } => Outcome::Refused(Refused::Message {
                code: Some(code),
                why,
            }),
            NotAccepted::Message(_) => Outcome::Refused(Refused::Message { code: None, why }),
            NotAccepted::Unreachable(_) => later(None, true),
            NotAccepted::Later { code, .. } => later(code, false),
            NotAccepted::File(_) => later(None, false),
        }
    }
}
