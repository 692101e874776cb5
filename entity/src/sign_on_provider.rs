//! Somebody at whom an organisation's people sign in: an OpenID provider.
use sea_orm::entity::prelude::*;

use crate::json::{GroupRoles, Words};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_on_provider")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    /// On the button.
    pub name: String,
    /// As it calls itself, to the letter.
    pub issuer: String,
    /// As what Plaudit is known there.
    pub client_id: String,
    /// Sealed; empty where it has ended.
    #[sea_orm(column_type = "Blob")]
    pub client_secret: Vec<u8>,
    /// Domains of mail whose addresses it vouches for.
    pub domains: Words,
    /// The claim that names somebody's groups.
    pub group_claim: Option<String>,
    /// Which groups give which roles.
    pub group_roles: GroupRoles,
    pub created_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
