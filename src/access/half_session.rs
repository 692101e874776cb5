//! Sign-ins that still wait for the code of the second factor. They stand in a table of their own, so that nothing that
//! looks for sessions can take one for a session.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{account, half_session, session};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::{
    account as accounts, second_factor,
    session::{self as sessions, Device},
};
use crate::platform::{db::Tx, secret};

/// How long a code is waited for.
pub const WORKS: TimeDelta = TimeDelta::minutes(15);

/// What a link begins.
#[derive(Debug)]
pub enum Begun {
    /// Somebody is signed in.
    Whole(session::Model, SecretString),
    /// They are once they gave their code.
    Half(half_session::Model, SecretString),
}

/// Begins a session, or half of one where the account has a second factor.
pub async fn begin(
    tx: &Tx,
    account: &account::Model,
    device: &Device,
    is_past_company: bool,
    now: DateTime<Utc>,
) -> Result<Begun, DbErr> {
    if !second_factor::is_on(tx, account).await? {
        let (session, token) = sessions::start(tx, account, device, now).await?;
        return Ok(Begun::Whole(session, token));
    }
    let token = sessions::new_token();
    let row = half_session::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(account.organisation_id),
        account_id: Set(account.id),
        token_hash: Set(secret::hash(token.expose_secret())),
        device: Set(device.name.clone()),
        is_shared: Set(device.is_shared),
        device_hash: Set(device.hash.clone()),
        is_past_company: Set(is_past_company),
        created_at: Set(now),
        expires_at: Set(now + WORKS),
    };
    Ok(Begun::Half(row.insert(tx).await?, token))
}

/// The half session of a cookie and its account.
pub async fn find(
    connection: &impl ConnectionTrait,
    token: &str,
    now: DateTime<Utc>,
) -> Result<Option<(half_session::Model, account::Model)>, DbErr> {
    let found = half_session::Entity::find()
        .filter(half_session::Column::TokenHash.eq(secret::hash(token)))
        .filter(half_session::Column::ExpiresAt.gt(now))
        .one(connection)
        .await?;
    let Some(half) = found else { return Ok(None) };
    let account = accounts::by_id(connection, half.organisation_id, half.account_id).await?;
    Ok(account.map(|account| (half, account)))
}

/// Makes a session of a half one whose code was right, under another token; none where it ended meanwhile.
pub async fn complete(
    tx: &Tx,
    half: &half_session::Model,
    account: &account::Model,
    now: DateTime<Utc>,
) -> Result<Option<(session::Model, SecretString)>, DbErr> {
    let taken = half_session::Entity::delete_many()
        .filter(half_session::Column::Id.eq(half.id))
        .filter(half_session::Column::ExpiresAt.gt(now))
        .exec(tx)
        .await?;
    if taken.rows_affected != 1 || !super::sign_in::may_sign_in(tx, account, now).await? {
        return Ok(None);
    }
    let device = device_of(half);
    sessions::start_proved(tx, account, &device, now, now)
        .await
        .map(Some)
}

/// The browser of a half session.
#[must_use]
pub fn device_of(half: &half_session::Model) -> Device {
    Device {
        name: half.device.clone(),
        is_shared: half.is_shared,
        hash: half.device_hash.clone(),
    }
}

/// Ends those of accounts.
pub(super) async fn end_all(tx: &Tx, organisation: Uuid, accounts: &[Uuid]) -> Result<(), DbErr> {
    half_session::Entity::delete_many()
        .filter(half_session::Column::OrganisationId.eq(organisation))
        .filter(half_session::Column::AccountId.is_in(accounts.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ends all of an organisation.
pub(super) async fn end_all_of(tx: &Tx, organisation: Uuid) -> Result<(), DbErr> {
    half_session::Entity::delete_many()
        .filter(half_session::Column::OrganisationId.eq(organisation))
        .exec(tx)
        .await?;
    Ok(())
}
