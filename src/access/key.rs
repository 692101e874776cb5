//! Keys of programs: `plaudit_` + 12 hexadecimal digits by which a key is found + `_` + 256 random bits in base64.
//! Only the SHA-256 of the whole is kept.
use std::collections::HashSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use entity::{json::Words, key};
use rand::RngCore;
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    QueryOrder, sea_query::Expr,
};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use super::{Caller, Identity, Scope, audit, session};
use crate::platform::db::{Db, Tx};

const LEAD: &str = "plaudit_";
const PREFIX_LENGTH: usize = 12;
/// `last_used_at` is written at most this often.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::hours(1);

/// Makes a key; the secret is shown to the caller once and kept nowhere.
pub async fn create(
    tx: &Tx,
    organisation: Uuid,
    name: &str,
    scopes: &[Scope],
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(key::Model, SecretString), DbErr> {
    let (prefix, secret) = new_secret();
    let model = key::ActiveModel {
        id: Set(Uuid::now_v7()),
        organisation_id: Set(organisation),
        name: Set(name.to_owned()),
        prefix: Set(prefix),
        hash: Set(fingerprint(&secret).to_vec()),
        scopes: Set(Words(
            scopes.iter().map(|scope| scope.name().to_owned()).collect(),
        )),
        created_by: Set(actor.to_owned()),
        created_at: Set(now),
        last_used_at: Set(None),
        revoked_at: Set(None),
    }
    .insert(tx)
    .await?;
    record(tx, &model, actor, "create_key", now).await?;
    Ok((model, SecretString::from(secret)))
}

fn new_secret() -> (String, String) {
    let mut random = [0_u8; 38];
    rand::rng().fill_bytes(&mut random);
    let (prefix, rest) = random.split_at(PREFIX_LENGTH / 2);
    let prefix: String = prefix.iter().map(|byte| format!("{byte:02x}")).collect();
    let secret = format!("{LEAD}{prefix}_{}", URL_SAFE_NO_PAD.encode(rest));
    (prefix, secret)
}

/// SHA-256 of a whole key: what is kept of it.
pub type Fingerprint = [u8; 32];

/// What is kept of a key.
#[must_use]
pub fn fingerprint(secret: &str) -> Fingerprint {
    Sha256::digest(secret.as_bytes()).into()
}

async fn record(
    tx: &Tx,
    key: &key::Model,
    actor: &str,
    action: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: key.organisation_id,
        at: now,
        actor,
        action,
        subject_kind: "key",
        subject_id: Some(key.id.to_string()),
        detail: serde_json::json!({ "scopes": key.scopes }),
    };
    audit::record(tx, entry).await
}

/// The caller behind a key, or none if it is unknown, wrong or revoked.
pub async fn authenticate(db: &Db, secret: &str, now: DateTime<Utc>) -> Result<Option<Caller>, DbErr> {
    let Some(prefix) = secret
        .strip_prefix(LEAD)
        .and_then(|rest| rest.get(..PREFIX_LENGTH))
    else {
        return Ok(None);
    };
    let found = key::Entity::find()
        .filter(key::Column::Prefix.eq(prefix))
        .one(db.read())
        .await?;
    let Some(key) = found
        .filter(|key| key.revoked_at.is_none() && bool::from(key.hash.ct_eq(fingerprint(secret).as_slice())))
    else {
        return Ok(None);
    };
    note_use(db, &key, now);
    Ok(Some(Caller {
        organisation: key.organisation_id,
        actor: format!("key:{}", key.id),
        identity: Identity::Key {
            scopes: key.scopes.0.iter().filter_map(|name| name.parse().ok()).collect(),
        },
    }))
}

fn note_use(db: &Db, key: &key::Model, now: DateTime<Utc>) {
    if key.last_used_at.is_some_and(|last| now - last < USE_NOTED_EVERY) {
        return;
    }
    let id = key.id;
    db.note(move |db| async move {
        let tx = db.write().await?;
        key::Entity::update_many()
            .col_expr(key::Column::LastUsedAt, Expr::value(now))
            .filter(key::Column::Id.eq(id))
            .exec(&tx)
            .await?;
        tx.commit().await
    });
}

/// Keys of an organisation, oldest first, revoked ones included.
pub async fn list(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<Vec<key::Model>, DbErr> {
    key::Entity::within(organisation)
        .order_by_asc(key::Column::Id)
        .all(connection)
        .await
}

/// Keys that work and were made by one of these, or by a key that was: whoever made a key may know it.
#[must_use]
pub fn open_of_makers<'a>(all: &'a [key::Model], makers: &HashSet<String>) -> Vec<&'a key::Model> {
    let mut known = makers.clone();
    // A key is older than those that it made.
    for key in all {
        if known.contains(&key.created_by) {
            known.insert(format!("key:{}", key.id));
        }
    }
    let theirs = all.iter().filter(|key| known.contains(&key.created_by));
    theirs.filter(|key| key.revoked_at.is_none()).collect()
}

/// Keys that work and were made by whoever owns an account, or by a key of theirs.
pub async fn open_of_account(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    account: Uuid,
) -> Result<Vec<key::Model>, DbErr> {
    let all = list(connection, organisation).await?;
    let theirs = open_of_makers(&all, &HashSet::from([session::actor(account)]));
    Ok(theirs.into_iter().cloned().collect())
}

/// Revokes the keys that whoever owns an account made; returns which.
pub async fn revoke_of_account(
    tx: &Tx,
    organisation: Uuid,
    account: Uuid,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<Vec<key::Model>, DbErr> {
    let theirs = open_of_account(tx, organisation, account).await?;
    for key in &theirs {
        revoke(tx, organisation, key.id, actor, now).await?;
    }
    Ok(theirs)
}

/// Revokes a key at once; `false` where the organisation has no such key. Revoking twice keeps the first time.
pub async fn revoke(
    tx: &Tx,
    organisation: Uuid,
    id: Uuid,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let Some(found) = key::Entity::within(organisation)
        .filter(key::Column::Id.eq(id))
        .one(tx)
        .await?
    else {
        return Ok(false);
    };
    if found.revoked_at.is_none() {
        record(tx, &found, actor, "revoke_key", now).await?;
        key::ActiveModel {
            id: Set(id),
            revoked_at: Set(Some(now)),
            ..Default::default()
        }
        .update(tx)
        .await?;
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_by_its_prefix_and_known_by_its_hash() {
        let (prefix, secret) = new_secret();
        assert_eq!(
            secret.strip_prefix(LEAD).unwrap().get(..PREFIX_LENGTH).unwrap(),
            prefix
        );
        assert_ne!(fingerprint(&secret), fingerprint(&new_secret().1));
    }

    #[test]
    fn a_key_of_a_key_is_its_maker_s_too() {
        let made = |number: u128, by: &str, revoked_at| key::Model {
            id: Uuid::from_u128(number),
            organisation_id: Uuid::nil(),
            name: number.to_string(),
            prefix: String::new(),
            hash: Vec::new(),
            scopes: Words(Vec::new()),
            created_by: by.to_owned(),
            created_at: DateTime::UNIX_EPOCH,
            last_used_at: None,
            revoked_at,
        };
        let first = made(1, "account:zed", Some(DateTime::UNIX_EPOCH));
        let of_it = made(2, &format!("key:{}", first.id), None);
        let all = [first, of_it, made(3, "account:ruth", None), made(4, "cli", None)];
        let theirs = open_of_makers(&all, &HashSet::from(["account:zed".to_owned()]));
        assert_eq!(theirs.len(), 1);
        assert_eq!(theirs[0].name, "2");
    }
}
