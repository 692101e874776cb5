//! What administrators do with rooms and endpoints: add, list, give another secret, remove.
use chrono::{DateTime, Utc};
use entity::{account, channel, delivery, grant::Role, notice, notice_recognition};
use reqwest::Url;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, sea_query::Expr,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{KINDS, about, of_kind};
use crate::{
    access::{account as accounts, audit},
    app::App,
    capture::remote::{Networks, PrivateAddress},
    platform::{
        db::Tx,
        job::{self, Job, NewJob},
        secret::SealError,
    },
    route::{
        reason::{Code, Reason},
        write::MAIL,
    },
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
    Address(String),
    /// It leads where nothing may be called.
    #[error(transparent)]
    Private(#[from] PrivateAddress),
    /// No name.
    #[error("name: say what it is called, in 1 to 120 characters")]
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
    /// `webhook`
    pub kind: String,
    /// What it is called.
    pub name: String,
    /// Where it is.
    pub address: String,
}

/// Adds a channel; answers its secret, which is shown once.
pub async fn add(
    app: &App,
    organisation: Uuid,
    new: NewChannel,
    actor: &str,
) -> Result<(channel::Model, Option<SecretString>), ChannelError> {
    let kinds = || KINDS.iter().map(|(kind, _)| *kind).collect::<Vec<_>>().join(", ");
    let kind = of_kind(&new.kind).ok_or_else(|| ChannelError::Kind(new.kind.clone(), kinds()))?;
    let name = new.name.trim().to_owned();
    if name.is_empty() || name.chars().count() > 120 {
        return Err(ChannelError::Name);
    }
    let address: Url = new.address.trim().parse().map_err(|_| {
        ChannelError::Address("it should look like https://example.org/hooks/plaudit".to_owned())
    })?;
    kind.reach(&address).map_err(ChannelError::Address)?;
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

/// The latest deliveries to a channel, newest first.
pub async fn log(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    channel: Uuid,
    limit: u64,
) -> Result<Vec<delivery::Model>, DbErr> {
    delivery::Entity::named(organisation, delivery::Column::ChannelId, [channel])
        .order_by_desc(delivery::Column::CreatedAt)
        .limit(limit)
        .all(connection)
        .await
}

/// Gives a channel another secret; the one before signs beside it until the next change.
pub async fn rotate(
    app: &App,
    organisation: Uuid,
    id: Uuid,
    actor: &str,
) -> Result<SecretString, ChannelError> {
    let channel = open(app.db.read(), organisation, id).await?;
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
    let tx = app.db.write().await?;
    let mut row: channel::ActiveModel = channel.into();
    row.secrets = Set(sealed);
    let changed = row.update(&tx).await?;
    record(&tx, &changed, actor, "change_channel_secret", app.clock.now()).await?;
    tx.commit().await?;
    Ok(secret)
}

/// Removes a channel. What waits for it goes to the next one that has not been told, else by mail to an administrator.
pub async fn remove(app: &App, organisation: Uuid, id: Uuid, actor: &str) -> Result<(), ChannelError> {
    let channel = open(app.db.read(), organisation, id).await?;
    let tx = app.db.write().await?;
    end(&tx, &channel, "removed", actor, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

async fn open(
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

/// Ends a channel and passes on what waits for it.
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
    row.update(tx).await?;
    record(tx, channel, actor, "end_channel", now).await?;
    let own = channel.organisation_id;
    let next = channel::Entity::within(own)
        .filter(channel::Column::EndedAt.is_null())
        .order_by_asc(channel::Column::Id)
        .one(tx)
        .await?;
    let administrator = accounts::holding(tx, own, Role::Administrator, None)
        .await?
        .into_iter()
        .next();
    let waiting = notice::Entity::within(own)
        .filter(notice::Column::ChannelId.eq(channel.id))
        .filter(notice::Column::State.eq(notice::State::Waiting))
        .all(tx)
        .await?;
    for notice in waiting {
        pass_on(tx, notice, next.as_ref(), administrator.as_ref(), now).await?;
    }
    Ok(())
}

/// One recipient hears of one comment once: who has been told of it is not told again.
async fn pass_on(
    tx: &Tx,
    notice: notice::Model,
    next: Option<&channel::Model>,
    administrator: Option<&account::Model>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    use notice::Column;
    let told = notice::Entity::named(notice.organisation_id, Column::CommentId, notice.comment_id);
    let told = match (next, administrator) {
        (Some(next), _) => told.filter(Column::ChannelId.eq(next.id)),
        (None, Some(account)) => told.filter(Column::ReaderId.eq(account.id)),
        (None, None) => return finish(tx, notice, notice::State::NoRecipient).await,
    };
    if told.count(tx).await? > 0 {
        return finish(tx, notice, notice::State::Cancelled).await;
    }
    let (id, organisation) = (notice.id, notice.organisation_id);
    let reader = administrator.filter(|_| next.is_none()).map(|account| account.id);
    let mut row: notice::ActiveModel = notice.into();
    row.channel_id = Set(next.map(|next| next.id));
    row.reader_id = Set(reader);
    if next.is_none() {
        row.reason = Set(Reason::new(Code::Administrator).to_json());
        ties_to(tx, id, reader).await?;
        // The job of the channel finds nothing to do.
        let job = NewJob {
            organisation,
            job: Job::Deliver { notice: id },
            run_at: now,
            key: None,
        };
        job::enqueue_all(tx, vec![job]).await?;
    }
    row.update(tx).await?;
    delivery::Entity::update_many()
        .col_expr(
            delivery::Column::Channel,
            Expr::value(next.map_or(MAIL, |next| next.kind.as_str())),
        )
        .col_expr(delivery::Column::ChannelId, Expr::value(next.map(|next| next.id)))
        .col_expr(delivery::Column::AccountId, Expr::value(reader))
        .filter(delivery::Column::NoticeId.eq(id))
        .exec(tx)
        .await?;
    Ok(())
}

async fn ties_to(tx: &Tx, notice: Uuid, reader: Option<Uuid>) -> Result<(), DbErr> {
    use notice_recognition::{Column, Entity, Part};
    Entity::update_many()
        .col_expr(Column::ReaderId, Expr::value(reader))
        .col_expr(Column::Part, Expr::value(Part::Channel))
        .filter(Column::NoticeId.eq(notice))
        .exec(tx)
        .await?;
    Ok(())
}

async fn finish(tx: &Tx, notice: notice::Model, state: notice::State) -> Result<(), DbErr> {
    let id = notice.id;
    let mut row: notice::ActiveModel = notice.into();
    row.state = Set(state);
    row.update(tx).await?;
    crate::deliver::outbox::end(tx, [id].into_iter(), delivery::State::Cancelled).await
}

async fn record(
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
