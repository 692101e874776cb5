//! A sign-in that still waits for the code of the second factor. It is no session: nothing but the page that asks for the
//! code looks here.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "half_session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub account_id: Uuid,
    /// SHA-256 of the token in the cookie.
    #[sea_orm(unique, column_type = "Blob")]
    pub token_hash: Vec<u8>,
    /// Browser and system, as far as known.
    pub device: String,
    /// Others use the device too.
    pub is_shared: bool,
    /// SHA-256 of what the browser is known by.
    #[sea_orm(column_type = "Blob")]
    pub device_hash: Option<Vec<u8>>,
    /// The link came past the company's sign-on, where that is the only way.
    pub is_past_company: bool,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
