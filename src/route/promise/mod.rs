//! The heard-by clock: that somebody hears of praise by a day. A promise is made with the first notice to a manager and kept
//! when it is passed on; until then whoever has it is reminded, and after them somebody higher up is asked.
//!
//! It has at most [`HIGHEST`] + 1 terms, each of the site's working days, and waits while a person decides about the comment.
pub mod clock;
mod deputies;
mod step;
mod write;

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use entity::{
    comment, organisation,
    promise::{self, State},
    recognition,
};
use sea_orm::{
    DbErr,
    sea_query::{Expr, OnConflict},
};
use uuid::Uuid;

use super::write::Told;
use crate::{
    ledger::promise as promises,
    platform::db::{Tx, insert_or},
    roster::terms,
};

/// How often a promise goes to somebody higher up.
pub const HIGHEST: i32 = 2;

/// Praise of people that is to be passed on, by its id.
pub(super) type Waiting = HashMap<Uuid, recognition::Model>;

/// Those of recognitions that are to be passed on.
pub(super) fn waiting(recognitions: &[&recognition::Model]) -> Waiting {
    let waits = |one: &&&recognition::Model| one.waiting_since.is_some() && one.staff_id.is_some();
    let waiting = recognitions.iter().filter(waits);
    waiting.map(|one| (one.id, (*one).clone())).collect()
}

/// Makes the promises of what was told. Where there is one, whoever is told instead has it from now on.
pub(super) async fn make(
    tx: &Tx,
    organisation: &organisation::Model,
    (waiting, told): (&Waiting, &[Told]),
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let mut seen = HashSet::new();
    let told: Vec<(&recognition::Model, &Told)> = told
        .iter()
        .filter(|told| seen.insert(told.recognition))
        .filter_map(|told| Some((waiting.get(&told.recognition)?, told)))
        .collect();
    if told.is_empty() {
        return Ok(());
    }
    let sites = told.iter().filter_map(|(recognition, _)| recognition.site_id);
    let terms = terms::of_sites(tx, organisation, sites.collect()).await?;
    let row = |(recognition, told): &(&recognition::Model, &Told)| {
        let own = terms.at(recognition.site_id);
        let term = own.calendar.term(now, own.days);
        write::all_set(promise::Model {
            recognition_id: recognition.id,
            organisation_id: organisation.id,
            comment_id: recognition.comment_id,
            account_id: told.reader,
            stands_for_id: told.stands_for,
            state: State::Open,
            level: 0,
            made_at: now,
            asked_at: now,
            due_at: term.ends,
            next_at: Some(term.last_morning),
            ended_at: None,
        })
    };
    insert_or(tx, told.iter().map(row), asked_instead(now)).await
}

/// Whoever is told instead keeps it by the same day, and begins anew where it had ended.
fn asked_instead(now: DateTime<Utc>) -> OnConflict {
    use promise::Column;
    let anew = |column: &str| {
        Expr::cust(format!(
            "CASE WHEN promise.ended_at IS NULL THEN promise.{column} ELSE excluded.{column} END"
        ))
    };
    OnConflict::column(Column::RecognitionId)
        .update_columns([
            Column::AccountId,
            Column::StandsForId,
            Column::State,
            Column::AskedAt,
            Column::EndedAt,
        ])
        .value(Column::DueAt, anew("due_at"))
        .value(Column::Level, anew("level"))
        .value(Column::NextAt, Expr::value(now))
        .to_owned()
}

/// Promises wait while a person must decide about their comment.
pub(super) async fn pause_or_go_on(
    tx: &Tx,
    comments: &[(Uuid, comment::State)],
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let in_triage = |(_, state): &&(Uuid, comment::State)| *state == comment::State::Triage;
    let (paused, going): (Vec<_>, Vec<_>) = comments.iter().partition(in_triage);
    let ids = |some: Vec<&(Uuid, comment::State)>| -> Vec<Uuid> { some.iter().map(|(id, _)| *id).collect() };
    promises::pause(tx, &ids(paused)).await?;
    promises::go_on(tx, &ids(going), now).await
}
