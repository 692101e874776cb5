//! Writes what the clock decided: promises as they stand now, and the reminders of those who have them.
use std::collections::{BTreeSet, HashMap};

use chrono::{DateTime, NaiveDate, Utc};
use entity::{
    account::{self, Frequency},
    among,
    notice::{self, Kind},
    promise,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, sea_query::OnConflict,
};
use uuid::Uuid;

use crate::{
    platform::db::{Tx, insert_or},
    route::{
        reason::{Code, Muted, Reason},
        write as notices,
    },
};

/// Every column of a promise.
pub(super) fn all_set(row: promise::Model) -> promise::ActiveModel {
    row.into_active_model().reset_all()
}

/// Writes promises that are there, in a few statements.
pub(super) async fn changed(tx: &Tx, promises: Vec<promise::Model>) -> Result<(), DbErr> {
    use promise::Column;
    let there = OnConflict::column(Column::RecognitionId)
        .update_columns([
            Column::AccountId,
            Column::StandsForId,
            Column::State,
            Column::Level,
            Column::AskedAt,
            Column::DueAt,
            Column::NextAt,
            Column::EndedAt,
        ])
        .to_owned();
    insert_or(tx, promises.into_iter().map(all_set), there).await
}

/// Reminds readers of one organisation of all that waits for them: once a day at most.
pub(super) async fn remind(
    tx: &Tx,
    organisation: Uuid,
    readers: BTreeSet<Uuid>,
    (today, now): (NaiveDate, DateTime<Utc>),
) -> Result<(), DbErr> {
    if readers.is_empty() {
        return Ok(());
    }
    let accounts = account::Entity::named(organisation, account::Column::Id, readers)
        .all(tx)
        .await?;
    let rows: Vec<notice::Model> = accounts
        .iter()
        .map(|reader| reminder(reader, today, now))
        .collect();
    let once = OnConflict::new().do_nothing().to_owned();
    insert_or(tx, rows.iter().cloned().map(notices::all_set), once).await?;
    let made = notice::Entity::find()
        .filter(among(notice::Column::Id, rows.iter().map(|row| row.id)))
        .filter(notice::Column::State.eq(notice::State::Waiting))
        .all(tx)
        .await?;
    notices::dispatch(tx, made.iter(), &HashMap::new(), now).await
}

fn reminder(reader: &account::Model, today: NaiveDate, now: DateTime<Utc>) -> notice::Model {
    let wants_none = reader.frequency == Frequency::Off;
    let reason = Reason {
        muted: wants_none.then_some(Muted::Frequency),
        ..Reason::new(Code::Reminder)
    };
    notice::Model {
        id: Uuid::now_v7(),
        organisation_id: reader.organisation_id,
        reader_id: Some(reader.id),
        channel_id: None,
        kind: Kind::Reminder,
        comment_id: None,
        ordinal: 0,
        rule_id: None,
        revision: None,
        period_start: Some(today),
        first_day: None,
        last_day: None,
        covers_from: None,
        covers_until: None,
        state: match wants_none {
            true => notice::State::Muted,
            false => notice::State::Waiting,
        },
        reason: reason.to_json(),
        due_at: now,
        created_at: now,
        sent_at: None,
    }
}
