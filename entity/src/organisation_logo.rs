//! The picture of an organisation, apart from its settings, which are read far more often.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation_logo")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: Uuid,
    /// As we encoded it, never as it was sent.
    #[sea_orm(column_type = "Blob")]
    pub png: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
