//! A code on paper in the place of the app's; the row goes when it is used.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recovery_code")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub account_id: Uuid,
    /// SHA-256; the code has 80 bits.
    #[sea_orm(unique, column_type = "Blob")]
    pub code_hash: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
