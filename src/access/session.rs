//! Where people are signed in. The token lives in the browser's cookie; only its hash is kept here.
use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{account, session};
use rand::RngCore;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, sea_query::Expr,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{audit, half_session, role};
use crate::platform::{
    db::{Db, Tx},
    secret,
};

/// How long a session lasts.
#[derive(Clone, Copy, Debug)]
pub struct Lasting {
    /// Unused.
    pub idle: TimeDelta,
    /// In any case.
    pub longest: TimeDelta,
}

/// Of somebody without a role.
pub const USUAL: Lasting = Lasting {
    idle: TimeDelta::days(30),
    longest: TimeDelta::days(180),
};
/// Of somebody who holds one.
pub const WITH_ROLE: Lasting = Lasting {
    idle: TimeDelta::hours(12),
    longest: TimeDelta::days(7),
};
/// The longest session on a device that others use too.
pub const SHARED: TimeDelta = TimeDelta::hours(12);
/// For so long after the sign-in somebody is taken for who they are even where roles, keys and addresses change.
pub const FRESH: TimeDelta = TimeDelta::minutes(15);
/// `seen_at` is written at most this often.
const SEEN_EVERY: TimeDelta = TimeDelta::minutes(10);
/// Accounts of one statement.
const CHUNK: usize = 1000;

/// The browser that signs in.
#[derive(Clone, Debug, Default)]
pub struct Device {
    /// Browser and system, as far as known.
    pub name: String,
    /// Whether others use it too.
    pub is_shared: bool,
    /// SHA-256 of what it is known by.
    pub hash: Option<Vec<u8>>,
}

/// Begins a session; the token goes into the browser's cookie and is kept nowhere. Links go by
/// [`half_session::begin`], which asks whether a code is needed.
pub async fn start(
    tx: &Tx,
    account: &account::Model,
    device: &Device,
    now: DateTime<Utc>,
) -> Result<(session::Model, SecretString), DbErr> {
    start_as(tx, account, device, None, now).await
}

/// The same of somebody who proved who they are by more than a link: by a code, or at a provider, at `proved_at`.
pub async fn start_proved(
    tx: &Tx,
    account: &account::Model,
    device: &Device,
    proved_at: DateTime<Utc>,
    now: DateTime<Utc>,
) -> Result<(session::Model, SecretString), DbErr> {
    start_as(tx, account, device, Some(proved_at), now).await
}

async fn start_as(
    tx: &Tx,
    account: &account::Model,
    device: &Device,
    proved_at: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Result<(session::Model, SecretString), DbErr> {
    let token = new_token();
    let with_role = role::holds_any(tx, account).await?;
    let lasts = if with_role { WITH_ROLE } else { USUAL }.longest;
    let lasts = if device.is_shared {
        SHARED.min(lasts)
    } else {
        lasts
    };
    let made = session::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(account.organisation_id),
        account_id: Set(account.id),
        token_hash: Set(secret::hash(token.expose_secret())),
        device: Set(device.name.clone()),
        is_shared: Set(device.is_shared),
        with_role: Set(with_role),
        device_hash: Set(device.hash.clone()),
        created_at: Set(now),
        seen_at: Set(now),
        expires_at: Set(now + lasts),
        ended_at: Set(None),
        proved_at: Set(proved_at),
    }
    .insert(tx)
    .await?;
    let who = actor(account.id);
    audit::record(tx, entry(&made, &who, "sign_in", now)).await?;
    Ok((made, token))
}

/// What a browser or a session is known by: 256 random bits.
#[must_use]
pub fn new_token() -> SecretString {
    let mut random = [0_u8; 32];
    rand::rng().fill_bytes(&mut random);
    URL_SAFE_NO_PAD.encode(random).into()
}

/// Whether somebody signed in with this browser before.
pub async fn knows_device(
    connection: &impl ConnectionTrait,
    account: &account::Model,
    device: &Device,
) -> Result<bool, DbErr> {
    let Some(hash) = &device.hash else {
        return Ok(false);
    };
    let with_it = session::Entity::within(account.organisation_id)
        .filter(session::Column::AccountId.eq(account.id))
        .filter(session::Column::DeviceHash.eq(hash.as_slice()));
    Ok(with_it.count(connection).await? > 0)
}

/// As the audit log names somebody who is signed in.
#[must_use]
pub fn actor(account: Uuid) -> String {
    format!("account:{account}")
}

fn open(now: DateTime<Utc>) -> Condition {
    let seen_within = |lasting: Lasting| session::Column::SeenAt.gt(now - lasting.idle);
    let by_role = Condition::any()
        .add(session::Column::WithRole.eq(false))
        .add(seen_within(WITH_ROLE));
    Condition::all()
        .add(session::Column::EndedAt.is_null())
        .add(session::Column::ExpiresAt.gt(now))
        .add(seen_within(USUAL))
        .add(by_role)
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
        note_seen(db, session.id, now);
    }
    Ok(account.map(|account| (session, account)))
}

/// Which of these sessions go on.
pub async fn still_open(
    connection: &impl ConnectionTrait,
    ids: HashSet<Uuid>,
    now: DateTime<Utc>,
) -> Result<HashSet<Uuid>, DbErr> {
    let found: Vec<Uuid> = session::Entity::find()
        .filter(session::Column::Id.is_in(ids))
        .filter(open(now))
        .select_only()
        .column(session::Column::Id)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(found.into_iter().collect())
}

fn note_seen(db: &Db, session: Uuid, now: DateTime<Utc>) {
    db.note(move |db| async move {
        let tx = db.write().await?;
        session::Entity::update_many()
            .col_expr(session::Column::SeenAt, Expr::value(now))
            .filter(session::Column::Id.eq(session))
            .exec(&tx)
            .await?;
        tx.commit().await
    });
}

fn open_of(organisation: Uuid, accounts: &[Uuid], now: DateTime<Utc>) -> Select<session::Entity> {
    session::Entity::named(organisation, session::Column::AccountId, accounts.iter().copied())
        .filter(open(now))
}

/// Where an account is signed in, the one used last first.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    account: Uuid,
    now: DateTime<Utc>,
) -> Result<Vec<session::Model>, DbErr> {
    open_of(organisation, &[account], now)
        .order_by_desc(session::Column::SeenAt)
        .order_by_desc(session::Column::Id)
        .all(connection)
        .await
}

/// Ends one session of an account; `false` where there is none.
pub async fn end(
    tx: &Tx,
    organisation: Uuid,
    account: Uuid,
    id: Uuid,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let which = open_of(organisation, &[account], now).filter(session::Column::Id.eq(id));
    let ending = which.all(tx).await?;
    end_those(tx, &ending, actor, now).await?;
    Ok(!ending.is_empty())
}

/// Ends every session of accounts.
pub(super) async fn end_all(
    tx: &Tx,
    organisation: Uuid,
    accounts: &[Uuid],
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    for chunk in accounts.chunks(CHUNK) {
        let ending = open_of(organisation, chunk, now).all(tx).await?;
        end_those(tx, &ending, actor, now).await?;
        half_session::end_all(tx, organisation, chunk).await?;
    }
    Ok(())
}

/// Ends every session of an account but one.
pub(super) async fn end_others(
    tx: &Tx,
    account: &account::Model,
    but: Uuid,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let others = open_of(account.organisation_id, &[account.id], now).filter(session::Column::Id.ne(but));
    end_those(tx, &others.all(tx).await?, actor, now).await?;
    half_session::end_all(tx, account.organisation_id, &[account.id]).await
}

/// Notes that whoever is signed in proved just now who they are.
pub async fn prove(tx: &Tx, session: &session::Model, now: DateTime<Utc>) -> Result<(), DbErr> {
    session::Entity::update_many()
        .col_expr(session::Column::ProvedAt, Expr::value(now))
        .filter(session::Column::Id.eq(session.id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends those of some sessions that go on; how many that were.
pub(crate) async fn end_those_of(
    tx: &Tx,
    organisation: Uuid,
    ids: &[Uuid],
    actor: &str,
    now: DateTime<Utc>,
) -> Result<usize, DbErr> {
    let mut count = 0;
    for chunk in ids.chunks(CHUNK) {
        let ending = session::Entity::named(organisation, session::Column::Id, chunk.iter().copied())
            .filter(open(now))
            .all(tx)
            .await?;
        end_those(tx, &ending, actor, now).await?;
        count += ending.len();
    }
    Ok(count)
}

async fn end_those(tx: &Tx, ending: &[session::Model], actor: &str, now: DateTime<Utc>) -> Result<(), DbErr> {
    for chunk in ending.chunks(CHUNK) {
        session::Entity::update_many()
            .col_expr(session::Column::EndedAt, Expr::value(now))
            .filter(session::Column::Id.is_in(chunk.iter().map(|session| session.id)))
            .exec(tx)
            .await?;
        let entries = chunk
            .iter()
            .map(|session| entry(session, actor, "end_session", now));
        audit::record_all(tx, entries).await?;
    }
    Ok(())
}

fn entry<'a>(
    session: &session::Model,
    actor: &'a str,
    action: &'a str,
    now: DateTime<Utc>,
) -> audit::Entry<'a> {
    audit::Entry {
        organisation: session.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "session",
        subject_id: Some(session.id.to_string()),
        detail: serde_json::json!({}),
    }
}
