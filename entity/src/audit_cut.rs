//! Up to which block an organisation's audit log was cut away: where its chain begins now.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_cut")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: Uuid,
    /// The last block that is gone.
    pub block: i64,
    /// The number of its last row: so many rows are gone.
    pub last_row: i64,
    /// Its hash.
    #[sea_orm(column_type = "Blob")]
    pub hash: Vec<u8>,
    pub cut_at: DateTimeUtc,
    /// The installation's, of all of this.
    #[sea_orm(column_type = "Blob")]
    pub signature: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
