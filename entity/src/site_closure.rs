//! Every site with every site above it and itself (depth 0).
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "site_closure")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub ancestor_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub descendant_id: Uuid,
    pub organisation_id: Uuid,
    pub depth: i32,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
