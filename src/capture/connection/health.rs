//! How a connection is doing, for administrators.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{kept_post, reader, source};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, PaginatorTrait, QueryFilter, QueryOrder};

use super::{CHECK, Settings, of, readers_of};
use crate::capture::{
    reading::spend::{self, Spent},
    x::Prices,
};

/// Kept posts that were not looked up for so long are overdue: a day, and time for a failure to pass.
const OVERDUE: TimeDelta = TimeDelta::hours(26);

/// What a connection is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It reads.
    Reading,
    /// An administrator paused it.
    Paused,
    /// It cannot go on before a person put something right.
    Stopped,
    /// Its budget does not cover the next call.
    BudgetReached,
    /// The service fails or asks us to wait; it is tried again.
    Failing,
}

/// How a connection is doing.
#[derive(Clone, Debug, PartialEq)]
pub struct Health {
    /// What it is doing.
    pub state: State,
    /// The account it reads as, without `@`.
    pub account: Option<String>,
    /// The last call that was answered.
    pub last_read_at: Option<DateTime<Utc>>,
    /// Everything before this time has been read.
    pub caught_up_at: Option<DateTime<Utc>>,
    /// What this month cost (UTC).
    pub spent: Spent,
    /// Millionths of a US dollar a month; none for no limit.
    pub budget: Option<i64>,
    /// What failed last, and what to do.
    pub error: Option<String>,
    /// Since when nothing works.
    pub failed_at: Option<DateTime<Utc>>,
    /// What a person must put right: credentials, clock, plan, credit, permission, settings, address.
    pub stopped_by: Option<String>,
    /// Posts of this time could not be fetched any more.
    pub gap: Option<(DateTime<Utc>, DateTime<Utc>)>,
    /// Posts whose words are kept.
    pub kept_posts: u64,
    /// Kept posts were not looked up since then, which is too long.
    pub unchecked_since: Option<DateTime<Utc>>,
    /// When the secrets were entered.
    pub secrets_entered_at: DateTime<Utc>,
}

impl Health {
    /// How far behind the present it is.
    #[must_use]
    pub fn lag(&self, now: DateTime<Utc>) -> Option<TimeDelta> {
        self.caught_up_at.map(|at| (now - at).max(TimeDelta::zero()))
    }
}

/// How a source is doing; none where it is no connection.
pub async fn health(
    connection: &impl ConnectionTrait,
    source: &source::Model,
    prices: &Prices,
    now: DateTime<Utc>,
) -> Result<Option<Health>, DbErr> {
    let (Some(row), Some(settings)) = (of(connection, source).await?, Settings::of(source)) else {
        return Ok(None);
    };
    let readers = readers_of(connection, source).await?;
    let kept =
        kept_post::Entity::within(source.organisation_id).filter(kept_post::Column::SourceId.eq(source.id));
    let kept_posts = kept.clone().count(connection).await?;
    let oldest = kept
        .order_by_asc(kept_post::Column::CheckedAt)
        .one(connection)
        .await?;
    let spent = spend::this_month(connection, &row, now).await?;
    let needed = dearest_page(&settings, &readers, prices, kept_posts);
    let budget_covers = spend::covers(&row, spent, needed);
    let failing = readers.iter().max_by_key(|reader| reader.failed_at);
    let failing = failing.filter(|reader| reader.failed_at.is_some());
    Ok(Some(Health {
        state: state(source, &readers, budget_covers),
        account: row.account_handle.clone(),
        last_read_at: readers.iter().filter_map(|reader| reader.last_read_at).max(),
        caught_up_at: caught_up_at(&readers),
        spent,
        budget: row.budget,
        error: failing.and_then(|reader| reader.last_error.clone()),
        failed_at: failing.and_then(|reader| reader.failed_at),
        stopped_by: readers.iter().find_map(|reader| reader.stopped_by.clone()),
        gap: gap(&readers),
        kept_posts,
        unchecked_since: oldest
            .map(|post| post.checked_at)
            .filter(|at| now - *at > OVERDUE),
        secrets_entered_at: row.sealed_at,
    }))
}

fn dearest_page(settings: &Settings, readers: &[reader::Model], prices: &Prices, kept: u64) -> u64 {
    let pages = readers
        .iter()
        .filter(|reader| reader.name != CHECK)
        .map(|reader| spend::page_price(settings, &reader.name, prices, kept));
    pages.max().unwrap_or_default()
}

fn state(source: &source::Model, readers: &[reader::Model], budget_covers: bool) -> State {
    if source.paused_at.is_some() {
        State::Paused
    } else if readers.iter().any(|reader| reader.stopped_by.is_some()) {
        State::Stopped
    } else if !budget_covers {
        State::BudgetReached
    } else if readers.iter().any(|reader| reader.failures > 0) {
        State::Failing
    } else {
        State::Reading
    }
}

/// The reader that is furthest behind counts.
fn caught_up_at(readers: &[reader::Model]) -> Option<DateTime<Utc>> {
    let reading = readers.iter().filter(|reader| reader.name != CHECK);
    let times: Option<Vec<DateTime<Utc>>> = reading.map(|reader| reader.caught_up_at).collect();
    times?.into_iter().min()
}

fn gap(readers: &[reader::Model]) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let from = readers.iter().filter_map(|reader| reader.gap_from).min()?;
    let to = readers.iter().filter_map(|reader| reader.gap_to).max()?;
    Some((from, to))
}
