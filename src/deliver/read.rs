//! What the jobs of a batch need, read in a few queries.
use std::{
    collections::{HashMap, HashSet},
    hash::Hash,
    sync::Arc,
};

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use domain::quiet;
use entity::{
    account::{self, Frequency},
    among, channel, delivery,
    notice::{self, Kind, State},
    organisation, staff_member,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::{defer, roles::Roles};
use crate::{
    access::{account as accounts, person::has_left, preference},
    deliver::app::DeliverApp,
    platform::job::{Claimed, Job},
    roster::{clock, organisation::day_in},
    route::reason::{Code, Reason},
};

/// Rows by id.
pub(super) struct Read {
    /// Those that still wait.
    notices: HashMap<Uuid, notice::Model>,
    readers: HashMap<Uuid, account::Model>,
    staff: HashMap<Uuid, staff_member::Model>,
    organisations: HashMap<Uuid, Arc<organisation::Model>>,
    /// Those that wait to be gathered, by reader, oldest first.
    deferred: HashMap<Uuid, Vec<notice::Model>>,
    /// Clocks of those readers who have hours of their own.
    zones: HashMap<Uuid, Tz>,
    roles: Roles,
    /// Those that have not ended.
    pub(super) channels: HashMap<Uuid, channel::Model>,
    attempts: HashMap<Uuid, i32>,
    now: DateTime<Utc>,
}

impl Read {
    pub(super) async fn all(app: &DeliverApp, jobs: &[Claimed], now: DateTime<Utc>) -> Result<Read, DbErr> {
        let db = app.db.read();
        let mut notices = notice::Entity::find()
            .filter(among(notice::Column::Id, jobs.iter().filter_map(subject)))
            .filter(notice::Column::State.eq(State::Waiting))
            .all(db)
            .await?;
        let deferred = defer::of_readers(db, jobs.iter().filter_map(defer::reader_of)).await?;
        notices.extend(deferred.iter().cloned());
        let readers: HashSet<Uuid> = notices.iter().filter_map(|notice| notice.reader_id).collect();
        let readers = account::Entity::find()
            .filter(among(account::Column::Id, readers))
            .all(db)
            .await?;
        let staff: HashSet<Uuid> = readers.iter().filter_map(|reader| reader.staff_id).collect();
        let staff = staff_member::Entity::find()
            .filter(among(staff_member::Column::Id, staff))
            .all(db)
            .await?;
        let organisations: HashSet<Uuid> = notices.iter().map(|notice| notice.organisation_id).collect();
        let organisations = organisation::Entity::find()
            .filter(among(organisation::Column::Id, organisations))
            .all(db)
            .await?;
        let organisations = by(organisations.into_iter().map(Arc::new), |row| row.id);
        let zones = zones(db, &organisations, &readers, now).await?;
        let roles = Roles::of(db, &organisations, &notices, now).await?;
        let channels: HashSet<Uuid> = notices.iter().filter_map(|notice| notice.channel_id).collect();
        let (mut open, mut attempts) = (Vec::new(), Vec::new());
        if !channels.is_empty() {
            let to_places = notices.iter().filter(|notice| notice.channel_id.is_some());
            let to_places = to_places.map(|notice| notice.id);
            attempts = delivery::Entity::find()
                .filter(among(delivery::Column::NoticeId, to_places))
                .all(db)
                .await?;
            open = channel::Entity::find()
                .filter(among(channel::Column::Id, channels))
                .filter(channel::Column::EndedAt.is_null())
                .all(db)
                .await?;
        }
        Ok(Read {
            notices: by(notices, |row| row.id),
            readers: by(readers, |row| row.id),
            staff: by(staff, |row| row.id),
            organisations,
            deferred: grouped(deferred),
            zones,
            roles,
            channels: by(open, |row| row.id),
            attempts: attempts
                .into_iter()
                .map(|row| (row.notice_id, row.attempt))
                .collect(),
            now,
        })
    }

    pub(super) fn notice(&self, job: &Claimed) -> Option<&notice::Model> {
        let notice = self.notices.get(&subject(job)?)?;
        (notice.organisation_id == job.organisation).then_some(notice)
    }

    /// What waits to be gathered for the reader of a job.
    pub(super) fn deferred(&self, job: &Claimed, reader: Uuid) -> impl Iterator<Item = &notice::Model> {
        let own = self.deferred.get(&reader).into_iter().flatten();
        let organisation = job.organisation;
        own.filter(move |notice| notice.organisation_id == organisation)
    }

    /// When a notice may leave that its reader is to be told of; `is_gathered` says that it has waited for the hour.
    pub(super) fn leaves(
        &self,
        (notice, reader): (&notice::Model, &account::Model),
        reason: &Reason,
        is_gathered: bool,
        now: DateTime<Utc>,
    ) -> DateTime<Utc> {
        let comes_hourly = preference::frequency_of(reader, notice.kind) == Frequency::Hourly;
        let is_hourly = comes_hourly && !is_gathered && reason.code != Code::PassedOn;
        let is_hourly = is_hourly && !matches!(notice.kind, Kind::Digest | Kind::Reminder);
        match self.zones.get(&reader.id) {
            Some(zone) => quiet::leaves(is_hourly, preference::quiet(reader), *zone, now),
            None => now,
        }
    }

    /// Whether the role that makes somebody a reader still does.
    pub(super) fn is_still_reader(&self, reader: &account::Model, reason: &Reason) -> bool {
        self.roles.still_make(reader, reason)
    }

    pub(super) fn organisation(&self, id: Uuid) -> Option<&Arc<organisation::Model>> {
        self.organisations.get(&id)
    }

    /// How often a room or endpoint was tried.
    pub(super) fn attempts(&self, notice: Uuid) -> usize {
        let attempts = self.attempts.get(&notice).copied().unwrap_or_default();
        usize::try_from(attempts).unwrap_or_default()
    }

    /// The reader and their address; none where they cannot be told by mail any more.
    pub(super) fn reader(&self, notice: &notice::Model) -> Option<(&account::Model, &str)> {
        let reader = self.readers.get(&notice.reader_id?)?;
        let is_theirs = reader.organisation_id == notice.organisation_id && reader.closed_at.is_none();
        let person = reader.staff_id.and_then(|staff| self.staff.get(&staff));
        let today = day_in(self.organisation(notice.organisation_id)?, self.now);
        let is_theirs = is_theirs && !person.is_some_and(|person| has_left(person, today));
        let address = accounts::address(Some(reader), person).filter(|_| is_theirs)?;
        (!accounts::is_refused(reader, address)).then_some((reader, address))
    }
}

/// The clocks of readers who have hours of their own, read for those alone.
async fn zones(
    connection: &impl ConnectionTrait,
    organisations: &HashMap<Uuid, Arc<organisation::Model>>,
    readers: &[account::Model],
    now: DateTime<Utc>,
) -> Result<HashMap<Uuid, Tz>, DbErr> {
    let mut zones = HashMap::new();
    for organisation in organisations.values() {
        let own = readers.iter().filter(|reader| {
            reader.organisation_id == organisation.id && preference::has_hours_of_their_own(reader)
        });
        let own: Vec<&account::Model> = own.collect();
        if !own.is_empty() {
            zones.extend(clock::of(connection, organisation, &own, now).await?);
        }
    }
    Ok(zones)
}

fn grouped(notices: Vec<notice::Model>) -> HashMap<Uuid, Vec<notice::Model>> {
    let mut by_reader: HashMap<Uuid, Vec<notice::Model>> = HashMap::new();
    for notice in notices {
        let Some(reader) = notice.reader_id else { continue };
        by_reader.entry(reader).or_default().push(notice);
    }
    by_reader
}

fn by<Row, Key: Eq + Hash>(
    rows: impl IntoIterator<Item = Row>,
    key: impl Fn(&Row) -> Key,
) -> HashMap<Key, Row> {
    rows.into_iter().map(|row| (key(&row), row)).collect()
}

/// The notice of a job.
pub(super) fn subject(job: &Claimed) -> Option<Uuid> {
    match job.job {
        Job::Deliver { notice } | Job::Call { notice } => Some(notice),
        _ => None,
    }
}
