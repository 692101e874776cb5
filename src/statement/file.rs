//! A statement as a signed file, and what changed since one was signed.
use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use super::{KIND, Statement, VERSION};
use crate::{
    platform::signing::{Public, Signing},
    record::file::Signed,
};

/// No statement is longer, in bytes.
pub const LONGEST: usize = 640 * 1024;

/// What a file is.
#[derive(Clone, Debug, PartialEq)]
pub enum Kept {
    /// Signed here and not changed since.
    Genuine(Box<Statement>),
    /// Its signature is not of what stands in it.
    Changed,
    /// It names another key.
    Elsewhere,
    /// It is no statement.
    NoStatement,
}

/// Something that was otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// `settings`, `kept_days`, `data`, `who`, `automatic` or `leaves`.
    pub section: String,
    /// Of what.
    pub name: String,
    /// Before; none where it was not there.
    pub before: Option<String>,
    /// Now; none where it is no more.
    pub now: Option<String>,
}

/// The file as it is handed out.
pub fn sign(statement: &Statement, key: &Signing) -> Result<Vec<u8>, serde_json::Error> {
    let payload = serde_json::to_string(statement)?;
    let signed = Signed {
        signature: STANDARD.encode(key.sign(payload.as_bytes())),
        public_key: STANDARD.encode(key.public().bytes()),
        payload,
    };
    let mut file = serde_json::to_vec_pretty(&signed)?;
    file.push(b'\n');
    Ok(file)
}

/// Looks at a file with the key of this installation, if it has one.
#[must_use]
pub fn read(file: &[u8], own: Option<Public>) -> Kept {
    let file = file.strip_prefix("\u{feff}".as_bytes()).unwrap_or(file);
    let signed: Option<Signed> = (file.len() <= LONGEST)
        .then(|| serde_json::from_slice(file).ok())
        .flatten();
    let Some(signed) = signed else {
        return Kept::NoStatement;
    };
    let decoded = |text: &str| STANDARD.decode(text.trim());
    let (Ok(key), Ok(signature)) = (decoded(&signed.public_key), decoded(&signed.signature)) else {
        return Kept::NoStatement;
    };
    let Some(own) = own.filter(|own| own.bytes() == key.as_slice()) else {
        return Kept::Elsewhere;
    };
    if !own.has_signed(signed.payload.as_bytes(), &signature) {
        return Kept::Changed;
    }
    match serde_json::from_str::<Statement>(&signed.payload) {
        Ok(one) if one.kind == KIND && one.version == VERSION => Kept::Genuine(Box::new(one)),
        _ => Kept::NoStatement,
    }
}

/// What is otherwise now than it was, section by section; who issued it and when is no change.
#[must_use]
pub fn changes(before: &Statement, now: &Statement) -> Vec<Change> {
    let (old, new) = (parts(before), parts(now));
    let mut names: Vec<&(&'static str, String)> = old.keys().chain(new.keys()).collect();
    names.sort();
    names.dedup();
    let change = |name: &(&'static str, String)| Change {
        section: name.0.to_owned(),
        name: name.1.clone(),
        before: old.get(name).cloned(),
        now: new.get(name).cloned(),
    };
    let all = names.into_iter().map(change);
    all.filter(|change| change.before != change.now).collect()
}

/// Everything that can change, by section and name.
fn parts(statement: &Statement) -> BTreeMap<(&'static str, String), String> {
    let mut parts = BTreeMap::new();
    for (name, value) in &statement.settings {
        parts.insert(("settings", name.clone()), value.clone());
    }
    for (name, days) in &statement.kept_days {
        parts.insert(("kept_days", name.clone()), days.to_string());
    }
    for held in &statement.data {
        for column in &held.columns {
            let ends = held.ends.join(", ");
            parts.insert(("data", column.clone()), format!("{}: {ends}", held.holds));
        }
    }
    for may in &statement.who {
        let roles = may.roles.iter().map(|(role, extent)| format!("{role} {extent}"));
        let keys = may.scope.iter().map(|scope| format!("key {scope}"));
        let all: Vec<String> = roles.chain(keys).collect();
        parts.insert(("who", may.action.clone()), all.join(", "));
    }
    let threshold = statement.automatic.threshold.to_string();
    parts.insert(("automatic", "threshold".to_owned()), threshold);
    for leaving in &statement.leaves {
        let name = format!("{}: {}", leaving.way, leaving.name);
        parts.insert(("leaves", name), leaving.detail.clone());
    }
    parts
}
