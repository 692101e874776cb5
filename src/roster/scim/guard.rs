//! A directory that would end many people at once is more often set up wrongly than right: a person looks first.
use chrono::{DateTime, TimeDelta, Utc};
use entity::{scim_stop, scim_user, staff_member};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, sea_query::OnConflict,
};
use uuid::Uuid;

use super::ScimError;
use crate::{
    access::{alert, audit},
    platform::db::Tx,
};

/// Of the people that a directory brought, at most one in so many ends within a day.
const ONE_IN: u64 = 10;
/// One person may always end.
const ALWAYS: u64 = 1;
const DAY: TimeDelta = TimeDelta::days(1);

/// How many would end within a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Those who would have ended.
    pub ending: u64,
    /// Of so many.
    pub people: u64,
}

impl Counted {
    fn is_too_many(self) -> bool {
        self.ending > ALWAYS && self.ending * ONE_IN > self.people
    }
}

/// Refuses to end somebody where that is one too many.
pub(super) async fn check(
    tx: &Tx,
    person: &staff_member::Model,
    now: DateTime<Utc>,
) -> Result<(), ScimError> {
    let stop = scim_stop::Entity::within(person.organisation_id).one(tx).await?;
    let allowed = stop.as_ref().and_then(|stop| stop.allowed_until);
    if allowed.is_some_and(|until| now < until) {
        return Ok(());
    }
    let counted = count(tx, person, now).await?;
    let is_stopped = stop.is_some_and(|stop| stop.stopped_at.is_some());
    match is_stopped || counted.is_too_many() {
        true => Err(ScimError::Stopped(counted)),
        false => Ok(()),
    }
}

/// Counts them, and who ended before them.
async fn count(tx: &Tx, person: &staff_member::Model, now: DateTime<Utc>) -> Result<Counted, DbErr> {
    use scim_user::Column;
    let others = || scim_user::Entity::within(person.organisation_id).filter(Column::StaffId.ne(person.id));
    let ended = others().filter(Column::EndedAt.gt(now - DAY)).count(tx).await?;
    let active = others().filter(Column::Active.eq(true)).count(tx).await?;
    Ok(Counted {
        ending: ended + 1,
        people: ended + active + 1,
    })
}

/// Ends nobody from now on, and tells all administrators.
pub async fn stop(
    tx: &Tx,
    organisation: Uuid,
    counted: Counted,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let stop = scim_stop::Entity::within(organisation).one(tx).await?;
    if stop.is_some_and(|stop| stop.stopped_at.is_some()) {
        return Ok(());
    }
    put(tx, organisation, Some(now), None).await?;
    alert::sync_stopped(tx, organisation, counted.ending, counted.people, now).await?;
    let detail = serde_json::json!({ "ending": counted.ending, "people": counted.people });
    record(tx, organisation, "stop_scim", detail, actor, now).await
}

/// Lets as many end as the directory says, for a day.
pub async fn go_on(tx: &Tx, organisation: Uuid, actor: &str, now: DateTime<Utc>) -> Result<(), DbErr> {
    put(tx, organisation, None, Some(now + DAY)).await?;
    let detail = serde_json::json!({ "until": now + DAY });
    record(tx, organisation, "continue_scim", detail, actor, now).await
}

async fn put(
    tx: &Tx,
    organisation: Uuid,
    stopped_at: Option<DateTime<Utc>>,
    allowed_until: Option<DateTime<Utc>>,
) -> Result<(), DbErr> {
    use scim_stop::Column;
    let row = scim_stop::ActiveModel {
        organisation_id: Set(organisation),
        stopped_at: Set(stopped_at),
        allowed_until: Set(allowed_until),
    };
    let over = OnConflict::column(Column::OrganisationId)
        .update_columns([Column::StoppedAt, Column::AllowedUntil])
        .to_owned();
    scim_stop::Entity::insert(row)
        .on_conflict(over)
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

async fn record(
    tx: &Tx,
    organisation: Uuid,
    action: &str,
    detail: serde_json::Value,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let entry = audit::Entry {
        organisation,
        at: now,
        actor,
        action,
        subject_kind: "organisation",
        subject_id: Some(organisation.to_string()),
        detail,
    };
    audit::record(tx, entry).await
}
