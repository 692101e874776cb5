//! `plaudit statement`: what is done with people's data, as a page, as a signed file, or beside one that was kept.
use std::{
    fs::File,
    io::{Read, Write},
    path::PathBuf,
};

use anyhow::{Context, bail};
use clap::Args;
use entity::organisation;

use super::{
    Misuse,
    tenant::{ACTOR, Tenant, say},
};
use crate::{
    access::audit,
    app::App,
    platform::signing,
    roster::organisation as organisations,
    statement::{
        self, Statement as Now,
        file::{self, Change, Kept},
    },
    template::{Moment, context::Page},
    web::pages::told_statement,
};

/// Print what is done with people's data, for works councils and data protection officers.
#[derive(Debug, Args)]
pub struct Statement {
    /// Language of the page; otherwise the organisation's
    #[arg(long, value_name = "CODE")]
    language: Option<String>,
    /// Print a signed copy to keep instead of the page
    #[arg(long, conflicts_with_all = ["language", "compare"])]
    signed: bool,
    /// Say what is different now than in a signed copy
    #[arg(long, value_name = "FILE", conflicts_with = "language")]
    compare: Option<PathBuf>,
    #[command(flatten)]
    tenant: Tenant,
}

impl Statement {
    /// Runs the command.
    pub async fn run(self, app: &App) -> anyhow::Result<()> {
        let own = self.tenant.find(app).await?;
        let now = statement::statement(app.db.read(), &app.config, &own, app.clock.now()).await?;
        if let Some(kept) = self.compare {
            return compare(app, &kept, &now).await;
        }
        let printed = match self.signed {
            true => signed(app, &own, &now).await?,
            false => page(app, &own, &now, self.language.as_deref())?.into_bytes(),
        };
        Ok(std::io::stdout().lock().write_all(&printed)?)
    }
}

fn page(app: &App, own: &organisation::Model, now: &Now, language: Option<&str>) -> anyhow::Result<String> {
    if let Some(wanted) = language {
        app.templates
            .known(wanted)
            .map_err(|unknown| Misuse(unknown.to_string()))?;
    }
    let language = app.templates.first_of([language, Some(own.language.as_str())]);
    let frame = Page::guest(&own.name, language, &format!("/brand/{}.css", own.slug));
    let at = Moment::full(now.issued_at, organisations::zone(own), now.issued_at);
    Ok(app.templates.page(&told_statement(frame, at, now))?)
}

async fn signed(app: &App, own: &organisation::Model, now: &Now) -> anyhow::Result<Vec<u8>> {
    let tx = app.db.write().await?;
    let key = signing::load_or_make(&tx, &app.secrets, now.issued_at).await?;
    let entry = audit::Entry {
        organisation: own.id,
        at: now.issued_at,
        actor: ACTOR,
        action: "save_statement",
        subject_kind: "organisation",
        subject_id: Some(own.id.to_string()),
        detail: serde_json::json!({}),
    };
    audit::record(&tx, entry).await?;
    tx.commit().await?;
    Ok(file::sign(now, &key)?)
}

async fn compare(app: &App, kept: &std::path::Path, now: &Now) -> anyhow::Result<()> {
    let name = kept.display();
    let named = || format!("cannot read {name}");
    let mut bytes = Vec::new();
    let longest = file::LONGEST as u64 + 1;
    let opened = File::open(kept).with_context(named)?;
    opened.take(longest).read_to_end(&mut bytes).with_context(named)?;
    let before = match file::read(&bytes, signing::public(app.db.read()).await?) {
        Kept::Genuine(before) => before,
        Kept::Changed => bail!("{name} was changed after it was signed; do not trust it"),
        Kept::Elsewhere => bail!("{name} was not signed by this installation: it names another key"),
        Kept::NoStatement => bail!("{name} is no signed copy: save one with plaudit statement --signed"),
    };
    let changes = file::changes(&before, now);
    if changes.is_empty() {
        return Ok(say(format!(
            "Nothing has changed since {}.",
            before.issued_at.date_naive()
        ))?);
    }
    changes.iter().try_for_each(|change| Ok(say(line(change))?))
}

fn line(change: &Change) -> String {
    let said = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    format!(
        "{} {}: {} -> {}",
        change.section,
        change.name,
        said(&change.before),
        said(&change.now)
    )
}
