//! Numbers of people who were erased: whatever brings them in again is refused in words, until somebody lets them in again.
//!
//! Kept are hashes that need the installation's key, so that no table says whom it would be about.
use std::{collections::HashSet, sync::Arc};

use chrono::{DateTime, Utc};
use entity::erased_number::{self, Column};
use sea_orm::{
    ActiveValue::Set, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, sea_query::OnConflict,
};
use uuid::Uuid;

use super::RosterError;
use crate::{
    access::audit,
    platform::{
        db::{Tx, insert_or},
        secret::Secrets,
    },
};

/// The numbers of an organisation's people who were erased.
#[derive(Clone, Debug)]
pub struct Erased {
    organisation: Uuid,
    hashes: HashSet<Vec<u8>>,
    secrets: Arc<Secrets>,
}

impl Erased {
    /// Reads them.
    pub async fn load(
        connection: &impl ConnectionTrait,
        secrets: &Arc<Secrets>,
        organisation: Uuid,
    ) -> Result<Erased, DbErr> {
        let rows = erased_number::Entity::within(organisation)
            .all(connection)
            .await?;
        Ok(Erased {
            organisation,
            hashes: rows.into_iter().map(|row| row.hash).collect(),
            secrets: secrets.clone(),
        })
    }

    /// Whether somebody of this number was erased.
    #[must_use]
    pub fn knows(&self, number: &str) -> bool {
        let is_known = |hash: Vec<u8>| self.hashes.contains(&hash);
        !self.hashes.is_empty() && hashes(&self.secrets, self.organisation, number).any(is_known)
    }

    /// Refuses numbers of people who were erased.
    pub fn refuse<'n>(&self, numbers: impl IntoIterator<Item = &'n str>) -> Result<(), RosterError> {
        match numbers.into_iter().any(|number| self.knows(number)) {
            true => Err(RosterError::Erased),
            false => Ok(()),
        }
    }
}

/// Refuses a number of somebody who was erased.
pub async fn refuse(
    connection: &impl ConnectionTrait,
    secrets: &Arc<Secrets>,
    organisation: Uuid,
    number: &str,
) -> Result<(), RosterError> {
    let erased = Erased::load(connection, secrets, organisation).await?;
    erased.refuse([number])
}

/// Notes by which numbers somebody was known.
pub(crate) async fn note(
    tx: &Tx,
    secrets: &Secrets,
    organisation: Uuid,
    numbers: &HashSet<String>,
    now: DateTime<Utc>,
) -> Result<(), DbErr> {
    let row = |number: &String| {
        Some(erased_number::ActiveModel {
            organisation_id: Set(organisation),
            hash: Set(hashes(secrets, organisation, number).next()?),
            erased_at: Set(now),
        })
    };
    let rows: Vec<erased_number::ActiveModel> = numbers.iter().filter_map(row).collect();
    let known = OnConflict::columns([Column::OrganisationId, Column::Hash])
        .do_nothing()
        .to_owned();
    insert_or(tx, rows, known).await
}

/// Lets a number in again: whoever has it from then on is somebody new. `false` where nobody of it was erased.
pub async fn readmit(
    tx: &Tx,
    secrets: &Secrets,
    organisation: Uuid,
    number: &str,
    actor: &str,
    now: DateTime<Utc>,
) -> Result<bool, DbErr> {
    let known: Vec<Vec<u8>> = hashes(secrets, organisation, number).collect();
    let deleted = erased_number::Entity::delete_many()
        .filter(Column::OrganisationId.eq(organisation))
        .filter(Column::Hash.is_in(known))
        .exec(tx)
        .await?;
    if deleted.rows_affected == 0 {
        return Ok(false);
    }
    let entry = audit::Entry {
        organisation,
        at: now,
        actor,
        action: "readmit_number",
        subject_kind: "organisation",
        subject_id: Some(organisation.to_string()),
        detail: serde_json::json!({}),
    };
    audit::record(tx, entry).await?;
    Ok(true)
}

/// By the present key first, then by those before it. How a number is written, in capitals or not, makes no difference.
fn hashes(secrets: &Secrets, organisation: Uuid, number: &str) -> impl Iterator<Item = Vec<u8>> {
    let told = format!("erased {organisation} {}", number.trim().to_lowercase());
    secrets.fingerprints(told)
}
