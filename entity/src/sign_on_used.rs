//! What works once: attempts to sign in at a provider, and its words that somebody signed out there.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_on_used")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    /// SHA-256 of the attempt's state, or of provider and token.
    #[sea_orm(unique, column_type = "Blob")]
    pub hash: Vec<u8>,
    /// When it would work no more anyway.
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
