//! What a tool sent, as it came; encrypted.
use sea_orm::entity::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum State {
    /// It has not been read yet, perhaps because its source is paused.
    Waiting,
    Read,
    /// It cannot be read: see `reason`.
    Quarantined,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "push")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    #[sea_orm(unique_key = "push_digest")]
    pub source_id: Uuid,
    /// A keyed hash of the body: the same body again is the same push.
    #[sea_orm(unique_key = "push_digest", column_type = "Blob")]
    pub digest: Vec<u8>,
    pub state: State,
    /// Content type and body, encrypted for this row.
    #[sea_orm(column_type = "Blob")]
    pub sealed: Vec<u8>,
    pub bytes: i64,
    pub received_at: DateTimeUtc,
    pub read_at: Option<DateTimeUtc>,
    /// Why it cannot be read; none of the customer's words.
    pub reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
