//! Who signs in and who is told: a staff member, somebody with an e-mail address, or both.
use sea_orm::entity::prelude::*;

/// How often somebody wants mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum Frequency {
    /// At once, and the weekly digest.
    AtOnce,
    /// The weekly digest only.
    Digest,
    /// No mail.
    Off,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "account")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    #[sea_orm(unique)]
    pub staff_id: Option<Uuid>,
    /// Own address; a staff member without one is told at the roster's.
    pub email: Option<String>,
    pub frequency: Frequency,
    /// Whether they are told of praise of themselves.
    pub own_praise: bool,
    /// Local hour at which the weekly digest leaves on Monday.
    pub digest_hour: i32,
    /// When to look whether their digest is due: then, or up to a day before.
    pub digest_due_at: DateTimeUtc,
    /// IANA name; empty means the zone of their site.
    pub time_zone: Option<String>,
    /// Code of the language they chose; empty means that of their site.
    pub language: Option<String>,
    /// The mail server refused the address for good.
    pub mail_refused_at: Option<DateTimeUtc>,
    /// SHA-256 of the address that was refused: another one is tried again.
    #[sea_orm(column_type = "Blob")]
    pub mail_refused_hash: Option<Vec<u8>>,
    /// In the server's words.
    pub mail_refused_reason: Option<String>,
    pub created_at: DateTimeUtc,
    pub closed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
