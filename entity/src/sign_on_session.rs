//! That a session began at a provider, so that it ends when the provider says so.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_on_session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub session_id: Uuid,
    pub organisation_id: Uuid,
    pub provider_id: Uuid,
    pub link_id: Uuid,
    /// What the provider calls the session there.
    pub sid: Option<String>,
    /// Sealed: by it the provider knows whom to sign out.
    #[sea_orm(column_type = "Blob")]
    pub id_token: Vec<u8>,
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
