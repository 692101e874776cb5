//! Lives through the story: each comment comes in at its time, and every stage works it off before the next.
use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Europe::London;
use entity::json::Author;
use secrecy::SecretString;

use super::{
    company::{self, Company},
    story::{self, DAYS, Told},
};
use crate::{
    app::App,
    capture::{
        incoming::{Incoming, Words},
        store::store,
    },
    job::worker,
    work,
};

/// When mails of the morning leave, and the house looks at what is due.
const MORNING: TimeDelta = TimeDelta::minutes(8 * 60 + 1);

/// Makes the company and lives through `count` comments; the app's clock must be a fixed one, and ends at `now`.
///
/// Answers with a key for everything. `progress` is told how many comments are done.
pub async fn seed(
    app: &App,
    count: usize,
    now: DateTime<Utc>,
    progress: impl Fn(usize),
) -> anyhow::Result<SecretString> {
    app.clock.set(now - TimeDelta::days(DAYS + 1));
    let today = now.with_timezone(&London).date_naive();
    let tx = app.db.write().await?;
    let (company, key) = company::found(&tx, app.clock.now(), today).await?;
    tx.commit().await?;
    let mut mornings = mornings(app.clock.now(), now).into_iter().peekable();
    for (done, told) in story::invent(&company.people, count, now)?.iter().enumerate() {
        while let Some(morning) = mornings.next_if(|morning| *morning <= told.received_at) {
            work_at(app, morning).await?;
        }
        take_in(app, &company, told).await?;
        work_at(app, told.received_at).await?;
        progress(done + 1);
    }
    for moment in mornings.chain([now]) {
        work_at(app, moment).await?;
    }
    Ok(key)
}

async fn take_in(app: &App, company: &Company, told: &Told) -> anyhow::Result<()> {
    let incoming = incoming(company, told)?;
    incoming.check()?;
    let tx = app.db.write().await?;
    store(&tx, &[incoming]).await?;
    Ok(tx.commit().await?)
}

async fn work_at(app: &App, moment: DateTime<Utc>) -> anyhow::Result<()> {
    app.clock.set(moment);
    worker::work_until_idle(app, work::dispatch).await?;
    Ok(())
}

fn mornings(from: DateTime<Utc>, to: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let first = from.with_timezone(&London).date_naive();
    let local = first
        .iter_days()
        .map(|day| day.and_time(NaiveTime::MIN) + MORNING);
    let instants = local.filter_map(|local| London.from_local_datetime(&local).earliest());
    instants
        .map(|at| at.to_utc())
        .skip_while(|at| *at <= from)
        .take_while(|at| *at < to)
        .collect()
}

fn incoming(company: &Company, told: &Told) -> anyhow::Result<Incoming> {
    Ok(Incoming {
        organisation: company.organisation,
        source: company.source(told.source)?,
        settle: TimeDelta::zero(),
        external_id: None,
        idempotency_key: None,
        import: None,
        receipt_hash: None,
        tell: told.tell,
        occurred_at: told.occurred_at,
        revised_at: None,
        received_at: told.received_at,
        words: Words {
            text: told.words.clone(),
            score: told.score,
            site: company.site(&told.site)?,
            author: told.author.map(|name| Author {
                name: Some(name.to_owned()),
                ..Author::default()
            }),
            consent: told.consent,
            ..Words::default()
        },
    })
}
