//! How a source of a public network is read: as whom, since when, and what it may cost.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connection")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub source_id: Uuid,
    pub organisation_id: Uuid,
    /// Millionths of a US dollar a month at most; empty for no limit.
    pub budget: Option<i64>,
    /// The account we read as, once the service named it.
    pub account_id: Option<String>,
    pub account_handle: Option<String>,
    /// Posts before this time are not taken.
    pub read_from: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
