//! How many recognitions a person has at a site in a period: all that boards read.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recognition_count")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub organisation_id: Uuid,
    /// week, month, quarter, year or all.
    #[sea_orm(primary_key, auto_increment = false)]
    pub period_kind: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub period_start: Date,
    /// The nil id stands for no site.
    #[sea_orm(primary_key, auto_increment = false)]
    pub site_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: Uuid,
    pub n: i64,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
