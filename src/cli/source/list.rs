//! `plaudit source list`
use chrono::{DateTime, Utc};
use entity::source;
use uuid::Uuid;

use super::super::tenant::say;
use crate::{
    app::App,
    capture::{
        connection::{self, Health, Mails, State},
        source as sources,
    },
    platform::{money, paging::PageQuery},
};

pub(super) async fn run(app: &App, organisation: Uuid) -> anyhow::Result<()> {
    let mut page = PageQuery::default();
    loop {
        let found = sources::list(app.db.read(), organisation, page).await?;
        let now = app.clock.now();
        let healths = connection::healths(app.db.read(), &found.items, &app.config.x.prices, now).await?;
        let hooks = sources::health::healths(app.db.read(), &found.items).await?;
        for source in found.items {
            let health = healths.get(&source.id);
            say(line(&source, health))?;
            if let Some(health) = hooks.get(&source.id) {
                say(format!("    {}", super::hook::detail(health)))?;
            }
            for detail in health.iter().flat_map(|health| details(health, now)) {
                say(format!("    {detail}"))?;
            }
        }
        page.after = found.next;
        if page.after.is_none() {
            return Ok(());
        }
    }
}

fn line(source: &source::Model, health: Option<&Health>) -> String {
    let state = match health.map(|health| health.state) {
        Some(State::Reading) => "reading",
        Some(State::Stopped) => "stopped",
        Some(State::BudgetReached) => "budget reached",
        Some(State::Failing) => "failing",
        Some(State::Paused) => "paused",
        None if source.paused_at.is_some() => "paused",
        None => "open",
    };
    let settle = match source.settle_seconds {
        0 => String::new(),
        seconds => format!("  attributed after {seconds} s"),
    };
    format!("{}  {}  {}  {state}{settle}", source.id, source.name, source.kind)
}

fn passed_over(mails: &Mails) -> String {
    let reasons = mails
        .skipped
        .iter()
        .map(|(reason, count)| format!("{count} {reason}"));
    let reasons: Vec<String> = reasons.collect();
    let skipped = match reasons.is_empty() {
        true => "every mail became a comment".to_owned(),
        false => format!("mails that became no comment: {}", reasons.join(", ")),
    };
    let renumbered = mails.renumbered_at.map(|at| {
        format!(
            "; the server numbered all mails anew at {}, and they were looked through again",
            money::time(at)
        )
    });
    skipped + &renumbered.unwrap_or_default()
}

fn details(health: &Health, now: DateTime<Utc>) -> Vec<String> {
    let read = match (health.last_read_at, health.lag(now)) {
        (Some(at), Some(lag)) => format!("last read {}, {} s behind", money::time(at), lag.num_seconds()),
        (Some(at), None) => format!("last read {}, has not caught up yet", money::time(at)),
        (None, _) => "nothing read yet".to_owned(),
    };
    let mut lines = match &health.mails {
        Some(mails) => vec![read, passed_over(mails)],
        None => {
            let spent = money::of_budget(health.spent.micro_dollars, health.budget);
            vec![format!(
                "{read}; {} posts this month, {spent}",
                health.spent.posts
            )]
        }
    };
    lines.extend(health.error.clone());
    if let Some((from, to)) = health.gap {
        lines.push(format!(
            "posts between {} and {} could not be fetched any more",
            money::time(from),
            money::time(to)
        ));
    }
    lines
}
