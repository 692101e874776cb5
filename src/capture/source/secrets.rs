//! A source's secrets, of whatever kind it is: one a line, encrypted for its row, never shown again.
use entity::source;
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::SourceError;
use crate::platform::secret::{SealError, Secrets};

/// Encrypts the secrets of a source that is there or to be.
pub(in crate::capture) fn seal(
    secrets: &Secrets,
    organisation: Uuid,
    source: Uuid,
    lines: &SecretString,
) -> Result<Vec<u8>, SourceError> {
    let sealed = secrets.seal(lines, &about(organisation, source));
    sealed.map_err(|error| SourceError::Invalid {
        field: "secrets",
        message: error.to_string(),
    })
}

/// Decrypts them; none where the source has none.
pub fn open(secrets: &Secrets, source: &source::Model) -> Result<Option<SecretString>, SealError> {
    let sealed = source.sealed.as_deref();
    let about = about(source.organisation_id, source.id);
    sealed.map(|sealed| secrets.open(sealed, &about)).transpose()
}

/// The secrets that somebody gave, without blanks around them.
pub fn lines(given: &SecretString) -> Vec<&str> {
    let lines = given.expose_secret().lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).collect()
}

/// What binds sealed secrets to their row.
fn about(organisation: Uuid, source: Uuid) -> String {
    format!("{organisation}/source/{source}")
}
