//! A link or code that signs somebody in, once. Only a hash is kept.
use sea_orm::entity::prelude::*;

/// How it reaches whom it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum Kind {
    /// By mail, on request.
    Mail,
    /// As a code that a manager shows or prints.
    Join,
    /// Printed by the command line.
    Invite,
    /// Handed over by an administrator: links with a provider, and signs nobody in by itself.
    Link,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_link")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub account_id: Uuid,
    pub kind: Kind,
    /// SHA-256 of the token, or what the installation's key makes of the code.
    #[sea_orm(unique, column_type = "Blob")]
    pub token_hash: Vec<u8>,
    /// In which its mail speaks.
    pub language: Option<String>,
    /// The page that was asked for before signing in.
    pub path: Option<String>,
    /// `account:<id>`, `cli`, or `visitor` for somebody who typed the address.
    pub created_by: String,
    pub created_at: DateTimeUtc,
    pub expires_at: DateTimeUtc,
    pub used_at: Option<DateTimeUtc>,
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
