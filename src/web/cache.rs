//! What nearly every request asks and hardly anybody changes: whose key it is, which source a comment comes through.
//! Asked of the database at most once a second; two questions less are half of what taking a comment in costs.
//!
//! A change made through this process holds at once, one made by another process within [`STALE`].
use std::time::Duration;

use chrono::{DateTime, Utc};
use entity::source;
use moka::sync::Cache as Kept;
use sea_orm::DbErr;
use uuid::Uuid;

use crate::{
    access::{Caller, key},
    capture::source::{self as sources, SourceError},
    platform::db::Db,
};

/// For how long an answer is believed.
pub const STALE: Duration = Duration::from_secs(1);
/// Answers kept at most: a bound on memory, far above the number of keys and sources in use.
const KEPT: u64 = 10_000;

/// Answers of the last second. What was not found is asked anew every time.
#[derive(Clone, Debug)]
pub struct Cache {
    callers: Kept<key::Fingerprint, Caller>,
    sources: Kept<(Uuid, String), source::Model>,
}

impl Default for Cache {
    fn default() -> Cache {
        Cache {
            callers: Kept::builder().max_capacity(KEPT).time_to_live(STALE).build(),
            sources: Kept::builder().max_capacity(KEPT).time_to_live(STALE).build(),
        }
    }
}

impl Cache {
    /// The caller behind a key, or none if it is unknown, wrong or revoked.
    pub async fn caller(&self, db: &Db, secret: &str, now: DateTime<Utc>) -> Result<Option<Caller>, DbErr> {
        let fingerprint = key::fingerprint(secret);
        if let Some(caller) = self.callers.get(&fingerprint) {
            return Ok(Some(caller));
        }
        let found = key::authenticate(db, secret, now).await?;
        if let Some(caller) = &found {
            self.callers.insert(fingerprint, caller.clone());
        }
        Ok(found)
    }

    /// A source by its name.
    pub async fn source(
        &self,
        db: &Db,
        organisation: Uuid,
        name: &str,
    ) -> Result<source::Model, SourceError> {
        let asked = (organisation, name.to_owned());
        if let Some(source) = self.sources.get(&asked) {
            return Ok(source);
        }
        let found = sources::by_name(db.read(), organisation, name).await?;
        self.sources.insert(asked, found.clone());
        Ok(found)
    }

    /// Forgets all answers: call it after the commit that changed a key or a source.
    pub fn forget(&self) {
        self.callers.invalidate_all();
        self.sources.invalidate_all();
    }
}
