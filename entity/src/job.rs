//! Work to be done. Finished jobs are deleted, given-up ones stay as dead letters.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "job")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub organisation_id: Option<Uuid>,
    pub kind: String,
    /// Ids only.
    pub payload: Json,
    /// At most one waiting job bears a key.
    #[sea_orm(unique)]
    pub key: Option<String>,
    pub run_at: DateTimeUtc,
    /// Counts the claims; a completion names the one it was made under.
    pub attempt: i32,
    pub leased_until: Option<DateTimeUtc>,
    pub leased_by: Option<String>,
    pub dead_at: Option<DateTimeUtc>,
    pub last_error: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
