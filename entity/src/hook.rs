//! The address to which a tool pushes, and how full its inbox is.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "hook")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: Uuid,
    pub organisation_id: Uuid,
    /// SHA-256 of the secret part of the address.
    #[sea_orm(unique, column_type = "Blob")]
    pub address_hash: Vec<u8>,
    pub made_at: DateTimeUtc,
    /// Pushes that are kept, and their bytes.
    pub pushes: i64,
    pub bytes: i64,
    pub last_push_at: Option<DateTimeUtc>,
    /// Pushes that were refused: wrongly signed, or too old.
    pub refused: i64,
    pub refused_at: Option<DateTimeUtc>,
    pub retention_days: i32,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
