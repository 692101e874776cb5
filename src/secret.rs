//! The one key of an installation: secrets at rest are encrypted with it, links that must be told again are derived from it.
use base64::{Engine, engine::general_purpose::STANDARD};
use chacha20poly1305::{
    Key, KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretBox};
use sha2::{Digest, Sha256};

use crate::config::Config;

const LENGTH: usize = 32;
const NONCE: usize = 24;
/// Bytes of the key's fingerprint before every ciphertext: tells which key it was made with.
const KEY_ID: usize = 4;

/// The key, from `PLAUDIT_SECRET_KEY` or a file.
pub struct SecretKey(SecretBox<[u8; LENGTH]>);

/// A key that cannot be used, or something that it does not open.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// There is none.
    #[error(
        "there is no secret key; set PLAUDIT_SECRET_KEY to 32 random bytes in base64, or secret_key_file"
    )]
    Missing,
    /// Its file cannot be read.
    #[error("the file of the secret key, {path}, cannot be read: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is of another form.
    #[error("the secret key must be 32 bytes in base64 (44 characters)")]
    WrongForm,
    /// It was made with another key.
    #[error("this secret was encrypted with another key")]
    OtherKey,
    /// It was changed, or belongs to another row.
    #[error("this secret cannot be decrypted")]
    Damaged,
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

impl SecretKey {
    /// The configured key.
    pub fn of(config: &Config) -> Result<SecretKey, SecretError> {
        let given = config.secret_key.expose_secret();
        if !given.is_empty() {
            return SecretKey::parse(given);
        }
        if config.secret_key_file.is_empty() {
            return Err(SecretError::Missing);
        }
        let path = config.secret_key_file.clone();
        match std::fs::read_to_string(&path) {
            Ok(text) => SecretKey::parse(&text),
            Err(error) => Err(SecretError::Unreadable { path, error }),
        }
    }

    fn parse(text: &str) -> Result<SecretKey, SecretError> {
        let bytes = STANDARD.decode(text.trim()).map_err(|_| SecretError::WrongForm)?;
        let bytes: [u8; LENGTH] = bytes.try_into().map_err(|_| SecretError::WrongForm)?;
        Ok(SecretKey(SecretBox::new(Box::new(bytes))))
    }

    /// Encrypts; the result opens only with the same `context` (organisation and row it belongs to).
    pub fn encrypt(&self, plain: &[u8], context: &str) -> Result<Vec<u8>, SecretError> {
        let mut nonce = [0_u8; NONCE];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload {
            msg: plain,
            aad: context.as_bytes(),
        };
        let sealed = self
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| SecretError::Damaged)?;
        Ok([self.id().as_slice(), nonce.as_slice(), sealed.as_slice()].concat())
    }

    /// Decrypts what [`SecretKey::encrypt`] made under the same context.
    pub fn decrypt(&self, sealed: &[u8], context: &str) -> Result<Vec<u8>, SecretError> {
        let (id, rest) = sealed.split_at_checked(KEY_ID).ok_or(SecretError::Damaged)?;
        if id != self.id() {
            return Err(SecretError::OtherKey);
        }
        let (nonce, sealed) = rest.split_at_checked(NONCE).ok_or(SecretError::Damaged)?;
        let payload = Payload {
            msg: sealed,
            aad: context.as_bytes(),
        };
        self.cipher()
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| SecretError::Damaged)
    }

    /// 32 bytes that follow from the key, a purpose and a subject, and from nothing else.
    #[must_use]
    pub fn derive(&self, purpose: &str, subject: &[u8]) -> [u8; LENGTH] {
        let mut block = hmac::digest::generic_array::GenericArray::default();
        block
            .split_at_mut(LENGTH)
            .0
            .copy_from_slice(self.0.expose_secret());
        let mut mac = <Hmac<Sha256> as Mac>::new(&block);
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(subject);
        mac.finalize().into_bytes().into()
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(Key::from_slice(self.0.expose_secret()))
    }

    fn id(&self) -> [u8; KEY_ID] {
        let digest = Sha256::digest([b"plaudit key id".as_slice(), self.0.expose_secret()].concat());
        digest.first_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(seed: u8) -> SecretKey {
        SecretKey::parse(&STANDARD.encode([seed; LENGTH])).unwrap()
    }

    #[test]
    fn a_secret_opens_with_its_key_and_context_only() {
        let sealed = key(1).encrypt(b"token", "org/row").unwrap();
        assert_eq!(key(1).decrypt(&sealed, "org/row").unwrap(), b"token");
        assert!(matches!(
            key(1).decrypt(&sealed, "org/other"),
            Err(SecretError::Damaged)
        ));
        assert!(matches!(
            key(2).decrypt(&sealed, "org/row"),
            Err(SecretError::OtherKey)
        ));
    }

    #[test]
    fn derived_bytes_differ_by_purpose_and_subject() {
        assert_eq!(key(1).derive("page", b"a"), key(1).derive("page", b"a"));
        assert_ne!(key(1).derive("page", b"a"), key(1).derive("unsubscribe", b"a"));
        assert_ne!(key(1).derive("page", b"a"), key(1).derive("page", b"b"));
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(matches!(
            SecretKey::parse("c2hvcnQ="),
            Err(SecretError::WrongForm)
        ));
    }
}
