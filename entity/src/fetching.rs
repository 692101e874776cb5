//! How the answers of a tool that pushes are fetched from it: by which key, and what its allowance leaves.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "fetching")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: Uuid,
    pub organisation_id: Uuid,
    /// The reading key, encrypted for this source and the server to which it is shown.
    #[sea_orm(column_type = "Blob")]
    pub sealed: Vec<u8>,
    pub sealed_at: DateTimeUtc,
    /// Calls that may still be made until the window ends, whichever process makes them.
    pub calls_left: Option<i32>,
    pub window_ends_at: Option<DateTimeUtc>,
    /// Why the last call brought nothing; none after one that did.
    pub problem: Option<String>,
    pub failed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
