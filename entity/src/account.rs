//! Who signs in and who is told: a staff member, somebody with an e-mail address, or both.
use sea_orm::entity::prelude::*;

/// When somebody wants mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum Frequency {
    /// At once, and the digest.
    AtOnce,
    /// With the next full hour, in one mail, and the digest.
    Hourly,
    /// The digest only.
    Digest,
    /// No mail.
    Off,
}

/// How often somebody's digest leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum DigestEvery {
    /// Every day.
    Day,
    /// Once a week.
    Week,
    /// On the first of every month.
    Month,
    /// They want none.
    Never,
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
    /// When they want mail of that; empty means as `frequency` says.
    pub own_praise_frequency: Option<Frequency>,
    /// The same of open questions.
    pub triage_frequency: Option<Frequency>,
    /// The same of complaints.
    pub complaint_frequency: Option<Frequency>,
    pub digest_every: DigestEvery,
    /// Day on which a weekly digest leaves: 1 is Monday, 7 is Sunday.
    pub digest_weekday: i32,
    /// Local time at which the digest leaves: minute of the day.
    pub digest_minute: i32,
    /// Minute of the day from which they want to hear nothing …
    pub quiet_from: Option<i32>,
    /// … until this one.
    pub quiet_until: Option<i32>,
    /// Days of which they want to hear nothing: a bit each, Monday the lowest.
    pub quiet_days: i32,
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
