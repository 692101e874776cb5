//! Where somebody is signed in. Only a hash of the cookie is kept.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "session")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub account_id: Uuid,
    /// SHA-256 of the token in the cookie.
    #[sea_orm(unique, column_type = "Blob")]
    pub token_hash: Vec<u8>,
    /// Browser and system, as far as known: "Firefox, Android".
    pub device: String,
    /// Others use the device too: it ends with the browser, and soon.
    pub is_shared: bool,
    /// Whoever signed in held a role: it ends sooner.
    pub with_role: bool,
    /// SHA-256 of what the browser is known by.
    #[sea_orm(column_type = "Blob")]
    pub device_hash: Option<Vec<u8>>,
    pub created_at: DateTimeUtc,
    /// When it was used last, roughly.
    pub seen_at: DateTimeUtc,
    /// When it ends, however much it is used.
    pub expires_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    /// When they proved who they are, where that was not at its beginning: at a provider they may have been signed in before.
    pub proved_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
