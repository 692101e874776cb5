//! Comments that look like junk: kept, shown to administrators, and nothing else, until somebody releases them or
//! erases them. None is dropped by itself.
use chrono::{DateTime, Utc};
use entity::comment::{self, State};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, ConnectionTrait, DbErr, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select,
};
use serde_json::json;
use uuid::Uuid;

use super::{
    erase,
    read::{self, WithWords},
};
use crate::{
    access::audit,
    platform::{
        db::Tx,
        job::{self, Job},
        lock,
    },
};

/// What makes a comment look like junk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum HeldFor {
    /// A field that people do not see was filled in.
    Trap,
    /// It does not say when its form was shown, or we did not sign that.
    NoToken,
    /// It was sent sooner than anybody reads and writes.
    TooFast,
    /// Its form was shown more than a week ago.
    TooOld,
    /// Many came from the same network at once.
    Network,
    /// Many came in for the organisation at once.
    Organisation,
}

impl HeldFor {
    /// All reasons.
    pub const ALL: [HeldFor; 6] = [
        HeldFor::Trap,
        HeldFor::NoToken,
        HeldFor::TooFast,
        HeldFor::TooOld,
        HeldFor::Network,
        HeldFor::Organisation,
    ];

    /// Its name in the table, the API and the catalogue.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            HeldFor::Trap => "trap",
            HeldFor::NoToken => "no_token",
            HeldFor::TooFast => "too_fast",
            HeldFor::TooOld => "too_old",
            HeldFor::Network => "network",
            HeldFor::Organisation => "organisation",
        }
    }

    /// The reasons why a comment is held.
    #[must_use]
    pub fn of(comment: &comment::Model) -> Vec<HeldFor> {
        let codes = comment.held_for.as_ref().map_or(&[][..], |codes| &codes.0);
        let reason = |code: &String| HeldFor::ALL.into_iter().find(|reason| reason.code() == code);
        codes.iter().filter_map(reason).collect()
    }
}

/// A held comment that cannot be released or erased.
#[derive(Debug, thiserror::Error)]
pub enum HeldError {
    /// There is none, or it is another organisation's.
    #[error("there is no such comment")]
    NoSuchComment,
    /// It is not held, or no longer.
    #[error("this comment is not held back; perhaps somebody has decided about it already")]
    NotHeld,
    /// The database failed.
    #[error("database: {0}")]
    Database(#[from] DbErr),
}

/// Who decides about a held comment, and when.
#[derive(Clone, Copy, Debug)]
pub struct Decider<'a> {
    /// As in the audit log.
    pub actor: &'a str,
    /// Our time.
    pub now: DateTime<Utc>,
}

/// What is held, oldest first, after the time and id of the last one seen.
pub async fn list(
    connection: &impl ConnectionTrait,
    organisation: Uuid,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<WithWords>, DbErr> {
    oldest_first(connection, waiting(organisation), after, limit).await
}

pub(super) async fn oldest_first(
    connection: &impl ConnectionTrait,
    mut waiting: Select<comment::Entity>,
    after: Option<(DateTime<Utc>, Uuid)>,
    limit: u64,
) -> Result<Vec<WithWords>, DbErr> {
    use comment::Column;
    if let Some((at, id)) = after {
        let later = Condition::any()
            .add(Column::ReceivedAt.gt(at))
            .add(Column::Id.gt(id));
        waiting = waiting.filter(Column::ReceivedAt.gte(at)).filter(later);
    }
    let oldest_first = waiting.order_by_asc(Column::ReceivedAt).order_by_asc(Column::Id);
    let comments = oldest_first.limit(limit).all(connection).await?;
    read::with_words(connection, comments).await
}

/// Most that [`count_some`] counts: who sees so many needs no exact number to begin.
pub const COUNTED: u64 = 100;

/// How many are held, counted up to [`COUNTED`], so that a flood makes no page slow that only mentions it.
pub async fn count_some(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<u64, DbErr> {
    waiting(organisation).limit(COUNTED).count(connection).await
}

/// How many are held.
pub async fn count(connection: &impl ConnectionTrait, organisation: Uuid) -> Result<u64, DbErr> {
    waiting(organisation).count(connection).await
}

fn waiting(organisation: Uuid) -> Select<comment::Entity> {
    comment::Entity::within(organisation).filter(comment::Column::State.eq(State::Held))
}

/// Lets a held comment go its way, as if it had just come in.
pub async fn release(tx: &Tx, organisation: Uuid, id: Uuid, by: Decider<'_>) -> Result<(), HeldError> {
    let comment = held(tx, organisation, id).await?;
    let reasons: Vec<&str> = HeldFor::of(&comment).into_iter().map(HeldFor::code).collect();
    let revision = comment.revision;
    let mut released: comment::ActiveModel = comment.into();
    released.state = Set(State::Attributing);
    released.held_for = Set(None);
    released.update(tx).await?;
    let attribute = Job::Attribute {
        comment: id,
        revision,
    };
    job::enqueue(tx, organisation, attribute, by.now).await?;
    let entry = audit::Entry {
        organisation,
        at: by.now,
        actor: by.actor,
        action: "release_comment",
        subject_kind: "comment",
        subject_id: Some(id.to_string()),
        detail: json!({ "held_for": reasons }),
    };
    Ok(audit::record(tx, entry).await?)
}

/// Erases the words of a held comment; the customer's receipt says so.
pub async fn discard(tx: &Tx, organisation: Uuid, id: Uuid, by: Decider<'_>) -> Result<(), HeldError> {
    held(tx, organisation, id).await?;
    let request = erase::Request {
        actor: by.actor,
        reason: "junk",
        now: by.now,
    };
    erase::erase(tx, organisation, id, request).await?;
    Ok(())
}

async fn held(tx: &Tx, organisation: Uuid, id: Uuid) -> Result<comment::Model, HeldError> {
    let comment = lock::comment(tx, organisation, id)
        .await?
        .ok_or(HeldError::NoSuchComment)?;
    match comment.state {
        State::Held => Ok(comment),
        _ => Err(HeldError::NotHeld),
    }
}
