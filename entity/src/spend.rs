//! What reading a source cost in a month (UTC).
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "spend")]
pub struct Model {
    pub organisation_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: Uuid,
    /// Its first day.
    #[sea_orm(primary_key, auto_increment = false)]
    pub month: Date,
    /// Posts that were charged.
    pub posts: i64,
    /// Millionths of a US dollar.
    pub micro_dollars: i64,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
