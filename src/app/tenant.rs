//! A new tenant.
use chrono::{DateTime, Utc};
use entity::organisation;

use crate::{
    capture::source,
    platform::db::Tx,
    roster::{
        RosterError,
        organisation::{self as organisations, NewOrganisation},
    },
};

/// Makes an organisation with its sources `api`, `form` and `import`, in the caller's transaction.
pub async fn create(
    tx: &Tx,
    new: NewOrganisation,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<organisation::Model, RosterError> {
    let made = organisations::create(tx, new, actor, now).await?;
    source::create_standard(tx, made.id, now).await?;
    Ok(made)
}
