//! That a directory was about to end too many people, until somebody says that this is right.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scim_stop")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: Uuid,
    /// Since when nobody is ended.
    pub stopped_at: Option<DateTimeUtc>,
    /// Until when as many as the directory likes are ended.
    pub allowed_until: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
