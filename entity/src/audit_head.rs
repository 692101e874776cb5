//! The last block of an organisation's audit log, so that it is missed, and when the log was last read as a whole.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_head")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: Uuid,
    /// The last block.
    pub block: i64,
    /// Its hash.
    #[sea_orm(column_type = "Blob")]
    pub hash: Vec<u8>,
    /// When all of it was read, whatever was found.
    pub checked_at: Option<DateTimeUtc>,
    /// The first block that was not as it had been linked; none where all were.
    pub fault_block: Option<i64>,
    /// The installation's, of organisation, block and hash.
    #[sea_orm(column_type = "Blob")]
    pub signature: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
