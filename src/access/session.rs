//! Where people are signed in. The token lives in the browser's cookie; only its hash is kept here.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{account, session};
use rand::RngCore;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait,
    QueryFilter, QueryOrder, Select, sea_query::Expr,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::audit;
use crate::{
    db::{Db, Tx},
    secret,
};

/// A session that is not used for so long is over.
pub const IDLE: TimeDelta = TimeDelta::days(30);
/// However much it is used.
pub const LONGEST: TimeDelta = TimeDelta::days(180);
/// The longest session on a device that others use too.
pub const SHARED: TimeDelta = TimeDelta::hours(12);
/// `seen_at` is written at most this often.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(10);

/// The browser that signs in.
#[derive(Clone, Debug)]
pub struct Device {
    /// Browser and system, as far as known.
    pub name: String,
    /// Whether others use it too.
    pub is_shared: bool,
}

/// Begins a session; the token goes into the browser's cookie and is kept nowhere.
pub async fn start(
    tx: &Tx,
    account: &account::Model,
    device: Device,
    now: DateTime<Utc>,
) -> Result<(session::Model, SecretString), DbErr> {
    let token = new_token();
    let lasts = if device.is_shared { SHARED } else { LONGEST };
    let made = session::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(account.organisation_id),
        account_id: Set(account.id),
        token_hash: Set(secret::hash(token.expose_secret())),
        device: Set(device.name),
        is_shared: Set(device.is_shared),
        created_at: Set(now),
        seen_at: Set(now),
        expires_at: Set(now + lasts),
        ended_at: Set(None),
    }
    .insert(tx)
    .await?;
    record(tx, &made, &actor(account.id), "sign_in", now).await?;
    Ok((made, token))
}

fn new_token() -> SecretString {
    let mut random = [0_u8; 32];
    rand::rng().fill_bytes(&mut random);
    URL_SAFE_NO_PAD.encode(random).into()
}

/// As the audit log names somebody who is signed in.
#[must_use]
pub fn actor(account: Uuid) -> String {
    format!("account:{account}")
}

fn open(now: DateTime<Utc>) -> Condition {
    Condition::all()
        .add(session::Column::EndedAt.is_null())
        .add(session::Column::ExpiresAt.gt(now))
        .add(session::Column::SeenAt.gt(now - IDLE))
}

/// The session of a cookie and its account; none where it ended, or never was.
pub async fn find(
    db: &Db,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<(session::Model, account::Model)>, DbErr> {
    let found = session::Entity::find()
        .filter(session::Column::TokenHash.eq(secret::hash(token)))
        .filter(open(now))
        .one(db.read())
        .await?;
    let Some(session) = found else { return Ok(None) };
    let account = account::Entity::within(session.organisation_id)
        .filter(account::Column::Id.eq(session.account_id))
        .one(db.read())
        .await?;
    if now - session.seen_at >= SEEN_EVERY {
        note_seen(db, session.id, now).await?;
    }
    Ok(account.map(|account| (session, account)))
}

async fn note_seen(db: &Db, session: Uuid, now: DateTime<Utc>) -> Result<(), DbErr> {
    let tx = db.write().await?;
    session::Entity::update_many()
        .col_expr(session::Column::SeenAt, Expr::value(now))
        .filter(session::Column::Id.eq(session))
        .exec(&tx)
        .await?;
    tx.commit().await
}

fn open_of(organisation: Uuid, account: Uuid, now: DateTime<Utc>) -> Select<session::Entity> {
    session::Entity::within(organisation)
        .filter(session::Column::AccountId.eq(account))
        .filter(open(now))
}

/// Where an account is signed in, the one used last first.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<session::Model>, DbErr> {
    open_of(organisation, account, now)
        .order_by_desc(session::Column::SeenAt)
        .order_by_desc(session::Column::Id)
        .all(connection)
        .await
}

/// Ends one session of an account, or all; returns how many ended.
pub async fn end(
    tx: &Tx,
    organisation: Uuid,
    account: Uuid,
    only: Option<Uuid>,
    now: DateTime<Utc>,
) -> Result<usize, DbErr> {
    let mut which = open_of(organisation, account, now);
    if let Some(id) = only {
        which = which.filter(session::Column::Id.eq(id));
    }
    let ending = which.all(tx).await?;
    for session in &ending {
        session::ActiveModel {
            id: Set(session.id),
            ended_at: Set(Some(now)),
            ..Default::default()
        }
        .update(tx)
        .await?;
        record(tx, session, &actor(account), "end_session", now).await?;
    }
    Ok(ending.len())
}

async fn record(
    tx: &Tx,
    session: &session::Model,
    actor: &str,
    action: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: session.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "session",
        subject_id: Some(session.id.to_string()),
        detail: serde_json::json!({}),
    };
    audit::record(tx, entry).await
}
