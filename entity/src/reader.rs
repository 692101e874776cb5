//! Where one reader of a source stands: committed together with the comments it read.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reader")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    #[sea_orm(unique_key = "reader_name")]
    pub source_id: Uuid,
    /// mentions, search 1, check, …
    #[sea_orm(unique_key = "reader_name")]
    pub name: String,
    /// Read what is later than this post or notification.
    pub after: Option<String>,
    /// Read from this time on: where no post is known, or the one known is too old.
    pub from_time: Option<DateTimeUtc>,
    /// The next page of the round under way.
    pub next_token: Option<String>,
    pub round_started_at: Option<DateTimeUtc>,
    /// Posts read in the round under way.
    pub round_posts: i32,
    /// Calls that may still be made until the window ends; empty where the service did not say.
    pub calls_left: Option<i32>,
    pub window_ends_at: Option<DateTimeUtc>,
    /// Millionths of a US dollar held against the budget for the call under way.
    pub held: i64,
    /// Failures in a row.
    pub failures: i32,
    pub last_read_at: Option<DateTimeUtc>,
    /// Everything before this time has been read.
    pub caught_up_at: Option<DateTimeUtc>,
    pub last_error: Option<String>,
    pub failed_at: Option<DateTimeUtc>,
    /// What a person must put right before reading goes on.
    pub stopped_by: Option<String>,
    /// What could not be fetched any more.
    pub gap_from: Option<DateTimeUtc>,
    pub gap_to: Option<DateTimeUtc>,
    /// Of a mailbox: how far it is read, and what is still to be done to its mails.
    pub progress: Option<Json>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
