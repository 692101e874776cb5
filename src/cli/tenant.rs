//! Which organisation a command is about, and how commands speak.
use std::io::{self, IsTerminal, Write};

use clap::Args;
use entity::organisation;
use sea_orm::{EntityTrait, QueryOrder};

use super::Misuse;
use crate::{
    app::App,
    roster::{RosterError, organisation as organisations},
};

/// As the audit log names whoever has a shell.
pub(super) const ACTOR: &str = crate::access::audit::OPERATOR;

/// The organisation; the only one where it is left out.
#[derive(Debug, Args)]
pub(super) struct Tenant {
    /// Slug of the organisation; may be left out where there is only one
    #[arg(long, global = true, value_name = "SLUG", env = "PLAUDIT_ORGANISATION")]
    organisation: Option<String>,
}

impl Tenant {
    /// It; all where it is left out.
    pub(super) async fn all(&self, app: &App) -> anyhow::Result<Vec<organisation::Model>> {
        if self.organisation.is_some() {
            return Ok(vec![self.find(app).await?]);
        }
        refuse_other_schema(app).await?;
        let all = organisation::Entity::find().order_by_asc(organisation::Column::Slug);
        Ok(all.all(app.db.read()).await?)
    }

    /// Finds it; not to find it is misuse.
    pub(super) async fn find(&self, app: &App) -> anyhow::Result<organisation::Model> {
        refuse_other_schema(app).await?;
        let found = organisations::named_or_only(app.db.read(), self.organisation.as_deref()).await;
        found.map_err(|error| match error {
            RosterError::Database(error) => error.into(),
            misuse => Misuse(misuse.to_string()).into(),
        })
    }
}

async fn refuse_other_schema(app: &App) -> anyhow::Result<()> {
    if app.db.pending_migrations().await? > 0 {
        let what = "this database is empty or of an earlier version; run plaudit init, or plaudit migrate for the latter";
        return Err(Misuse(what.to_owned()).into());
    }
    Ok(())
}

/// Writes a line to standard output.
pub(super) fn say(line: impl AsRef<str>) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{}", line.as_ref())
}

/// Asks on a terminal; none where there is nobody to ask.
pub(super) fn ask(question: &str) -> io::Result<Option<bool>> {
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    write!(io::stderr(), "{question} [y/N] ")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(Some(matches!(answer.trim(), "y" | "Y" | "yes")))
}
