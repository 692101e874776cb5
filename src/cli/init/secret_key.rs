//! The key that encrypts secrets at rest: made once, where there is none.
use std::path::Path;

use anyhow::Context;
use secrecy::ExposeSecret;

use super::super::tenant::say;
use crate::platform::{config::Config, secret};

const KEY_FILE: &str = "plaudit.key";
const SETTINGS_FILE: &str = "plaudit.toml";

/// Writes the file that the settings name, where it is not there yet.
pub(super) fn make_where_named(config: &Config) -> anyhow::Result<()> {
    let file = &config.secret_key_file;
    if file.is_empty() || !config.secret_key.expose_secret().is_empty() {
        return Ok(());
    }
    if secret::write_new_key(Path::new(file)).with_context(|| format!("cannot write {file}"))? {
        say_where(Path::new(file))?;
    }
    Ok(())
}

/// Writes a key file where the settings name neither a key nor a file, and names it there.
pub(super) fn make_where_none_is_named(config: &Config) -> anyhow::Result<()> {
    if !config.secret_key.expose_secret().is_empty() || !config.secret_key_file.is_empty() {
        return Ok(());
    }
    let settings = config.read_from.as_deref();
    let folder = settings.and_then(Path::parent).unwrap_or(Path::new(""));
    let path = folder.join(KEY_FILE);
    let is_new = secret::write_new_key(&path).with_context(|| format!("cannot write {}", path.display()))?;
    let path = std::fs::canonicalize(path)?;
    let line = format!("secret_key_file = {:?}", path.display().to_string());
    if is_new {
        say_where(&path)?;
    } else {
        say(format!(
            "{} is there already, and no setting names it.",
            path.display()
        ))?;
    }
    if let Some(settings) = settings {
        let settings = settings.display();
        return Ok(say(format!("Add this line at the top of {settings}: {line}"))?);
    }
    std::fs::write(SETTINGS_FILE, format!("{line}\n"))
        .with_context(|| format!("cannot write {SETTINGS_FILE}"))?;
    Ok(say(format!("Named it in {SETTINGS_FILE}."))?)
}

fn say_where(path: &Path) -> std::io::Result<()> {
    say(format!(
        "Wrote the key that encrypts secrets at rest to {}; keep a copy.",
        path.display()
    ))
}
