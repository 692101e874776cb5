//! Where secrets come from: never from the arguments, which every user of the machine can read.
use std::{
    io::{self, IsTerminal, Read, Write},
    path::Path,
};

use anyhow::Context;
use secrecy::SecretString;

use super::super::Misuse;
use crate::capture::connection::Credentials;

/// The variable in which secrets may be given, one a line.
const VARIABLE: &str = "PLAUDIT_SOURCE_SECRETS";
/// More than any secrets.
const LONGEST: u64 = 64 * 1024;

/// Reads the secrets of a network.
pub(super) fn read(kind: &str, file: Option<&Path>) -> anyhow::Result<Credentials> {
    let asked = match kind {
        "x" => "API key, API key secret, access token and access token secret, or the bearer token alone",
        "mailbox" => {
            "the password; or, for tokens, the client's secret, and the refresh token if there is one"
        }
        _ => "access token",
    };
    let lines = lines(asked, file)?;
    Credentials::parse(kind, &lines).map_err(|error| Misuse(format!("secrets: {error}")).into())
}

/// Reads secrets, one a line: from a file (`-` is standard input), else the environment, else standard input.
pub(super) fn lines(asked: &str, file: Option<&Path>) -> anyhow::Result<SecretString> {
    Ok(match (file, std::env::var(VARIABLE)) {
        (Some(file), _) if file != Path::new("-") => std::fs::read_to_string(file)
            .with_context(|| format!("cannot read {}", file.display()))?
            .into(),
        (None, Ok(lines)) => lines.into(),
        _ => from_standard_input(asked)?,
    })
}

fn from_standard_input(asked: &str) -> anyhow::Result<SecretString> {
    if io::stdin().is_terminal() {
        writeln!(
            io::stderr(),
            "Paste the secrets, one a line ({asked}), then press Ctrl-D:"
        )?;
    }
    let mut lines = String::new();
    io::stdin().take(LONGEST).read_to_string(&mut lines)?;
    Ok(lines.into())
}
