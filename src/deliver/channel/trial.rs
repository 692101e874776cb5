//! Sends a channel something that tells nothing, so that whoever added it sees whether it arrives.
use anyhow::anyhow;
use entity::{channel, organisation};
use sea_orm::EntityTrait;
use uuid::Uuid;

use super::{
    Channel, Outcome, Place, Recipient, Refused, Rendered,
    manage::{self, ChannelError},
    of_kind, place,
};
use crate::deliver::app::DeliverApp;

/// Why a test was not accepted.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[error("{why}")]
pub struct NotAccepted {
    /// Whether there is no such room or endpoint any more.
    pub is_gone: bool,
    /// What the other side answered, or why there was no answer.
    pub why: String,
}

/// Sends it now.
pub async fn send(
    app: &DeliverApp,
    organisation: Uuid,
    id: Uuid,
) -> Result<Result<(), NotAccepted>, ChannelError> {
    let channel = manage::open(app.db.read(), organisation, id).await?;
    let own = organisation::Entity::find_by_id(organisation)
        .one(app.db.read())
        .await?;
    let (kind, place, rendered) = match rendered(app, &channel, own.as_ref()) {
        Ok(rendered) => rendered,
        Err(error) => return Ok(Err(not_accepted(format!("{error:#}")))),
    };
    let to = Recipient::Place(Box::new(place));
    Ok(match kind.deliver(app, &to, &rendered).await {
        Outcome::Accepted => Ok(()),
        Outcome::Refused(Refused::Recipient { code, .. }) => Err(NotAccepted {
            is_gone: true,
            why: format!("it answers {code}: there is no such room or endpoint any more"),
        }),
        Outcome::Refused(Refused::Message { why, .. }) | Outcome::Later { why, .. } => Err(not_accepted(why)),
    })
}

fn not_accepted(why: String) -> NotAccepted {
    NotAccepted { is_gone: false, why }
}

fn rendered(
    app: &DeliverApp,
    channel: &channel::Model,
    own: Option<&organisation::Model>,
) -> anyhow::Result<(&'static dyn Channel, Place, Rendered)> {
    let kind = of_kind(&channel.kind);
    let kind = kind.ok_or_else(|| anyhow!("there is no kind of channel {:?}", channel.kind))?;
    let place = place(app, channel)?;
    let language = app.templates.first_of([own.map(|own| own.language.as_str())]);
    let rendered = kind.trial(app, &place, language)?;
    Ok((kind, place, rendered))
}
