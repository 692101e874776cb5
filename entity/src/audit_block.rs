//! A block of the audit log's chain: the rows that bear its number, as they were when they were linked.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_block")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: Uuid,
    /// From 1 on, without a gap.
    #[sea_orm(primary_key, auto_increment = false)]
    pub number: i64,
    pub linked_at: DateTimeUtc,
    /// The number of its first row, from 1 on; the others follow in the order of their ids.
    pub first_row: i64,
    pub row_count: i64,
    /// The hash of the block before.
    #[sea_orm(column_type = "Blob")]
    pub previous: Vec<u8>,
    /// The hash of its rows' hashes.
    #[sea_orm(column_type = "Blob")]
    pub digest: Vec<u8>,
    /// The installation's, of all of this.
    #[sea_orm(column_type = "Blob")]
    pub signature: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
