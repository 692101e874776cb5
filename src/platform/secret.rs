//! The installation's secret key: what is encrypted with it (XChaCha20-Poly1305), and what is derived from it.
//!
//! A sealed value is `1 | key id (4 bytes) | nonce (24 bytes) | ciphertext`. It is bound to the row it belongs to, so
//! that it cannot be moved to another one. The first key encrypts; every key that is set decrypts.
use std::{
    fmt,
    fs::{DirBuilder, OpenOptions},
    io::{self, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::Path,
};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hmac::{Hmac, Mac};
use rand::RngCore;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::platform::config::Config;

const VERSION: u8 = 1;
const KEY_ID_LENGTH: usize = 4;
const NONCE_LENGTH: usize = 24;

/// The keys that are set, the current one first.
pub struct Secrets {
    keys: Vec<Key>,
    is_lasting: bool,
}

struct Key {
    id: [u8; KEY_ID_LENGTH],
    bytes: [u8; 32],
}

/// A key that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SecretKeyError {
    /// The file is not there.
    #[error("there is no secret_key_file {0}; plaudit init makes it")]
    Missing(String),
    /// The file cannot be read.
    #[error("cannot read secret_key_file {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        source: io::Error,
    },
    /// It is no key.
    #[error("key {number} is not 32 bytes in base64; plaudit init makes one")]
    NotAKey {
        /// Which one, from 1.
        number: usize,
    },
}

/// A value that cannot be sealed or opened.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum SealError {
    /// There is no key that outlives the process.
    #[error("no secret key is set: run plaudit init, or set PLAUDIT_SECRET_KEY")]
    NoKey,
    /// It was sealed with a key that is no longer set.
    #[error("it was encrypted with a key that is not set; add the old key after the new one")]
    UnknownKey,
    /// It was changed, or belongs to another row.
    #[error("it is damaged or belongs elsewhere")]
    Damaged,
}

impl Secrets {
    /// Reads the keys from the settings. Without any, one is made up that lasts as long as the process: links hold,
    /// since only their hashes are kept, but nothing can be sealed.
    pub fn load(config: &Config) -> Result<Secrets, SecretKeyError> {
        let mut written = config.secret_key.expose_secret().to_owned();
        if written.trim().is_empty() && !config.secret_key_file.is_empty() {
            let path = &config.secret_key_file;
            let unreadable = |source: io::Error| match source.kind() {
                io::ErrorKind::NotFound => SecretKeyError::Missing(path.clone()),
                _ => SecretKeyError::Unreadable {
                    path: path.clone(),
                    source,
                },
            };
            written = std::fs::read_to_string(path).map_err(unreadable)?;
        }
        let keys: Vec<Key> = written
            .split(|c: char| c == ',' || c.is_whitespace())
            .filter(|key| !key.is_empty())
            .zip(1..)
            .map(|(key, number)| Key::parse(key).ok_or(SecretKeyError::NotAKey { number }))
            .collect::<Result<_, _>>()?;
        Ok(match keys.is_empty() {
            false => Secrets {
                keys,
                is_lasting: true,
            },
            true => Secrets {
                keys: vec![Key::random()],
                is_lasting: false,
            },
        })
    }

    /// Whether the key outlives the process.
    #[must_use]
    pub fn is_lasting(&self) -> bool {
        self.is_lasting
    }

    /// The token of a link: the same for the same purpose and subject, unguessable without the key.
    #[must_use]
    pub fn token(&self, purpose: &str, subject: Uuid) -> String {
        let key = self.keys.first().map_or([0; 32], |key| key.derived("link"));
        let mac = authenticated(&key, &[purpose.as_bytes(), &[0], subject.as_bytes()]);
        URL_SAFE_NO_PAD.encode(mac)
    }

    /// What is kept of something short enough to be guessed: a hash that needs the key.
    #[must_use]
    pub fn fingerprint(&self, short: impl AsRef<[u8]>) -> Vec<u8> {
        let key = self
            .keys
            .first()
            .map_or([0; 32], |key| key.derived("fingerprint"));
        authenticated(&key, &[short.as_ref()]).to_vec()
    }

    /// The same by every key that is set, the present one first: what was kept under an earlier key is known again.
    pub fn fingerprints(&self, short: impl AsRef<[u8]>) -> impl Iterator<Item = Vec<u8>> {
        let keys = self.keys.iter().map(|key| key.derived("fingerprint"));
        keys.map(move |key| authenticated(&key, &[short.as_ref()]).to_vec())
    }

    /// Signs what a page hands out and takes back. Each part must have a fixed length.
    #[must_use]
    pub fn sign(&self, purpose: &str, parts: &[impl AsRef<[u8]>]) -> String {
        let key = self.keys.first().map_or([0; 32], |key| key.derived(purpose));
        URL_SAFE_NO_PAD.encode(signature(&key, parts))
    }

    /// Whether [`Secrets::sign`] made this for the same purpose and parts, with this key or an older one.
    #[must_use]
    pub fn is_signed(&self, purpose: &str, parts: &[impl AsRef<[u8]>], given: &str) -> bool {
        let Ok(given) = URL_SAFE_NO_PAD.decode(given) else {
            return false;
        };
        let is_of = |key: &Key| bool::from(signature(&key.derived(purpose), parts).ct_eq(&given));
        self.keys.iter().any(is_of)
    }

    /// Encrypts a secret for one row: `about` names organisation, table and id.
    pub fn seal(&self, secret: &SecretString, about: &str) -> Result<Vec<u8>, SealError> {
        self.seal_bytes(secret.expose_secret().as_bytes(), about)
    }

    /// The same of what need not be text.
    pub fn seal_bytes(&self, plain: &[u8], about: &str) -> Result<Vec<u8>, SealError> {
        let key = self
            .keys
            .first()
            .filter(|_| self.is_lasting)
            .ok_or(SealError::NoKey)?;
        let mut nonce = [0_u8; NONCE_LENGTH];
        rand::rng().fill_bytes(&mut nonce);
        let payload = Payload {
            msg: plain,
            aad: about.as_bytes(),
        };
        let sealed = key
            .cipher()
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| SealError::Damaged)?;
        Ok([&[VERSION][..], &key.id, &nonce, &sealed].concat())
    }

    /// Decrypts what [`Secrets::seal`] made for the same row.
    pub fn open(&self, sealed: &[u8], about: &str) -> Result<SecretString, SealError> {
        let plain = self.open_bytes(sealed, about)?;
        let text = String::from_utf8(plain).map_err(|_| SealError::Damaged)?;
        Ok(text.into())
    }

    /// The same of what need not be text.
    pub fn open_bytes(&self, sealed: &[u8], about: &str) -> Result<Vec<u8>, SealError> {
        let (version, rest) = sealed.split_first().ok_or(SealError::Damaged)?;
        let (id, rest) = rest
            .split_first_chunk::<KEY_ID_LENGTH>()
            .ok_or(SealError::Damaged)?;
        let (nonce, ciphertext) = rest
            .split_first_chunk::<NONCE_LENGTH>()
            .ok_or(SealError::Damaged)?;
        if *version != VERSION {
            return Err(SealError::Damaged);
        }
        let key = self
            .keys
            .iter()
            .find(|key| key.id == *id)
            .ok_or(SealError::UnknownKey)?;
        let payload = Payload {
            msg: ciphertext,
            aad: about.as_bytes(),
        };
        key.cipher()
            .decrypt(XNonce::from_slice(nonce), payload)
            .map_err(|_| SealError::Damaged)
    }
}

/// Makes a file that only its owner can read, where there is none.
pub(crate) fn make_private_file(path: &Path) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600).open(path).map(drop)
}

/// Makes a directory, and those above it, that only their owner can read.
pub(crate) fn make_private_directory(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)
}

/// Whether this process may do anything on this machine.
#[must_use]
pub fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}

/// Writes a key into a new file that only its owner can read; `false` where the file exists.
pub fn write_new_key(path: &Path) -> io::Result<bool> {
    let mut key = [0_u8; 32];
    rand::rng().fill_bytes(&mut key);
    match OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
    {
        Ok(mut file) => writeln!(file, "{}", STANDARD.encode(key)).map(|()| true),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
        Err(error) => Err(error),
    }
}

/// What is kept of a token: its SHA-256.
#[must_use]
pub fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

impl Key {
    fn parse(text: &str) -> Option<Key> {
        let bytes: [u8; 32] = STANDARD.decode(text).ok()?.try_into().ok()?;
        Some(Key::of(bytes))
    }

    fn random() -> Key {
        let mut bytes = [0_u8; 32];
        rand::rng().fill_bytes(&mut bytes);
        Key::of(bytes)
    }

    fn of(bytes: [u8; 32]) -> Key {
        let digest: [u8; 32] = Sha256::digest(bytes).into();
        let [a, b, c, d, ..] = digest;
        Key {
            id: [a, b, c, d],
            bytes,
        }
    }

    /// A key for one use only, so that no two uses share one.
    fn derived(&self, usage: &str) -> [u8; 32] {
        authenticated(&self.bytes, &[b"plaudit:", usage.as_bytes()])
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.derived("seal").into())
    }
}

/// 128 bits are enough for what lives for days.
fn signature(key: &[u8; 32], parts: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let parts: Vec<&[u8]> = parts.iter().map(AsRef::as_ref).collect();
    authenticated(key, &parts).iter().take(16).copied().collect()
}

fn authenticated(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    // A key of 32 bytes is one block, which HMAC takes as it is.
    let mut block = [0_u8; 64];
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
    let mut mac = <Hmac<Sha256> as KeyInit>::new(&block.into());
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({} keys)", self.keys.len())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn secrets(keys: &str) -> Secrets {
        Secrets::load(&Config::from_toml(&format!("secret_key = {keys:?}")).unwrap()).unwrap()
    }

    fn key(fill: u8) -> String {
        STANDARD.encode([fill; 32])
    }

    #[test]
    fn a_sealed_secret_opens_for_its_own_row_only() {
        let secrets = secrets(&key(1));
        let sealed = secrets.seal(&"hunter2".into(), "org/source/1").unwrap();
        assert_eq!(
            secrets.open(&sealed, "org/source/1").unwrap().expose_secret(),
            "hunter2"
        );
        assert_eq!(
            secrets.open(&sealed, "org/source/2").unwrap_err(),
            SealError::Damaged
        );
        assert!(!sealed.windows(7).any(|part| part == b"hunter2"));
    }

    #[test]
    fn after_a_change_of_keys_old_secrets_open_while_the_old_key_stands_behind_the_new_one() {
        let sealed = secrets(&key(1)).seal(&"hunter2".into(), "row").unwrap();
        let changed = secrets(&format!("{},{}", key(2), key(1)));
        assert_eq!(changed.open(&sealed, "row").unwrap().expose_secret(), "hunter2");
        let without = secrets(&key(2));
        assert_eq!(without.open(&sealed, "row").unwrap_err(), SealError::UnknownKey);
    }

    #[test]
    fn every_changed_byte_is_noticed() {
        let secrets = secrets(&key(1));
        let sealed = secrets.seal(&"hunter2".into(), "row").unwrap();
        for at in 0..sealed.len() {
            let mut changed = sealed.clone();
            changed[at] ^= 1;
            assert!(secrets.open(&changed, "row").is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_link_is_the_same_again_and_another_for_another_purpose() {
        let (secrets, id) = (secrets(&key(1)), Uuid::now_v7());
        assert_eq!(secrets.token("praise", id), secrets.token("praise", id));
        assert_ne!(secrets.token("praise", id), secrets.token("unsubscribe", id));
        assert_eq!(secrets.token("praise", id).len(), 43);
    }

    #[test]
    fn without_a_key_nothing_is_sealed() {
        let secrets = secrets("");
        assert_eq!(secrets.seal(&"x".into(), "row").unwrap_err(), SealError::NoKey);
    }

    #[test]
    fn what_is_no_key_is_refused_by_its_number() {
        let config = Config::from_toml(&format!("secret_key = \"{},short\"", key(1))).unwrap();
        let error = Secrets::load(&config).unwrap_err().to_string();
        assert!(error.contains("key 2"), "{error}");
    }

    #[test]
    fn the_key_file_is_for_its_owner_only_and_never_overwritten() {
        let directory = tempfile::TempDir::new().unwrap();
        let path = directory.path().join("plaudit.key");
        assert!(write_new_key(&path).unwrap());
        let key = std::fs::read_to_string(&path).unwrap();
        assert_eq!(STANDARD.decode(key.trim()).unwrap().len(), 32);
        assert_eq!(
            std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert!(!write_new_key(&path).unwrap());
        assert_eq!(std::fs::read_to_string(&path).unwrap(), key);
    }
}
