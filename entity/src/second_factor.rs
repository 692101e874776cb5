//! What an account proves itself with beside its link: codes of an app (TOTP).
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "second_factor")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub account_id: Uuid,
    pub organisation_id: Uuid,
    /// What the app knows too; sealed.
    #[sea_orm(column_type = "Blob")]
    pub secret: Vec<u8>,
    pub created_at: DateTimeUtc,
    /// Since when it counts: a first code showed that the app has it. Empty: it is being set up.
    pub confirmed_at: Option<DateTimeUtc>,
    /// The time step of the last code that was taken; neither that nor an older one is taken again.
    pub last_step: Option<i64>,
    /// Wrong codes since the last right one.
    pub wrong: i32,
    /// Until then no code is taken.
    pub waits_until: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
