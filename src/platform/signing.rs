//! The installation's signing key (Ed25519, RFC 8032): whoever holds what it signed can have that checked. One row, made
//! when it is first needed, its secret half sealed; all processes on a database have the same.
use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use entity::signing_key;
use rand::RngCore;
use sea_orm::{ActiveValue::Set, ConnectionTrait, DbErr, EntityTrait, sea_query::OnConflict};

use super::{
    db::Tx,
    secret::{SealError, Secrets},
};

/// The only row.
const ROW: i32 = 1;
/// To what the secret half is bound.
const ABOUT: &str = "signing_key/1";

/// Signs.
pub struct Signing(SigningKey);

/// The half that everybody may know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Public(VerifyingKey);

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The key cannot be kept or opened.
    #[error("the signing key cannot be used")]
    Seal(#[from] SealError),
    /// The database failed.
    #[error(transparent)]
    Database(#[from] DbErr),
}

/// The key, made where there is none yet. Of two who make one at the same time the first wins, and both use it.
pub async fn load_or_make(tx: &Tx, secrets: &Secrets, now: DateTime<Utc>) -> Result<Signing, SigningError> {
    let found = match row(tx).await? {
        Some(found) => Some(found),
        None => {
            make(tx, secrets, now).await?;
            row(tx).await?
        }
    };
    open(found.ok_or(SealError::Damaged)?, secrets)
}

/// The key, where there is one, and it is this installation's: whoever put another into the table cannot seal it.
pub async fn own(
    connection: &impl ConnectionTrait,
    secrets: &Secrets,
) -> Result<Option<Signing>, SigningError> {
    let found = row(connection).await?;
    found.map(|found| open(found, secrets)).transpose()
}

fn open(found: signing_key::Model, secrets: &Secrets) -> Result<Signing, SigningError> {
    let seed = secrets.open_bytes(&found.sealed, ABOUT)?;
    let seed: [u8; 32] = seed.try_into().map_err(|_| SealError::Damaged)?;
    let key = SigningKey::from_bytes(&seed);
    match key.verifying_key().as_bytes() == found.public.as_slice() {
        true => Ok(Signing(key)),
        false => Err(SealError::Damaged.into()),
    }
}

/// The half that everybody may know; none while nothing was ever signed.
pub async fn public(connection: &impl ConnectionTrait) -> Result<Option<Public>, DbErr> {
    Ok(row(connection)
        .await?
        .and_then(|found| Public::from_bytes(&found.public)))
}

async fn row(connection: &impl ConnectionTrait) -> Result<Option<signing_key::Model>, DbErr> {
    signing_key::Entity::find_by_id(ROW).one(connection).await
}

async fn make(tx: &Tx, secrets: &Secrets, now: DateTime<Utc>) -> Result<(), SigningError> {
    let mut seed = [0_u8; 32];
    rand::rng().fill_bytes(&mut seed);
    let made = signing_key::ActiveModel {
        id: Set(ROW),
        public: Set(SigningKey::from_bytes(&seed).verifying_key().to_bytes().to_vec()),
        sealed: Set(secrets.seal_bytes(&seed, ABOUT)?),
        created_at: Set(now),
    };
    let once = OnConflict::column(signing_key::Column::Id)
        .do_nothing()
        .to_owned();
    signing_key::Entity::insert(made)
        .on_conflict(once)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

impl Signing {
    /// The signature of these very bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; 64] {
        self.0.sign(bytes).to_bytes()
    }

    /// The half that everybody may know.
    #[must_use]
    pub fn public(&self) -> Public {
        Public(self.0.verifying_key())
    }
}

impl std::fmt::Debug for Signing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signing({:?})", self.public())
    }
}

impl Public {
    /// A key of 32 bytes; none where they are no key.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Public> {
        let bytes: &[u8; 32] = bytes.try_into().ok()?;
        VerifyingKey::from_bytes(bytes).ok().map(Public)
    }

    /// Its 32 bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Whether this key signed these very bytes.
    #[must_use]
    pub fn has_signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(bytes, &signature).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, 7.1, test 2.
    #[test]
    fn it_is_ed25519_as_others_compute_it() {
        let seed = [
            0x4c, 0xcd, 0x08, 0x9b, 0x28, 0xff, 0x96, 0xda, 0x9d, 0xb6, 0xc3, 0x46, 0xec, 0x11, 0x4e, 0x0f,
            0x5b, 0x8a, 0x31, 0x9f, 0x35, 0xab, 0xa6, 0x24, 0xda, 0x8c, 0xf6, 0xed, 0x4f, 0xb8, 0xa6, 0xfb,
        ];
        let key = Signing(SigningKey::from_bytes(&seed));
        assert_eq!(key.public().bytes()[..4], [0x3d, 0x40, 0x17, 0xc3]);
        let signature = key.sign(&[0x72]);
        assert_eq!(signature[..4], [0x92, 0xa0, 0x09, 0xa9]);
        assert!(key.public().has_signed(&[0x72], &signature));
        assert!(!key.public().has_signed(&[0x73], &signature));
        assert!(!key.public().has_signed(&[0x72], &signature[1..]));
    }
}
