//! The words that a comment holds now, as a search compares them: folded, each once. Both databases keep an index of them.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "comment_search")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub organisation_id: Uuid,
    #[sea_orm(unique)]
    pub comment_id: Uuid,
    /// Parted by spaces.
    pub words: String,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
