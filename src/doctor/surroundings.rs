//! Templates, base URL, secret key and disk.
use std::{
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::Finding;
use crate::{
    platform::{
        config::{Config, MailTransport},
        secret,
    },
    template::Templates,
};

/// Below this many bytes the disk is nearly full.
const LITTLE_SPACE: u64 = 1024 * 1024 * 1024;

pub(super) fn examine(config: &Config) -> Vec<Finding> {
    vec![
        templates(config),
        base_url(config),
        secret_key(config),
        disk(config),
        files(config),
        user(),
    ]
}

fn templates(config: &Config) -> Finding {
    let own = Some(config.templates.overrides.as_str()).filter(|directory| !directory.is_empty());
    match Templates::load(own.map(Path::new)) {
        Ok(_) => Finding::good("templates", "all render with all their samples"),
        Err(error) => Finding::bad(
            "templates",
            format!("{error}; fix the file or remove it from templates.overrides"),
        ),
    }
}

fn base_url(config: &Config) -> Finding {
    let url = &config.server.base_url;
    if config.is_for_this_machine_only() {
        return Finding::doubtful(
            "base URL",
            format!("{url} is reached from this machine only; set server.base_url to the public address"),
        );
    }
    if !config.is_https() {
        return Finding::doubtful(
            "base URL",
            format!("{url} is not https: links can be read on the way"),
        );
    }
    Finding::good("base URL", url.clone())
}

fn secret_key(config: &Config) -> Finding {
    match secret::Secrets::load(config) {
        Ok(secrets) if secrets.is_lasting() => Finding::good("secret key", "it is set"),
        Ok(_) => Finding::bad("secret key", secret::SealError::NoKey.to_string()),
        Err(error) => Finding::bad("secret key", error.to_string()),
    }
}

fn disk(config: &Config) -> Finding {
    let place = database_directory(config).unwrap_or_else(|| PathBuf::from("."));
    match rustix::fs::statvfs(&place) {
        Ok(found) => space(found.f_bavail * found.f_frsize),
        Err(error) => Finding::doubtful("disk", format!("free space cannot be read: {error}")),
    }
}

fn space(bytes: u64) -> Finding {
    let gibibytes = bytes as f64 / LITTLE_SPACE as f64;
    if bytes < LITTLE_SPACE {
        return Finding::bad(
            "disk",
            format!("only {gibibytes:.2} GiB are free; make room before the database stops"),
        );
    }
    Finding::good("disk", format!("{gibibytes:.0} GiB are free"))
}

fn database_directory(config: &Config) -> Option<PathBuf> {
    let file = config.database.file()?;
    file.parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .map(Path::to_path_buf)
}

/// Words of customers, links that sign in: what lies in files is for Plaudit's own user.
fn files(config: &Config) -> Finding {
    let database = config.database.file().into_iter().flat_map(|file| {
        let log = PathBuf::from(format!("{}-wal", file.display()));
        [file, log]
    });
    let mails =
        (config.mail.transport == MailTransport::Directory).then(|| PathBuf::from(&config.mail.directory));
    let key = (!config.secret_key_file.is_empty()).then(|| PathBuf::from(&config.secret_key_file));
    let open: Vec<String> = database
        .chain(mails)
        .chain(key)
        .filter(|path| is_open_to_others(path))
        .map(|path| path.display().to_string())
        .collect();
    if open.is_empty() {
        return Finding::good("files", "nobody else on this machine can read them");
    }
    Finding::doubtful(
        "files",
        format!(
            "other users of this machine can read {}; chmod go= takes that away",
            open.join(", ")
        ),
    )
}

fn is_open_to_others(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o077 != 0)
}

fn user() -> Finding {
    if secret::is_root() {
        return Finding::doubtful(
            "user",
            "this is root; run Plaudit as a user of its own, so that a fault in it is not the machine's",
        );
    }
    Finding::good("user", "not root")
}
