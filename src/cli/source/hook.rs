//! `plaudit source add TOOL`, `plaudit source kinds`, and what is done with pushes that cannot be read
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use entity::source;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::{
    super::{
        Misuse,
        tenant::{ACTOR, say},
    },
    misuse, secrets,
};
use crate::{
    app::App,
    capture::source::{
        NewSource,
        health::{self, HookHealth},
        hook::{self, KEPT_DAYS, NewHook},
        inbox,
        kind::{self, Intake},
        tool::Tool,
    },
    platform::{money, paging::PageQuery},
};

#[derive(Debug, Args)]
pub(super) struct AddHook {
    /// What the source is called
    name: String,
    /// A file with the secrets, one a line; - is standard input
    #[arg(long, value_name = "FILE")]
    secrets: Option<PathBuf>,
    /// Make the secret, and show it once
    #[arg(long, conflicts_with_all = ["secrets", "no_secret"])]
    make_secret: bool,
    /// The tool shows its secret only once it has the address: enter it afterwards
    #[arg(long, conflicts_with = "secrets")]
    no_secret: bool,
    #[command(flatten)]
    mapping: Mapping,
    /// For how many days pushes are kept
    #[arg(long, default_value_t = KEPT_DAYS, value_name = "DAYS")]
    keep_days: i32,
    /// How long words may still change before they are attributed
    #[arg(long, default_value_t = 0, value_name = "SECONDS")]
    settle_seconds: i32,
}

/// What differs from the tool's own mapping.
#[derive(Debug, Default, Args)]
pub(super) struct Mapping {
    /// Where a field stands, for instance comment.text=/answers/0/text; may be given several times
    #[arg(long = "set", value_name = "FIELD=POINTER")]
    set: Vec<String>,
    /// A JSON file with all settings
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

impl Mapping {
    /// The settings; none where nothing was said of them. Single fields change what is there.
    pub(super) fn settings(&self, there: &Value) -> anyhow::Result<Option<Value>> {
        if self.set.is_empty() && self.settings.is_none() {
            return Ok(None);
        }
        let mut settings = match &self.settings {
            Some(file) => read_json(file)?,
            None => there.clone(),
        };
        for assignment in &self.set {
            assign(&mut settings, assignment)?;
        }
        Ok(Some(settings))
    }
}

fn read_json(file: &Path) -> anyhow::Result<Value> {
    let text = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    serde_json::from_str(&text)
        .map_err(|error| Misuse(format!("{} is no JSON: {error}", file.display())).into())
}

/// `comment.score.scale=nps`; what is no JSON is text.
fn assign(settings: &mut Value, assignment: &str) -> anyhow::Result<()> {
    let (field, value) = assignment.split_once('=').ok_or_else(|| {
        Misuse(format!(
            "{assignment:?} is no setting; right is, for example, comment.text=/answers/0/text"
        ))
    })?;
    let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
    let mut at = settings;
    for name in field.split('.') {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        let Some(fields) = at.as_object_mut() else {
            return Ok(());
        };
        at = fields.entry(name).or_insert(Value::Null);
    }
    *at = value;
    Ok(())
}

impl AddHook {
    pub(super) async fn run(self, app: &App, organisation: Uuid, kind: &str) -> anyhow::Result<()> {
        let tool = Tool::find(kind).ok_or_else(|| Misuse(format!("{kind} is no tool that pushes")))?;
        let settings = self.mapping.settings(&json!({}))?.unwrap_or_else(|| json!({}));
        let set = tool.with(&settings).map_err(Misuse)?;
        let ours = match self.make_secret {
            true => Some(hook::new_secrets(&set).ok_or_else(|| makes_its_own(tool))?),
            false => None,
        };
        let is_asked = set.signature.needs_secret() && !self.no_secret;
        let secrets = match &ours {
            Some(ours) => ours.clone(),
            None if is_asked || self.secrets.is_some() => {
                secrets::lines(&tool.secrets.join(", "), self.secrets.as_deref())?
            }
            None => String::new().into(),
        };
        let new = NewHook {
            plain: NewSource {
                name: self.name,
                kind: kind.to_owned(),
                settle_seconds: self.settle_seconds,
            },
            settings,
            secrets,
            retention_days: self.keep_days,
        };
        let tx = app.db.write().await?;
        let made = hook::create(&tx, &app.secrets, organisation, new, ACTOR, app.clock.now()).await;
        let (source, address) = made.map_err(misuse)?;
        tx.commit().await?;
        say(format!(
            "{} is there. Enter this address at {}:",
            source.name, tool.label
        ))?;
        show_address(app, &address)?;
        Ok(show_what_is_next(tool, ours.as_ref(), &source)?)
    }
}

fn makes_its_own(tool: &Tool) -> Misuse {
    Misuse(format!(
        "{} takes no secret of ours: give its own by --secrets FILE, or --no-secret and enter it afterwards",
        tool.label
    ))
}

/// A secret of ours, which is shown this once, and what to click on the other side.
fn show_what_is_next(
    tool: &Tool,
    made: Option<&SecretString>,
    source: &source::Model,
) -> std::io::Result<()> {
    let lines = made.map(|made| made.expose_secret().lines().collect::<Vec<_>>());
    for (called, secret) in tool.secrets.iter().zip(lines.unwrap_or_default()) {
        say(format!("The {called}, shown only once: {secret}"))?;
    }
    if source.sealed.is_none() && !tool.works_without_secrets() {
        say(format!(
            "Enter its secret ({}) by plaudit source set NAME --secrets FILE; until then every push is refused.",
            tool.secrets.join(", ")
        ))?;
    }
    let (_, steps) = tool.steps_in("en");
    for (step, number) in steps.iter().zip(1..) {
        say(format!("{number}. {step}"))?;
    }
    match &tool.template {
        Some(template) => say(template.trim()),
        None => Ok(()),
    }
}

/// The address is shown this once.
pub(super) fn show_address(app: &App, secret: &str) -> std::io::Result<()> {
    say(format!("{}/hooks/{secret}", app.config.server.base_url))?;
    say(
        "It is shown only once; anyone who knows it may push. plaudit source set NAME --new-address makes another.",
    )
}

/// Every kind of source, how its words come in and which secrets it needs.
pub(super) fn kinds() -> anyhow::Result<()> {
    for kind in kind::all() {
        let intake = match kind.intake() {
            Intake::Handed => "handed over",
            Intake::Polled => "asked for",
            Intake::Pushed(_) => "pushed",
        };
        let secrets = kind.secrets();
        let secrets = match secrets.is_empty() {
            true => "no secrets".to_owned(),
            false => format!("secrets: {}", secrets.join(", ")),
        };
        say(format!("{}  {}  {intake}; {secrets}", kind.name(), kind.label()))?;
    }
    Ok(())
}

/// Says how a source does to which a tool pushes.
pub(super) fn test(source: &source::Model, health: &HookHealth) -> anyhow::Result<()> {
    match health::trouble(health) {
        Some(trouble) => Err(anyhow::anyhow!("{} does not work: {trouble}", source.name)),
        None => Ok(say(format!("{} works: {}.", source.name, detail(health)))?),
    }
}

/// One line on what comes in.
pub(super) fn detail(health: &HookHealth) -> String {
    let last = health.last_push_at.map_or_else(
        || "nothing pushed yet".to_owned(),
        |at| format!("last push {}", money::time(at)),
    );
    format!(
        "{last}; {} kept for {} days, {} waiting, {} in quarantine, {} refused",
        health.pushes, health.retention_days, health.waiting, health.quarantined, health.refused
    )
}

/// Lists pushes that cannot be read, with the reason.
pub(super) async fn quarantine(app: &App, source: &source::Model) -> anyhow::Result<()> {
    let mut page = PageQuery::default();
    loop {
        let found = inbox::quarantine(app.db.read(), source, page).await?;
        for push in found.items {
            let reason = push.reason.unwrap_or_default();
            say(format!(
                "{}  {}  {reason}",
                push.id,
                money::time(push.received_at)
            ))?;
        }
        page.after = found.next;
        if page.after.is_none() {
            return Ok(());
        }
    }
}

/// Reads again what could not be read.
pub(super) async fn replay(app: &App, source: &source::Model) -> anyhow::Result<()> {
    let tx = app.db.write().await?;
    let count = inbox::replay(&tx, source, None, ACTOR, app.clock.now()).await?;
    tx.commit().await?;
    Ok(say(format!("{count} pushes are read again."))?)
}
