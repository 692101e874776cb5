//! Days as an organisation's people count them: in its time zone.
use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Tz;
use entity::organisation;
use sea_orm::{ConnectionTrait, DbErr, EntityTrait};
use uuid::Uuid;

/// The organisation's time zone.
#[must_use]
pub fn zone(organisation: &organisation::Model) -> Tz {
    // Validated when stored; a name that a later zone table dropped must not stop the service.
    organisation.time_zone.parse().unwrap_or(Tz::UTC)
}

/// The day it is in the organisation's zone.
#[must_use]
pub fn day_in(organisation: &organisation::Model, at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&zone(organisation)).date_naive()
}

/// The day it is in an organisation.
pub async fn today(
    connection: &impl ConnectionTrait,
    id: Uuid,
    now: DateTime<Utc>,
) -> Result<NaiveDate, DbErr> {
    let found = organisation::Entity::find_by_id(id).one(connection).await?;
    Ok(found.map_or_else(|| now.date_naive(), |organisation| day_in(&organisation, now)))
}
