//! `plaudit packaging DIR`: what a package holds beside the program, made from the command line's own description.
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, CommandFactory};
use clap_complete::{Shell, generate_to};

use super::Cli;

/// Write manual pages (DIR/man) and completions (DIR/completions).
#[derive(Debug, Args)]
pub struct Packaging {
    /// Where they go
    directory: PathBuf,
}

impl Packaging {
    /// Writes them; what is there is replaced.
    pub fn run(&self) -> anyhow::Result<()> {
        let (manual, completions) = (self.directory.join("man"), self.directory.join("completions"));
        for directory in [&manual, &completions] {
            std::fs::create_dir_all(directory)
                .with_context(|| format!("cannot make {}", directory.display()))?;
        }
        clap_mangen::generate_to(Cli::command(), &manual).context("cannot write the manual pages")?;
        for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
            generate_to(shell, &mut Cli::command(), "plaudit", &completions)
                .with_context(|| format!("cannot write the completions of {shell}"))?;
        }
        Ok(())
    }
}
