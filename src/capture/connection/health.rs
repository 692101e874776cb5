//! How a connection is doing, for administrators.
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use entity::{connection, kept_post, reader, source};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryOrder, QuerySelect};
use uuid::Uuid;

use super::{CHECK, Settings, is_connected};
use crate::{
    capture::{
        mailbox,
        reading::spend::{self, Spent},
    },
    platform::config::Prices,
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
    pub secrets_entered_at: Option<DateTime<Utc>>,
    /// Of a mailbox: what became of its mails.
    pub mails: Option<Mails>,
}

/// What became of the mails of a mailbox.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mails {
    /// How many became no comment, by the reason.
    pub skipped: BTreeMap<String, u64>,
    /// When the server gave all of them other numbers.
    pub renumbered_at: Option<DateTime<Utc>>,
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
    let mut all = healths(connection, std::slice::from_ref(source), prices, now).await?;
    Ok(all.remove(&source.id))
}

/// How those of an organisation's sources are doing that are connections, in four queries however many they are.
pub async fn healths(
    connection: &impl ConnectionTrait,
    sources: &[source::Model],
    prices: &Prices,
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Health>, DbErr> {
    let connected: Vec<&source::Model> = sources.iter().filter(|source| is_connected(source)).collect();
    let Some(first) = connected.first() else {
        return Ok(HashMap::new());
    };
    let organisation = first.organisation_id;
    let ids: Vec<Uuid> = connected.iter().map(|source| source.id).collect();
    let rows = connection::Entity::named(organisation, connection::Column::SourceId, ids.clone())
        .all(connection)
        .await?;
    let readers = reader::Entity::named(organisation, reader::Column::SourceId, ids.clone())
        .order_by_asc(reader::Column::Name)
        .all(connection)
        .await?;
    let kept = kept(connection, organisation, ids.clone()).await?;
    let spent = spend::of_month(connection, organisation, ids, now).await?;
    let health = |source: &&source::Model| {
        let facts = Facts {
            source,
            row: rows.iter().find(|row| row.source_id == source.id)?,
            settings: Settings::of(source)?,
            readers: readers
                .iter()
                .filter(|reader| reader.source_id == source.id)
                .collect(),
            kept: kept.get(&source.id).copied().unwrap_or_default(),
            spent: spent.get(&source.id).copied().unwrap_or_default(),
        };
        Some((source.id, facts.health(prices, now)))
    };
    Ok(connected.iter().filter_map(health).collect())
}

/// How many posts of each source are kept, and when the one was looked up that waits longest.
async fn kept(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    sources: Vec<Uuid>,
) -> Result<HashMap<Uuid, (u64, Option<DateTime<Utc>>)>, DbErr> {
    use kept_post::Column;
    let rows: Vec<(Uuid, i64, Option<DateTime<Utc>>)> =
        kept_post::Entity::named(organisation, Column::SourceId, sources)
            .select_only()
            .column(Column::SourceId)
            .column_as(Column::CommentId.count(), "n")
            .column_as(Column::CheckedAt.min(), "oldest")
            .group_by(Column::SourceId)
            .into_tuple()
            .all(connection)
            .await?;
    let kept = |(source, n, oldest): (Uuid, i64, _)| (source, (u64::try_from(n).unwrap_or_default(), oldest));
    Ok(rows.into_iter().map(kept).collect())
}

/// What the health of one source follows from.
struct Facts<'a> {
    source: &'a source::Model,
    row: &'a connection::Model,
    settings: Settings,
    readers: Vec<&'a reader::Model>,
    kept: (u64, Option<DateTime<Utc>>),
    spent: Spent,
}

impl Facts<'_> {
    fn health(&self, prices: &Prices, now: DateTime<Utc>) -> Health {
        let (kept_posts, oldest) = self.kept;
        let failing = self.readers.iter().max_by_key(|reader| reader.failed_at);
        let failing = failing.filter(|reader| reader.failed_at.is_some());
        Health {
            state: self.state(prices),
            account: self.account(),
            last_read_at: self.readers.iter().filter_map(|reader| reader.last_read_at).max(),
            caught_up_at: self.caught_up_at(),
            spent: self.spent,
            budget: self.row.budget,
            error: failing.and_then(|reader| reader.last_error.clone()),
            failed_at: failing.and_then(|reader| reader.failed_at),
            stopped_by: self.readers.iter().find_map(|reader| reader.stopped_by.clone()),
            gap: self.gap(),
            kept_posts,
            unchecked_since: oldest.filter(|at| now - *at > OVERDUE),
            secrets_entered_at: self.source.sealed_at,
            mails: self.mails(),
        }
    }

    fn account(&self) -> Option<String> {
        match &self.settings {
            Settings::Mailbox(mailbox) => Some(mailbox.user.clone()),
            Settings::X(_) | Settings::Mastodon(_) => self.row.account_handle.clone(),
        }
    }

    fn mails(&self) -> Option<Mails> {
        let is_mailbox = matches!(self.settings, Settings::Mailbox(_));
        let reader = self.readers.first().filter(|_| is_mailbox)?;
        let progress = mailbox::Progress::of(reader);
        Some(Mails {
            skipped: progress.skipped,
            renumbered_at: progress.renumbered_at,
        })
    }

    fn state(&self, prices: &Prices) -> State {
        let readers = &self.readers;
        if self.source.paused_at.is_some() {
            State::Paused
        } else if readers.iter().any(|reader| reader.stopped_by.is_some()) {
            State::Stopped
        } else if !spend::covers(self.row, self.spent, self.dearest_page(prices)) {
            State::BudgetReached
        } else if readers.iter().any(|reader| reader.failures > 0) {
            State::Failing
        } else {
            State::Reading
        }
    }

    fn dearest_page(&self, prices: &Prices) -> u64 {
        let (kept, _) = self.kept;
        let pages = self.reading();
        let prices = pages.map(|reader| spend::page_price(&self.settings, &reader.name, prices, kept).sum());
        prices.max().unwrap_or_default()
    }

    fn reading(&self) -> impl Iterator<Item = &&reader::Model> {
        self.readers.iter().filter(|reader| reader.name != CHECK)
    }

    /// The reader that is furthest behind counts.
    fn caught_up_at(&self) -> Option<DateTime<Utc>> {
        let times: Option<Vec<DateTime<Utc>>> = self.reading().map(|reader| reader.caught_up_at).collect();
        times?.into_iter().min()
    }

    fn gap(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let from = self.readers.iter().filter_map(|reader| reader.gap_from).min()?;
        let to = self.readers.iter().filter_map(|reader| reader.gap_to).max()?;
        Some((from, to))
    }
}
