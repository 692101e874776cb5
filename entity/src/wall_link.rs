//! An unguessable link to the wallboard of a site or a team. Only a hash is kept.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "wall_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    /// The site that it shows, with those below it; empty for a team.
    pub site_id: Option<Uuid>,
    /// The manager whose team it shows; empty for a site.
    pub manager_id: Option<Uuid>,
    pub name: String,
    /// SHA-256 of the token in the link.
    #[sea_orm(unique, column_type = "Blob")]
    pub token_hash: Vec<u8>,
    /// `account:<id>`.
    pub created_by: String,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub last_used_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
