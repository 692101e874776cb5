//! What a reminder tells: all praise that waits for its reader to pass it on, what is due first before the rest.
use std::collections::{HashMap, HashSet};

use chrono::NaiveDate;
use chrono_tz::Tz;
use entity::{
    organisation,
    promise::{self, Column},
    recognition,
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, QueryFilter, QueryOrder};
use uuid::Uuid;

use super::{
    Addressed, recognitions_named,
    said::{self, full_name},
};
use crate::{
    deliver::{app::DeliverApp, link},
    roster::zone,
    template::context::{ReminderMail, ReminderRow},
};

/// Promises that a reminder names.
const NAMED: usize = 10;

/// What waits for a reader.
#[derive(Clone, Debug)]
pub(crate) struct Reminder {
    /// Whose praise, and by which day they are to hear of it.
    rows: Vec<(String, NaiveDate)>,
    /// How much waits beyond those.
    more: usize,
}

/// What waits for readers of one organisation, by reader; those for whom nothing does are left out.
pub(crate) async fn of_readers(
    connection: &impl ConnectionTrait,
    organisation: &organisation::Model,
    readers: Vec<Uuid>,
) -> Result<HashMap<Uuid, Reminder>, DbErr> {
    if readers.is_empty() {
        return Ok(HashMap::new());
    }
    let promises = promise::Entity::named(organisation.id, Column::AccountId, readers)
        .filter(Column::NextAt.is_not_null())
        .filter(Column::State.ne(promise::State::Paused))
        .order_by_asc(Column::DueAt)
        .order_by_asc(Column::RecognitionId)
        .all(connection)
        .await?;
    let mut by_reader: HashMap<Uuid, Vec<promise::Model>> = HashMap::new();
    for promise in promises {
        if let Some(reader) = promise.account_id {
            by_reader.entry(reader).or_default().push(promise);
        }
    }
    let named = by_reader.values().flat_map(|own| own.iter().take(NAMED));
    let ids: HashSet<Uuid> = named.map(|promise| promise.recognition_id).collect();
    let recognitions = recognitions_named(connection, organisation.id, ids).await?;
    let people = recognitions.iter().filter_map(|one| one.staff_id).collect();
    let people = said::people(connection, organisation.id, people).await?;
    let sites: HashSet<Uuid> = recognitions.iter().filter_map(|one| one.site_id).collect();
    let zones = zone::zones(connection, organisation, sites).await?;
    let recognitions: HashMap<Uuid, recognition::Model> =
        recognitions.into_iter().map(|one| (one.id, one)).collect();
    let row = |promise: &promise::Model| {
        let recognition = recognitions.get(&promise.recognition_id)?;
        let person = people.get(&recognition.staff_id?)?;
        Some((
            full_name(person),
            last_day(promise, zones.at(recognition.site_id)),
        ))
    };
    let reminder = |(reader, own): (Uuid, Vec<promise::Model>)| {
        let reminder = Reminder {
            rows: own.iter().take(NAMED).filter_map(row).collect(),
            more: own.len().saturating_sub(NAMED),
        };
        (reader, reminder)
    };
    Ok(by_reader.into_iter().map(reminder).collect())
}

/// The day with which a promise is due.
fn last_day(promise: &promise::Model, zone: Tz) -> NaiveDate {
    let last = promise.due_at - chrono::TimeDelta::seconds(1);
    last.with_timezone(&zone).date_naive()
}

pub(crate) fn mail(app: &DeliverApp, addressed: &Addressed, reminder: &Reminder) -> ReminderMail {
    let row = |(name, day): &(String, NaiveDate)| ReminderRow {
        name: name.clone(),
        day: *day,
    };
    ReminderMail {
        mail: addressed.frame(app, vec![addressed.organisation.name.clone()], None),
        rows: reminder.rows.iter().map(row).collect(),
        waiting: (reminder.rows.len() + reminder.more) as u64,
        more: reminder.more as u64,
        desk_url: link::desk_url(app, None),
    }
}
