//! The demo's own directory. It bears a marker, and nothing without that marker is ever used or deleted.
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use crate::platform::secret;

const MARKER: &str = ".plaudit-demo";
const MARKER_WORDS: &str =
    "Made by `plaudit demo`, which deletes this directory when it is told to start over.\n";
const DATABASE: &str = "plaudit.db";
const MAILS: &str = "mail";
const SECRET_KEY: &str = "secret.key";
const KEY: &str = "api-key.txt";

/// A directory that cannot be the demo's.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    /// Something else lives there.
    #[error("{0} was not made by the demo and is left alone; name another directory with --dir")]
    Foreign(PathBuf),
    /// The file system refused.
    #[error("{path}: {error}")]
    Io {
        /// What it was about.
        path: PathBuf,
        /// Why.
        error: io::Error,
    },
}

/// Where the demo keeps its database and its mails.
#[derive(Clone, Debug)]
pub struct Directory {
    path: PathBuf,
}

impl Directory {
    /// Takes a directory that is the demo's, empty or not there yet; `fresh` deletes what an earlier demo left.
    ///
    /// What a demo left that was stopped while it seeded is deleted, too.
    pub fn open(path: &Path, fresh: bool) -> Result<Directory, DirectoryError> {
        let directory = Directory {
            path: path.to_owned(),
        };
        directory
            .open_or_make(fresh)
            .map_err(|error| match error.kind() {
                io::ErrorKind::AlreadyExists => DirectoryError::Foreign(path.to_owned()),
                _ => DirectoryError::Io {
                    path: path.to_owned(),
                    error,
                },
            })?;
        Ok(directory)
    }

    fn open_or_make(&self, fresh: bool) -> io::Result<()> {
        if self.path.exists() && !self.is_empty()? {
            if !self.path.join(MARKER).is_file() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            if fresh || !self.is_seeded() {
                fs::remove_dir_all(&self.path)?;
            }
        }
        fs::create_dir_all(self.mails())?;
        fs::write(self.path.join(MARKER), MARKER_WORDS)?;
        secret::write_new_key(&self.secret_key()).map(drop)
    }

    fn is_empty(&self) -> io::Result<bool> {
        Ok(fs::read_dir(&self.path)?.next().is_none())
    }

    /// Whether the invented organisation is there, complete.
    #[must_use]
    pub fn is_seeded(&self) -> bool {
        self.path.join(KEY).is_file()
    }

    /// Says that seeding is complete, and keeps the key of the API, which nobody could show again.
    pub fn set_seeded(&self, key: &str) -> io::Result<()> {
        let mut options = fs::OpenOptions::new();
        let file = options.write(true).create(true).truncate(true).mode(0o600);
        writeln!(file.open(self.path.join(KEY))?, "{key}")
    }

    /// The key of the API.
    pub fn key(&self) -> io::Result<String> {
        Ok(fs::read_to_string(self.path.join(KEY))?.trim().to_owned())
    }

    /// The database's address.
    #[must_use]
    pub fn database_url(&self) -> String {
        format!("sqlite://{}", self.path.join(DATABASE).display())
    }

    /// The file with the key that makes links and encrypts secrets: links of earlier runs go on working.
    #[must_use]
    pub fn secret_key(&self) -> PathBuf {
        self.path.join(SECRET_KEY)
    }

    /// Where mails are put.
    #[must_use]
    pub fn mails(&self) -> PathBuf {
        self.path.join(MAILS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_directory_with_something_else_in_it_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        fs::write(home.path().join("letter.txt"), "mine").unwrap();
        for fresh in [false, true] {
            let refused = Directory::open(home.path(), fresh).unwrap_err();
            assert!(matches!(refused, DirectoryError::Foreign(_)), "{refused}");
        }
        assert_eq!(
            fs::read_to_string(home.path().join("letter.txt")).unwrap(),
            "mine"
        );
    }

    #[test]
    fn an_unfinished_demo_starts_over_and_a_finished_one_stays_until_it_is_told_to() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("demo");
        let open = |fresh| Directory::open(&path, fresh).unwrap();
        let leftover = path.join("leftover");
        open(false);
        fs::write(&leftover, "").unwrap();
        let demo = open(false);
        assert!(!leftover.exists());
        demo.set_seeded("plaudit_key").unwrap();
        fs::write(&leftover, "").unwrap();
        assert_eq!(open(false).key().unwrap(), "plaudit_key");
        assert!(leftover.exists());
        assert!(!open(true).is_seeded() && !leftover.exists());
    }
}
