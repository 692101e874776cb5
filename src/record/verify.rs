//! Whether a file is a record that this installation issued, unchanged.
use base64::{Engine, engine::general_purpose::STANDARD};

use super::file::{KIND, Record, Signed, VERSION};
use crate::platform::signing::Public;

/// No record is longer, in bytes.
pub const LONGEST: usize = 640 * 1024;

/// What a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verified {
    /// Issued here and not changed since.
    Genuine(Box<Record>),
    /// Its signature is not of what stands in it.
    Changed,
    /// It names another key: another installation issued it, or nobody did.
    Elsewhere,
    /// It is no record.
    NoRecord,
}

/// Looks at a file with the key of this installation, if it has one.
#[must_use]
pub fn verify(file: &[u8], own: Option<Public>) -> Verified {
    let Some(signed) = read(file) else {
        return Verified::NoRecord;
    };
    let (Ok(key), Ok(signature)) = (
        STANDARD.decode(signed.public_key.trim()),
        STANDARD.decode(signed.signature.trim()),
    ) else {
        return Verified::NoRecord;
    };
    let Some(own) = own.filter(|own| own.bytes() == key.as_slice()) else {
        return Verified::Elsewhere;
    };
    if !own.has_signed(signed.payload.as_bytes(), &signature) {
        return Verified::Changed;
    }
    match serde_json::from_str::<Record>(&signed.payload) {
        Ok(record) if record.kind == KIND && record.version == VERSION => Verified::Genuine(Box::new(record)),
        _ => Verified::NoRecord,
    }
}

fn read(file: &[u8]) -> Option<Signed> {
    let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    (file.len() <= LONGEST).then(|| serde_json::from_slice(file).ok())?
}
