//! Somebody says whose a praised name is, or that it is nobody's of ours, and takes that back.
use std::collections::HashSet;

use chrono::{DateTime, NaiveDate, Utc};
use entity::{name_answer, organisation, staff_member, unmet_name};
use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, IntoActiveModel, QueryFilter};
use serde_json::json;
use uuid::Uuid;

use super::{again, list};
use crate::{
    access::audit,
    attribute::app::AttributeApp,
    platform::{db::Tx, job},
    roster::{
        Change, RosterError,
        staff::{self, full_name},
    },
};

/// What somebody says of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is this person's at the site, from a day to a day.
    Alias {
        /// Whose.
        staff: Uuid,
        /// First day; none: since ever.
        starts_on: Option<NaiveDate>,
        /// Last day; none: until further notice.
        ends_on: Option<NaiveDate>,
    },
    /// It is nobody's of ours: it is not shown again.
    NotOurs,
}

/// Who says it, and when.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// As in the audit log.
    pub actor: &'a str,
    /// Who that is on the staff, unless they may credit themselves.
    pub oneself: Option<Uuid>,
    /// When.
    pub now: DateTime<Utc>,
}

/// Why an answer, or its undoing, is refused.
#[derive(Debug, thiserror::Error)]
pub enum NameError {
    /// There is none, or it is another organisation's.
    #[error("there is no such name")]
    NoSuchName,
    /// Somebody was quicker.
    #[error("somebody has said already whose this name is; undo that first")]
    Answered,
    /// There is nothing to undo.
    #[error("nobody has said whose this name is, or it is undone already")]
    NothingToUndo,
    /// Nobody says that praise is their own.
    #[error(
        "nobody decides that they earned praise themselves; somebody above them, or an administrator, can"
    )]
    Oneself,
    /// Somebody else is called so.
    #[error(
        "{bearer} is called {name} at this site; choose days on which they do not work here, or credit them one by one"
    )]
    Borne {
        /// Who, as they are called in full.
        bearer: String,
        /// The name.
        name: String,
    },
    /// A person or day that cannot be.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// Keeps the answer. An alias is part of the roster from now on, and what was said before is read again by a job.
pub async fn answer(
    app: &AttributeApp,
    tx: &Tx,
    (organisation, name): (Uuid, Uuid),
    said: Said,
    by: By<'_>,
) -> Result<name_answer::Model, NameError> {
    let change = Change::begin(tx, organisation, by.actor, by.now).await?;
    if live(tx, organisation, name).await?.is_some() {
        return Err(NameError::Answered);
    }
    let shown = list::one(tx, organisation, name)
        .await?
        .ok_or(NameError::NoSuchName)?;
    let mut row = name_answer::Model {
        id: Uuid::now_v7(),
        organisation_id: organisation,
        site_id: shown.site,
        name_id: name,
        staff_id: None,
        name: None,
        starts_on: None,
        ends_on: None,
        actor: by.actor.to_owned(),
        created_at: by.now,
        undone_at: None,
        undone_by: None,
        to_read: 0,
        read: 0,
        credited: 0,
        finished_at: Some(by.now),
    };
    if let Said::Alias {
        staff,
        starts_on,
        ends_on,
    } = said
    {
        if let Some((field, message)) = staff::days_fault(starts_on, ends_on) {
            return Err(RosterError::invalid(field, message).into());
        }
        if by.oneself == Some(staff) {
            return Err(NameError::Oneself);
        }
        staff::get(tx, organisation, staff).await?;
        refuse_borne(app, &change, &shown, staff, (starts_on, ends_on)).await?;
        row.staff_id = Some(staff);
        row.name = Some(shown.name);
        (row.starts_on, row.ends_on) = (starts_on, ends_on);
        row.finished_at = None;
        staff::touch(&change, &[staff]).await?;
        row.to_read = again::count(tx, &row).await?;
        job::enqueue_all(tx, vec![again::job_for(&row, by.now)]).await?;
    }
    record(tx, &row, "answer_alias_proposal", by).await?;
    row.clone().into_active_model().reset_all().insert(tx).await?;
    Ok(row)
}

/// Takes the last answer back: what was read again for it is read once more without it.
pub async fn undo(
    tx: &Tx,
    (organisation, name): (Uuid, Uuid),
    by: By<'_>,
) -> Result<name_answer::Model, NameError> {
    let change = Change::begin(tx, organisation, by.actor, by.now).await?;
    let row = live(tx, organisation, name)
        .await?
        .ok_or(NameError::NothingToUndo)?;
    let mut row = name_answer::Model {
        name: None,
        undone_at: Some(by.now),
        undone_by: Some(by.actor.to_owned()),
        ..row
    };
    if let Some(staff) = row.staff_id {
        staff::touch(&change, &[staff]).await?;
        row.to_read = again::count(tx, &row).await?;
        (row.read, row.credited, row.finished_at) = (0, 0, None);
        job::enqueue_all(tx, vec![again::job_for(&row, by.now)]).await?;
    }
    record(tx, &row, "undo_alias_answer", by).await?;
    row.clone().into_active_model().reset_all().update(tx).await?;
    Ok(row)
}

/// The answer that holds.
async fn live(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    name: Uuid,
) -> Result<Option<name_answer::Model>, DbErr> {
    name_answer::Entity::within(organisation)
        .filter(name_answer::Column::NameId.eq(name))
        .filter(name_answer::Column::UndoneAt.is_null())
        .one(connection)
        .await
}

/// The site of a name that is proposed or was answered; none where there is no such name.
pub async fn site_of(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    name: Uuid,
) -> Result<Option<Uuid>, DbErr> {
    let noted = unmet_name::Entity::within(organisation)
        .filter(unmet_name::Column::NameId.eq(name))
        .one(connection)
        .await?;
    if let Some(noted) = noted {
        return Ok(Some(noted.site_id));
    }
    let answered = name_answer::Entity::within(organisation)
        .filter(name_answer::Column::NameId.eq(name))
        .one(connection)
        .await?;
    Ok(answered.map(|answered| answered.site_id))
}

/// Nobody else who is at the site in those days may be called so.
async fn refuse_borne(
    app: &AttributeApp,
    change: &Change<'_>,
    shown: &list::Proposal,
    staff: Uuid,
    days: (Option<NaiveDate>, Option<NaiveDate>),
) -> Result<(), NameError> {
    // As it was before this change, which may still be refused.
    let before = organisation::Model {
        roster_version: change.version() - 1,
        ..change.organisation.clone()
    };
    let roster = app.rosters.get(change.tx, &before).await?;
    let called: HashSet<Uuid> = roster.called(shown.site, &shown.name).into_iter().collect();
    let others = called.into_iter().filter(|one| *one != staff);
    let others = staff_member::Entity::named(change.organisation_id(), staff_member::Column::Id, others)
        .all(change.tx)
        .await?;
    let meets = |other: &&staff_member::Model| {
        let ended_before = other
            .ends_on
            .zip(days.0)
            .is_some_and(|(last, first)| last < first);
        let begins_after = other
            .starts_on
            .zip(days.1)
            .is_some_and(|(first, last)| last < first);
        !ended_before && !begins_after
    };
    match others.iter().find(meets) {
        Some(other) => Err(NameError::Borne {
            bearer: full_name(other),
            name: shown.name.clone(),
        }),
        None => Ok(()),
    }
}

async fn record(tx: &Tx, row: &name_answer::Model, action: &str, by: By<'_>) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation: row.organisation_id,
        at: by.now,
        actor: by.actor,
        action,
        subject_kind: "site",
        subject_id: Some(row.site_id.to_string()),
        detail: json!({
            "name": row.name_id,
            "staff": row.staff_id,
            "starts_on": row.starts_on,
            "ends_on": row.ends_on,
            "to_read": row.to_read,
        }),
    };
    audit::record(tx, entry).await
}
