//! A role over a site or everything, from a time to a time. Who manages whom follows from assignments instead.
use sea_orm::entity::prelude::*;

/// What somebody may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum Role {
    Administrator,
    /// Reads all, changes nothing.
    Auditor,
    SiteLead,
    /// Reads what the shield keeps, and decides about it.
    SafeReader,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "grant")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub account_id: Uuid,
    pub role: Role,
    /// Empty: everywhere.
    pub site_id: Option<Uuid>,
    /// Whose group gave it; empty: somebody by hand.
    pub provider_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
