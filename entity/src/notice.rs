//! One reader should be told of one subject, for a stated reason. Unique for reader, kind, subject and telling.
use sea_orm::entity::prelude::*;

/// What it tells of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum Kind {
    /// Praise of the reader's people in one comment.
    Praise,
    /// Praise of the reader in one comment.
    OwnPraise,
    /// Praise of a site in one comment, nobody named; it stands in the digest only.
    SitePraise,
    /// A comment whose verdict is open.
    Triage,
    /// A complaint.
    Complaint,
    /// Words that the shield keeps back: their reader decides about them, and no word of them is told.
    Shielded,
    /// The praise of a day, week or month.
    Digest,
    /// Praise that the reader is to pass on by the end of the day, and what else waits for them.
    Reminder,
}

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum State {
    /// A job will deliver it.
    Waiting,
    /// It waits for the end of its reader's quiet hours, or for the full hour: then one mail gathers what there is.
    Deferred,
    /// The mail server has it.
    Sent,
    /// The reader wants no mail of this kind; it stands in the digest or on the desk.
    Muted,
    /// Nobody was found to tell.
    NoRecipient,
    /// Before it left, there was nothing left to tell.
    Cancelled,
    /// The reader could not be told: their address was refused for good, or is gone. Somebody else is.
    Refused,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    /// Empty where nobody was found.
    pub reader_id: Option<Uuid>,
    /// The room or endpoint that is told, where it is for no account.
    pub channel_id: Option<Uuid>,
    pub kind: Kind,
    /// The subject, unless it is a digest.
    pub comment_id: Option<Uuid>,
    /// Counts the times a reader is told of one comment, from 1: later words or decisions that credit somebody else,
    /// or ask anew, are a further telling. 0 for a digest.
    pub ordinal: i32,
    /// The rule that made it; empty for the first one, which is always there, and for what no rule tells.
    pub rule_id: Option<Uuid>,
    /// Which words of the comment it was made for.
    pub revision: Option<i32>,
    /// Day of a digest, on the reader's calendar: they have one a day at most.
    pub period_start: Option<Date>,
    /// The first day that a digest tells of …
    pub first_day: Option<Date>,
    /// … and the last.
    pub last_day: Option<Date>,
    /// A digest tells what was recognised from here …
    pub covers_from: Option<DateTimeUtc>,
    /// … until before here.
    pub covers_until: Option<DateTimeUtc>,
    pub state: State,
    /// Why this reader: codes and ids.
    pub reason: Json,
    pub due_at: DateTimeUtc,
    pub created_at: DateTimeUtc,
    pub sent_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
