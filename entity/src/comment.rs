//! What a customer said, through any source, of any tone. The words themselves live in `comment_revision`.
use sea_orm::entity::prelude::*;

use crate::json::Words;

/// Where a comment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum State {
    /// It looks like junk: nothing happens until somebody has looked at it.
    Held,
    /// The shield keeps it from everybody but safe readers: it speaks of looks, invites, threatens or says what is private.
    Shielded,
    /// Waits until its source's settle time is over.
    Settling,
    /// A worker is to find out who is meant.
    Attributing,
    /// A verdict is open: a person decides.
    Triage,
    /// Every verdict is final.
    Done,
}

/// What the comment is as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum Tone {
    Praise,
    Mixed,
    Complaint,
    Neutral,
}

/// Whether and when managers hear of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum Tell {
    Now,
    Digest,
    None,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "comment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    #[sea_orm(unique_key = "comment_idempotency_key")]
    pub source_id: Uuid,
    /// The sender's own id of the comment.
    pub external_id: Option<String>,
    /// The sender's key of the request that brought it, where it has no id of its own.
    #[sea_orm(unique_key = "comment_idempotency_key")]
    pub idempotency_key: Option<String>,
    pub import_id: Option<Uuid>,
    pub site_id: Option<Uuid>,
    pub state: State,
    /// Codes of what made it look like junk, while it is held; of what it says, while it is shielded.
    pub held_for: Option<Words>,
    /// The revision that a safe reader let through.
    pub cleared_revision: Option<i32>,
    /// When a safe reader decided that the shield keeps it for good.
    pub kept_at: Option<DateTimeUtc>,
    pub tone: Option<Tone>,
    pub tell: Tell,
    /// Number of the current revision, from 1.
    pub revision: i32,
    /// The words changed after a person decided.
    pub words_changed: bool,
    /// When the customer was served, or spoke.
    pub occurred_at: DateTimeUtc,
    pub received_at: DateTimeUtc,
    pub attributed_at: Option<DateTimeUtc>,
    /// SHA-256 of the receipt's capability.
    #[sea_orm(unique, column_type = "Blob")]
    pub receipt_hash: Option<Vec<u8>>,
    pub withdrawn_at: Option<DateTimeUtc>,
    pub erased_at: Option<DateTimeUtc>,
    pub erased_reason: Option<String>,
    /// Since when it waits for somebody to put right what it complains of; empty once somebody did.
    pub concern_since: Option<DateTimeUtc>,
    pub handled_at: Option<DateTimeUtc>,
    /// The account that dealt with it.
    pub handled_by: Option<Uuid>,
    /// The account that wrote down what the customer said aloud.
    pub logged_by: Option<Uuid>,
    /// Who that is on the staff: never credited but by somebody else.
    pub logged_by_staff: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
