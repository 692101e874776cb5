//! What administrators do with rooms and endpoints: add, list, give another secret, remove.
use chrono::{DateTime, Utc};
use entity::{channel, rule};
use reqwest::Url;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    QueryOrder, QuerySelect, sea_query::Expr,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{WrongAddress, about, kinds, of_kind, pass_on};
use crate::{
    access::audit,
    capture::remote::{Networks, PrivateAddress},
    deliver::app::DeliverApp,
    platform::{db::Tx, job, secret::SealError},
};

/// Secrets that sign at the same time, so that the other side can change over.
const SECRETS: usize = 2;

/// Why a channel cannot be added or changed.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// No such kind.
    #[error("there is no kind of channel {0:?}; there are: {1}")]
    Kind(String, String),
    /// The address cannot be used.
    #[error("address: {0}")]
    Address(WrongAddress),
    /// It leads where nothing may be called.
    #[error(transparent)]
    Private(#[from] PrivateAddress),
    /// No name.
    #[error("name: say what it is called, in 1 to 120 characters on one line")]
    Name,
    /// There is none, or it has ended.
    #[error("there is no channel {0}")]
    NotFound(Uuid),
    /// It has no secret.
    #[error("channels of this kind have no secret: whoever knows the address may write there")]
    NoSecret,
    /// Nothing can be sealed.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// A channel to be.
#[derive(Debug)]
pub struct NewChannel {
    /// `webhook`, `slack`, …
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub address: String,
    /// Whether a room may be shown what customers wrote, as far as they let colleagues read it.
    pub with_words: bool,
}

/// Adds a channel; answers its secret, which is shown once.
pub async fn add(
    app: &DeliverApp,
    organisation: Uuid,
    new: NewChannel,
    actor: &str,
) -> Result<(channel::Model, Option<SecretString>), ChannelError> {
    let kind = of_kind(&new.kind);
    let kind = kind.ok_or_else(|| ChannelError::Kind(new.kind.clone(), kinds().join(", ")))?;
    let name = new.name.trim().to_owned();
    let is_odd = name.chars().any(char::is_control);
    if name.is_empty() || is_odd || name.chars().count() > 120 {
        return Err(ChannelError::Name);
    }
    let address = new.address.trim();
    kind.reach(address).map_err(ChannelError::Address)?;
    let address = Url::parse(address)
        .map_err(|_| ChannelError::Address(WrongAddress::Malformed("it is no address")))?;
    Networks::and(&app.config.outbound.allowed_private_networks).check(&address)?;
    let (id, now, secret) = (Uuid::now_v7(), app.clock.now(), kind.new_secret());
    let seal = |value: &str| {
        app.secrets
            .seal(&SecretString::from(value), &about(organisation, id))
    };
    let row = channel::ActiveModel {
        id: Set(id),
        organisation_id: Set(organisation),
        kind: Set(new.kind),
        name: Set(name),
        address: Set(seal(address.as_str())?),
        secrets: Set(seal(secret.as_ref().map_or("", ExposeSecret::expose_secret))?),
        with_words: Set(new.with_words),
        created_at: Set(now),
        ended_at: Set(None),
        ended_because: Set(None),
    };
    let tx = app.db.write().await?;
    let made = row.insert(&tx).await?;
    record(&tx, &made, actor, "add_channel", now).await?;
    tx.commit().await?;
    Ok((made, secret))
}

/// The channels of an organisation, oldest first; those that ended too.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
) -> Result<Vec<channel::Model>, DbErr> {
    channel::Entity::within(organisation)
        .order_by_asc(channel::Column::Id)
        .all(connection)
        .await
}

/// A channel, ended or not.
pub async fn find(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<channel::Model, ChannelError> {
    let found = channel::Entity::within(organisation)
        .filter(channel::Column::Id.eq(id))
        .one(connection)
        .await?;
    found.ok_or(ChannelError::NotFound(id))
}

/// Gives a channel another secret; the one before signs beside it until the next change.
pub async fn rotate(
    app: &DeliverApp,
    organisation: Uuid,
    id: Uuid,
    actor: &str,
) -> Result<SecretString, ChannelError> {
    let tx = app.db.write().await?;
    let channel = lock_open(&tx, organisation, id).await?;
    let channel = channel.ok_or(ChannelError::NotFound(id))?;
    let secret = of_kind(&channel.kind)
        .and_then(super::Channel::new_secret)
        .ok_or(ChannelError::NoSecret)?;
    let about = about(organisation, id);
    let before = app.secrets.open(&channel.secrets, &about)?;
    let lines: Vec<&str> = [secret.expose_secret()]
        .into_iter()
        .chain(before.expose_secret().lines())
        .take(SECRETS)
        .collect();
    let sealed = app.secrets.seal(&SecretString::from(lines.join("\n")), &about)?;
    let mut row: channel::ActiveModel = channel.into();
    row.secrets = Set(sealed);
    let changed = row.update(&tx).await?;
    record(&tx, &changed, actor, "change_channel_secret", app.clock.now()).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Removes a channel. What waits for it goes to the next one that has not been told, else by mail to an administrator.
pub async fn remove(app: &DeliverApp, organisation: Uuid, id: Uuid, actor: &str) -> Result<(), ChannelError> {
    let tx = app.db.write().await?;
    let channel = lock_open(&tx, organisation, id).await?;
    let channel = channel.ok_or(ChannelError::NotFound(id))?;
    end(&tx, &channel, "removed", actor, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

pub(super) async fn open(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    id: Uuid,
) -> Result<channel::Model, ChannelError> {
    let found = channel::Entity::within(organisation)
        .filter(channel::Column::Id.eq(id))
        .filter(channel::Column::EndedAt.is_null())
        .one(connection)
        .await?;
    found.ok_or(ChannelError::NotFound(id))
}

/// A channel that has not ended, which nobody else ends meanwhile.
pub(crate) async fn lock_open(
    tx: &Tx,
    organisation: Uuid,
    id: Uuid,
) -> Result<Option<channel::Model>, DbErr> {
    let mut found = channel::Entity::within(organisation)
        .filter(channel::Column::Id.eq(id))
        .filter(channel::Column::EndedAt.is_null());
    if !tx.is_sqlite() {
        found = found.lock_exclusive();
    }
    found.one(tx).await
}

/// Ends a channel, destroys its address and secrets, and has passed on what waits for it.
pub(crate) async fn end(
    tx: &Tx,
    channel: &channel::Model,
    because: &str,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut row: channel::ActiveModel = channel.clone().into();
    row.ended_at = Set(Some(now));
    row.ended_because = Set(Some(because.to_owned()));
    row.address = Set(Vec::new());
    row.secrets = Set(Vec::new());
    row.update(tx).await?;
    record(tx, channel, actor, "end_channel", now).await?;
    rule::Entity::update_many()
        .col_expr(rule::Column::EndedAt, Expr::value(now))
        .filter(rule::Column::ChannelId.eq(channel.id))
        .filter(rule::Column::EndedAt.is_null())
        .exec(tx)
        .await?;
    let pass_on = pass_on::job_for(channel.organisation_id, channel.id, now);
    job::enqueue_all(tx, vec![pass_on]).await
}

pub(super) async fn record(
    tx: &Tx,
    channel: &channel::Model,
    actor: &str,
    action: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: channel.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "channel",
        subject_id: Some(channel.id.to_string()),
        detail: serde_json::json!({ "kind": channel.kind }),
    };
    audit::record(tx, entry).await
}
