//! `plaudit source backfill`
use chrono::NaiveDate;
use clap::Args;
use entity::source;
use uuid::Uuid;

use super::{
    super::{
        Misuse, counted,
        tenant::{ACTOR, say},
    },
    find, misuse,
};
use crate::{
    app::App,
    capture::source::backfill::{self, Backfill, State},
    platform::money,
};

#[derive(Debug, Args)]
pub(super) struct TakeIn {
    /// The source's name
    name: String,
    /// Begin: the first day whose answers are taken in, 2026-01-31 for instance
    #[arg(long, value_name = "DAY", conflicts_with_all = ["stop", "resume"])]
    since: Option<NaiveDate>,
    /// Stop; what was taken in stays
    #[arg(long, conflicts_with = "resume")]
    stop: bool,
    /// Go on where it stopped
    #[arg(long)]
    resume: bool,
}

impl TakeIn {
    pub(super) async fn run(self, app: &App, organisation: Uuid) -> anyhow::Result<()> {
        let source = find(app, organisation, &self.name).await?;
        let tx = app.db.write().await?;
        let now = app.clock.now();
        if let Some(day) = self.since {
            let begun = backfill::begin(&tx, &source, day, ACTOR, now).await;
            begun.map_err(misuse)?;
        }
        if self.stop {
            backfill::stop(&tx, &source, ACTOR, now).await?;
        }
        if self.resume && !backfill::go_on(&tx, &source, ACTOR, now).await? {
            let name = &source.name;
            return Err(Misuse(format!(
                "{name} has no backfill that could go on; begin one with --since DAY"
            ))
            .into());
        }
        tx.commit().await?;
        show(app, &source).await
    }
}

async fn show(app: &App, source: &source::Model) -> anyhow::Result<()> {
    let Some(found) = backfill::latest(app.db.read(), source).await? else {
        let name = &source.name;
        return Err(Misuse(format!("{name} has no backfill; begin one with --since DAY")).into());
    };
    say(line(&source.name, &found))?;
    match (&found.row.state, &found.row.problem) {
        (State::Stopped, Some(problem)) => Err(anyhow::anyhow!("{problem}; then --resume")),
        (_, Some(problem)) => Ok(say(format!("    {problem}; tried again {}", again(&found)))?),
        (_, None) => Ok(()),
    }
}

fn again(found: &Backfill) -> String {
    found.row.next_at.map_or_else(|| "now".to_owned(), money::time)
}

fn line(name: &str, found: &Backfill) -> String {
    let brought = found.brought();
    let state = match (found.import.undone_at, found.row.state) {
        (Some(_), _) => "undone",
        (None, State::Running) => "running (plaudit serve reads on)",
        (None, State::Stopped) => "stopped",
        (None, State::Done) => "done",
    };
    format!(
        "{name} from {}: {state}; {}, {}, {} new, {} revised, {} here already, {} gone, {} without words, {} unusable; \
         plaudit import undo {} takes it back",
        found.row.since.format("%Y-%m-%d"),
        counted(found.row.pages.unsigned_abs().into(), "page"),
        counted(brought.lines, "answer"),
        brought.added,
        brought.revised,
        brought.same,
        brought.gone,
        brought.blank,
        brought.rejected,
        found.import.id,
    )
}
