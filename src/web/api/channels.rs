//! `/v1/channels`
use chrono::{DateTime, Utc};
use entity::{channel, delivery};
use poem::web::Data;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi, param::Path, payload::Json};
use secrecy::ExposeSecret;
use uuid::Uuid;

use super::Tag;
use crate::{
    access::Action,
    deliver::channel::{
        log::{self, Which},
        manage::{self, NewChannel},
        trial,
    },
    web::{Web, auth::Auth, problem::Failure},
};

/// Deliveries that are listed.
const LISTED: u64 = 50;

/// Operations on channels.
#[derive(Debug)]
pub struct Channels;

/// A room or endpoint that is told of praise, without its address and secret.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ChannelView {
    /// Its id.
    pub id: Uuid,
    /// `slack`, `teams`, `google-chat` or `webhook`.
    pub kind: String,
    /// What you call it.
    pub name: String,
    /// Whether a room is shown what customers wrote, as far as they let colleagues read it.
    pub with_words: bool,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// `removed`, or `gone`: it answered that it is no more.
    pub ended_because: Option<String>,
}

impl From<channel::Model> for ChannelView {
    fn from(row: channel::Model) -> ChannelView {
        ChannelView {
            id: row.id,
            kind: row.kind,
            name: row.name,
            with_words: row.with_words,
            created_at: row.created_at,
            ended_at: row.ended_at,
            ended_because: row.ended_because,
        }
    }
}

/// All channels.
#[derive(Clone, Debug, Object)]
pub struct ChannelList {
    /// Channels, oldest first, ended ones included.
    pub items: Vec<ChannelView>,
}

/// A channel to add.
#[derive(Clone, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct NewChannelView {
    /// `slack`, `teams`, `google-chat` or `webhook`.
    #[oai(validator(min_length = 1, max_length = 40))]
    pub kind: String,
    /// What you call it.
    #[oai(validator(min_length = 1, max_length = 120))]
    pub name: String,
    /// Where it is. It is sealed, and never shown again.
    #[oai(validator(min_length = 1, max_length = 2000))]
    pub address: String,
    /// Whether a room is shown what customers wrote, as far as they let colleagues read it.
    #[oai(default = "yes")]
    pub with_words: bool,
}

fn yes() -> bool {
    true
}

/// A channel that was added.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct MadeChannel {
    /// Its id.
    pub id: Uuid,
    /// What signs what is sent to an endpoint, shown this once. Rooms have none.
    pub secret: Option<String>,
}

/// What came of a test.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct ChannelTest {
    /// Whether it was accepted.
    pub accepted: bool,
    /// What went wrong.
    pub error: Option<String>,
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case")]
pub enum DeliveryState {
    /// It is to be tried, or tried again.
    Waiting,
    /// The other side took it.
    Accepted,
    /// The other side refused it, or no attempt was left.
    Refused,
    /// There was nothing left to tell.
    Cancelled,
}

impl From<delivery::State> for DeliveryState {
    fn from(state: delivery::State) -> DeliveryState {
        match state {
            delivery::State::Waiting => DeliveryState::Waiting,
            delivery::State::Accepted => DeliveryState::Accepted,
            delivery::State::Refused => DeliveryState::Refused,
            delivery::State::Cancelled => DeliveryState::Cancelled,
        }
    }
}

/// A notice that is to leave by a channel, and how often that was tried.
#[derive(Clone, Debug, Object)]
#[oai(skip_serializing_if_is_none)]
pub struct DeliveryView {
    /// The notice.
    pub notice_id: Uuid,
    /// Where it stands.
    pub state: DeliveryState,
    /// How often it was tried.
    pub attempts: u32,
    /// What the other side answered last, where it answered with a number.
    pub code: Option<i32>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was tried last.
    pub attempted_at: Option<DateTime<Utc>>,
}

impl From<delivery::Model> for DeliveryView {
    fn from(row: delivery::Model) -> DeliveryView {
        DeliveryView {
            notice_id: row.notice_id,
            state: row.state.into(),
            attempts: u32::try_from(row.attempt).unwrap_or_default(),
            code: row.code,
            created_at: row.created_at,
            attempted_at: row.attempted_at,
        }
    }
}

/// What left by a channel.
#[derive(Clone, Debug, Object)]
pub struct DeliveryList {
    /// The latest 50, newest first.
    pub items: Vec<DeliveryView>,
}

/// A secret that was made.
#[derive(Clone, Debug, Object)]
pub struct MadeSecret {
    /// What signs from now on, shown this once. The one before signs beside it until the next change.
    pub secret: String,
}

/// Which of the deliveries that were given up are tried again; all where nothing is said.
#[derive(Clone, Copy, Debug, Object)]
#[oai(deny_unknown_fields)]
pub struct ReplayDeliveries {
    /// Only that of this notice.
    pub notice_id: Option<Uuid>,
    /// Only those made then or later.
    pub from: Option<DateTime<Utc>>,
    /// Only those made before.
    pub until: Option<DateTime<Utc>>,
}

/// What is tried again.
#[derive(Clone, Copy, Debug, Object)]
pub struct ReplayedDeliveries {
    /// How many.
    pub count: u64,
}

/// A channel was added.
#[derive(ApiResponse)]
pub enum CreateChannel {
    /// It is told of what is recognised from now on.
    #[oai(status = 201)]
    Created(Json<MadeChannel>),
}

/// A channel was removed.
#[derive(ApiResponse)]
pub enum RemoveChannel {
    /// It is told nothing more; what waited for it is passed on.
    #[oai(status = 204)]
    Removed,
}

#[OpenApi(prefix_path = "/channels", tag = "Tag::Channels")]
impl Channels {
    /// List channels
    #[oai(path = "/", method = "get", operation_id = "list_channels")]
    async fn list(&self, auth: Auth, Data(web): Data<&Web>) -> Result<Json<ChannelList>, Failure> {
        let caller = auth.permit(Action::LIST_CHANNELS)?;
        let found = manage::list(web.app.db.read(), caller.organisation).await?;
        Ok(Json(ChannelList {
            items: found.into_iter().map(ChannelView::from).collect(),
        }))
    }

    /// Add a channel
    #[oai(path = "/", method = "post", operation_id = "create_channel")]
    async fn create(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        Json(new): Json<NewChannelView>,
    ) -> Result<CreateChannel, Failure> {
        let caller = auth.permit(Action::CREATE_CHANNEL)?;
        let new = NewChannel {
            kind: new.kind,
            name: new.name,
            address: new.address,
            with_words: new.with_words,
        };
        let (made, secret) = manage::add(&web.app.deliver(), caller.organisation, new, &caller.actor).await?;
        Ok(CreateChannel::Created(Json(MadeChannel {
            id: made.id,
            secret: secret.map(|secret| secret.expose_secret().to_owned()),
        })))
    }

    /// Remove a channel
    #[oai(path = "/:id", method = "delete", operation_id = "remove_channel")]
    async fn remove(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        Path(id): Path<Uuid>,
    ) -> Result<RemoveChannel, Failure> {
        let caller = auth.permit(Action::REMOVE_CHANNEL)?;
        manage::remove(&web.app.deliver(), caller.organisation, id, &caller.actor).await?;
        Ok(RemoveChannel::Removed)
    }

    /// Send a channel something that tells nothing
    #[oai(path = "/:id/test", method = "post", operation_id = "test_channel")]
    async fn test(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        Path(id): Path<Uuid>,
    ) -> Result<Json<ChannelTest>, Failure> {
        let caller = auth.permit(Action::TEST_CHANNEL)?;
        let outcome = trial::send(&web.app.deliver(), caller.organisation, id).await?;
        Ok(Json(ChannelTest {
            accepted: outcome.is_ok(),
            error: outcome.err().map(|error| error.why),
        }))
    }

    /// List what left by a channel
    #[oai(path = "/:id/deliveries", method = "get", operation_id = "list_deliveries")]
    async fn deliveries(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        Path(id): Path<Uuid>,
    ) -> Result<Json<DeliveryList>, Failure> {
        let caller = auth.permit(Action::LIST_DELIVERIES)?;
        let channel = manage::find(web.app.db.read(), caller.organisation, id).await?;
        let found = log::latest(web.app.db.read(), caller.organisation, channel.id, LISTED).await?;
        Ok(Json(DeliveryList {
            items: found.into_iter().map(DeliveryView::from).collect(),
        }))
    }

    /// Give an endpoint another secret
    #[oai(path = "/:id/secret", method = "post", operation_id = "change_channel_secret")]
    async fn change_secret(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        Path(id): Path<Uuid>,
    ) -> Result<Json<MadeSecret>, Failure> {
        let caller = auth.permit(Action::CHANGE_CHANNEL_SECRET)?;
        let secret = manage::rotate(&web.app.deliver(), caller.organisation, id, &caller.actor).await?;
        Ok(Json(MadeSecret {
            secret: secret.expose_secret().to_owned(),
        }))
    }

    /// Try deliveries that were given up again
    #[oai(path = "/:id/replay", method = "post", operation_id = "replay_deliveries")]
    async fn replay(
        &self,
        auth: Auth,
        Data(web): Data<&Web>,
        Path(id): Path<Uuid>,
        Json(which): Json<ReplayDeliveries>,
    ) -> Result<Json<ReplayedDeliveries>, Failure> {
        let caller = auth.permit(Action::REPLAY_DELIVERIES)?;
        let which = Which {
            notice: which.notice_id,
            from: which.from,
            until: which.until,
        };
        let count = log::replay(&web.app.deliver(), caller.organisation, id, which, &caller.actor).await?;
        Ok(Json(ReplayedDeliveries { count }))
    }
}
