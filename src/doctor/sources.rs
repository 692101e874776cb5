//! Sources that are read: public networks and mailboxes, and tools that are asked for earlier answers.
use std::collections::HashMap;

use chrono::{DateTime, Utc};
use entity::{backfill, organisation, source};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::Finding;
use crate::{
    app::App,
    capture::connection::{self, Health, KINDS, State},
    platform::money::{self, of_budget},
};

const SUBJECT: &str = "source";

/// How every connection of every organisation is doing.
pub(super) async fn examine(app: &App) -> Vec<Finding> {
    found(app)
        .await
        .unwrap_or_else(|error| vec![Finding::bad(SUBJECT, format!("cannot be looked at: {error}"))])
}

async fn found(app: &App) -> Result<Vec<Finding>, DbErr> {
    let mut findings = Vec::new();
    let now = app.clock.now();
    for organisation in organisation::Entity::find().all(app.db.read()).await? {
        let sources = source::Entity::within(organisation.id)
            .filter(source::Column::Kind.is_in(KINDS))
            .filter(source::Column::RemovedAt.is_null())
            .order_by_asc(source::Column::Id)
            .all(app.db.read())
            .await?;
        let healths = connection::healths(app.db.read(), &sources, &app.config.x.prices, now).await?;
        for source in sources {
            let name = format!("{} of {}", source.name, organisation.slug);
            findings.extend(healths.get(&source.id).map(|health| finding(&name, health, now)));
        }
        findings.extend(stopped(app, &organisation).await?);
    }
    Ok(findings)
}

/// Backfills that somebody must go on with.
async fn stopped(app: &App, organisation: &organisation::Model) -> Result<Vec<Finding>, DbErr> {
    let stopped = backfill::Entity::within(organisation.id)
        .filter(backfill::Column::State.eq(backfill::State::Stopped))
        .all(app.db.read())
        .await?;
    let ids = stopped.iter().map(|one| one.source_id);
    let names: HashMap<Uuid, String> = source::Entity::named(organisation.id, source::Column::Id, ids)
        .all(app.db.read())
        .await?
        .into_iter()
        .map(|source| (source.id, source.name))
        .collect();
    let finding = |one: backfill::Model| {
        let name = names.get(&one.source_id)?;
        let why = one.problem.as_deref().unwrap_or("somebody stopped it");
        let words = format!(
            "earlier answers of {name} of {} are not fetched: {why}; then plaudit source backfill {name:?} --resume",
            organisation.slug
        );
        Some(Finding::doubtful(SUBJECT, words))
    };
    Ok(stopped.into_iter().filter_map(finding).collect())
}

fn finding(name: &str, health: &Health, now: DateTime<Utc>) -> Finding {
    let error = health.error.as_deref().unwrap_or("no reason known");
    if let Some(since) = health.unchecked_since.filter(|_| health.state != State::Stopped) {
        let words = format!(
            "{name} keeps posts that were not looked up since {}; they may be deleted by now. {}",
            money::time(since),
            health
                .error
                .as_deref()
                .unwrap_or("Resume it, or raise its budget.")
        );
        return Finding::bad(SUBJECT, words);
    }
    match health.state {
        State::Stopped => Finding::bad(
            SUBJECT,
            format!("{name} is not read: {error}; then plaudit source test"),
        ),
        State::BudgetReached => Finding::doubtful(
            SUBJECT,
            format!(
                "{name} is not read: the budget does not cover another call ({}); raise it with plaudit source set \
                 --budget, or wait for the next month",
                of_budget(health.spent.micro_dollars, health.budget)
            ),
        ),
        State::Paused => Finding::doubtful(SUBJECT, format!("{name} is paused")),
        State::Failing => Finding::doubtful(SUBJECT, format!("{name} is tried again: {error}")),
        State::Reading => reading(name, health, now),
    }
}

fn reading(name: &str, health: &Health, now: DateTime<Utc>) -> Finding {
    if let Some((from, to)) = health.gap {
        let words = format!(
            "{name} lacks posts between {} and {}: they could not be fetched any more; plaudit source resume when seen",
            money::time(from),
            money::time(to)
        );
        return Finding::doubtful(SUBJECT, words);
    }
    let spent = of_budget(health.spent.micro_dollars, health.budget);
    match health.lag(now) {
        Some(lag) if health.mails.is_some() => {
            Finding::good(SUBJECT, format!("{name} is read, {} s behind", lag.num_seconds()))
        }
        Some(lag) => Finding::good(
            SUBJECT,
            format!(
                "{name} is read, {} s behind; {spent} this month",
                lag.num_seconds()
            ),
        ),
        None => Finding::doubtful(
            SUBJECT,
            format!("{name} has not caught up yet; plaudit serve reads it"),
        ),
    }
}
