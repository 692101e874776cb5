//! A post whose words we keep, and when it was last seen to stand. Goes when the words go.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "kept_post")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub comment_id: Uuid,
    pub organisation_id: Uuid,
    pub source_id: Uuid,
    /// Its latest id; a comment's external id is the first.
    pub post_id: String,
    pub checked_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
