//! One attempt to tell a notice through one channel. No bodies, no addresses.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub notice_id: Uuid,
    /// mail
    pub channel: String,
    /// accepted, refused or failed.
    pub outcome: String,
    /// The server's reply code, where there was one.
    pub code: Option<i32>,
    pub started_at: DateTimeUtc,
    pub finished_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
