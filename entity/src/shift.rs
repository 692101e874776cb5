//! Who worked where, from when to when, as a rota says it: it tells whom praise without a name is about.
use sea_orm::entity::prelude::*;

use crate::json::Breaks;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "shift")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub site_id: Uuid,
    pub staff_id: Uuid,
    /// Till, desk or the like; empty means the whole site.
    pub post: Option<String>,
    /// The day there on which it begins.
    pub day: Date,
    pub starts_at: DateTimeUtc,
    pub ends_at: DateTimeUtc,
    /// Within it.
    pub breaks: Breaks,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
