//! Which push brought which comment, so that both are erased together.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "push_comment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub push_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub comment_id: Uuid,
    pub organisation_id: Uuid,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
