//! `plaudit preview DIR`
use std::path::PathBuf;

use clap::Args;

use super::tenant::say;
use crate::{
    deliver::channel::room,
    platform::config::Config,
    template::{self, Templates},
};

/// Every template with every sample as files.
#[derive(Debug, Args)]
pub struct Preview {
    /// Where the files go; made where there is none
    directory: PathBuf,
}

impl Preview {
    /// Renders with the installation's own templates; needs no database.
    pub fn run(&self, config: &Config) -> anyhow::Result<()> {
        let overrides = &config.templates.overrides;
        let own = (!overrides.is_empty()).then(|| PathBuf::from(overrides));
        let templates = Templates::load(own.as_deref())?;
        let count = template::preview(&templates, &self.directory)?;
        let cards = room::preview(&templates)?;
        for (name, card) in &cards {
            std::fs::write(self.directory.join(name), card)?;
        }
        let index = self.directory.join("index.html");
        Ok(say(format!(
            "Wrote {count} pages and mails, and {} cards for rooms; open {}.",
            cards.len(),
            index.display()
        ))?)
    }
}
