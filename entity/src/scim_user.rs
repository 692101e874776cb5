//! What an organisation's directory says of somebody on the roster, by SCIM.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "scim_user")]
pub struct Model {
    /// The id of the person, here and there.
    #[sea_orm(primary_key, auto_increment = false)]
    pub staff_id: Uuid,
    #[sea_orm(unique_key = "scim_user_name")]
    pub organisation_id: Uuid,
    /// In small letters; empty once the directory has deleted them.
    #[sea_orm(unique_key = "scim_user_name")]
    pub user_name: Option<String>,
    pub external_id: Option<String>,
    /// The manager as the directory names them, whether they are known here or not.
    pub manager: Option<String>,
    pub active: bool,
    /// The attributes as the directory wrote them, as far as they are read here.
    pub document: Json,
    pub created_at: DateTimeUtc,
    pub changed_at: DateTimeUtc,
    /// When the directory ended them last.
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
