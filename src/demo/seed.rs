//! Lives through the story: each comment comes in at its time, and every stage works it off before the next.
use anyhow::Context;
use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use entity::json::Author;
use secrecy::SecretString;
use uuid::Uuid;

use super::{
    Sample,
    company::{self, Company},
    leads::{self, Pending},
    managers,
    story::{self, DAYS, Told},
};
use crate::{
    app::{App, work},
    capture::{
        draft::{Draft, Words},
        store::store,
    },
    deliver::digest::schedule,
};

/// Minutes of the day at which there is work without a new comment: mails of the morning leave and leads decide; and
/// what they decided is told, which waits two minutes for an undo.
const MORNING: [i64; 2] = [8 * 60 + 1, 8 * 60 + 4];

/// Makes the company and lives through `count` comments; the app's clock must be a fixed one, and ends at `now`.
///
/// Answers with a key for everything. `progress` is told how many comments are done.
pub async fn seed(
    app: &App,
    sample: &Sample,
    count: usize,
    now: DateTime<Utc>,
    progress: impl Fn(usize),
) -> anyhow::Result<SecretString> {
    app.clock.set(now - TimeDelta::days(DAYS + 1));
    let today = now.with_timezone(&sample.company.time_zone).date_naive();
    let tx = app.db.write().await?;
    let (company, key) = company::found(&tx, sample, &app.secrets, app.clock.now(), today).await?;
    tx.commit().await?;
    let mut mornings = mornings(app.clock.now(), now, sample.company.time_zone)
        .into_iter()
        .peekable();
    let mut pending = Vec::new();
    for (number, told) in story::invent(sample, &company.people, count, now)?
        .into_iter()
        .enumerate()
    {
        while let Some(morning) = mornings.next_if(|morning| *morning <= told.received_at) {
            begin_day(app, sample, &company, morning, &mut pending).await?;
        }
        let comment = take_in(app, &company, &told).await?;
        work_at(app, told.received_at).await?;
        pending.push(Pending::new(comment, told, number));
        progress(number + 1);
    }
    for morning in mornings {
        begin_day(app, sample, &company, morning, &mut pending).await?;
    }
    work_at(app, now).await?;
    Ok(key)
}

/// Digests that are due leave, as on every Monday; then the leads decide, and the managers pass on.
async fn begin_day(
    app: &App,
    sample: &Sample,
    company: &Company,
    morning: DateTime<Utc>,
    pending: &mut Vec<Pending>,
) -> anyhow::Result<()> {
    app.clock.set(morning);
    schedule::run_due(&app.deliver()).await?;
    work_at(app, morning).await?;
    leads::decide(app, company, pending).await?;
    managers::clear(app, company, &sample.company.note).await
}

async fn take_in(app: &App, company: &Company, told: &Told) -> anyhow::Result<Uuid> {
    let draft = draft(company, told)?;
    draft.check()?;
    let tx = app.db.write().await?;
    let stored = store(&tx, &[draft]).await?;
    tx.commit().await?;
    let stored = stored.first().context("a comment was not stored")?;
    Ok(stored.id())
}

async fn work_at(app: &App, moment: DateTime<Utc>) -> anyhow::Result<()> {
    app.clock.set(moment);
    work::worker(app).work_until_idle().await?;
    Ok(())
}

fn mornings(from: DateTime<Utc>, to: DateTime<Utc>, zone: Tz) -> Vec<DateTime<Utc>> {
    let first = from.with_timezone(&zone).date_naive();
    let local = first
        .iter_days()
        .flat_map(|day| MORNING.map(|minute| day.and_time(NaiveTime::MIN) + TimeDelta::minutes(minute)));
    let instants = local.filter_map(|local| zone.from_local_datetime(&local).earliest());
    instants
        .map(|at| at.to_utc())
        .skip_while(|at| *at <= from)
        .take_while(|at| *at < to)
        .collect()
}

fn draft(company: &Company, told: &Told) -> anyhow::Result<Draft> {
    Ok(Draft {
        tell: told.tell,
        occurred_at: Some(told.occurred_at),
        words: Words {
            text: told.words.clone(),
            score: told.score,
            site: company.site(&told.site)?,
            author: told.author.clone().map(|name| Author {
                name: Some(name),
                ..Author::default()
            }),
            consent: told.consent,
            ..Words::default()
        },
        ..Draft::new(company.source(told.source)?, told.received_at)
    })
}
