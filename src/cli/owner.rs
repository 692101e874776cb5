//! What root types runs as the owner of the data: files that root made would be closed to the service.
use std::{
    os::unix::{fs::MetadataExt, process::CommandExt},
    path::Path,
    process::Command,
};

use anyhow::Context;

use crate::platform::{config::Config, secret};

/// Goes on as whoever owns the directory of SQLite's file, where this is root and they are not. Root stays root to open
/// `files_of_caller` where the database is there already: what SQLite puts beside it, it gives to the owner of the file.
pub(super) fn become_owner_of(config: &Config, files_of_caller: bool) -> anyhow::Result<()> {
    let Some(file) = config.database.file().filter(|_| secret::is_root()) else {
        return Ok(());
    };
    if files_of_caller && file.exists() {
        return Ok(());
    }
    let directory = match file.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let Ok(owner) = std::fs::metadata(directory) else {
        return Ok(());
    };
    if owner.uid() == 0 {
        return Ok(());
    }
    let program = std::env::current_exe().context("cannot find this program")?;
    let failed = Command::new(program)
        .args(std::env::args_os().skip(1))
        .uid(owner.uid())
        .gid(owner.gid())
        .exec();
    Err(failed).context("cannot go on as the owner of the database")
}
