//! A configured way in.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "source")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique_key = "source_name")]
    pub organisation_id: Uuid,
    #[sea_orm(unique_key = "source_name")]
    pub name: String,
    /// api, form, import, x, mastodon, or a tool that pushes
    pub kind: String,
    /// Settings of this kind of source; no secrets.
    pub settings: Json,
    /// How long words may still change before they are attributed.
    pub settle_seconds: i32,
    /// Its secrets, encrypted for this row.
    #[sea_orm(column_type = "Blob", nullable)]
    pub sealed: Option<Vec<u8>>,
    pub sealed_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
    pub paused_at: Option<DateTimeUtc>,
    pub removed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
