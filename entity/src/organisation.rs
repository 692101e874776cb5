//! The tenant.
use sea_orm::entity::prelude::*;

use crate::json::Words;

/// Who may see standings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum BoardMode {
    Off,
    Team,
    Full,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "organisation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique)]
    pub slug: String,
    pub name: String,
    /// IANA name; periods of boards and digests are cut in it.
    pub time_zone: String,
    /// Code of the language in which mails and pages speak to whoever has not chosen one.
    pub language: String,
    /// Further names and brands of the organisation, which are never a person.
    pub brands: Words,
    pub board_mode: BoardMode,
    /// Confidence from which a credit is automatic; empty means the model's own.
    pub threshold: Option<f64>,
    /// One of how many automatic credits is asked about; 0: none; empty: as usual.
    pub check_every: Option<i32>,
    /// Which share of automatic credits is to be right; empty: as usual.
    pub target_precision: Option<f64>,
    /// Whether the threshold follows the answers by itself.
    pub adjusts_threshold: bool,
    pub threshold_adjusted_at: Option<DateTimeUtc>,
    /// `#rrggbb`, as it was given; empty means Plaudit's own.
    pub colour: Option<String>,
    /// What the organisation says about its use of data.
    pub privacy_url: Option<String>,
    /// Within how many working days somebody is to hear of praise.
    pub heard_within: i32,
    /// Country or region whose holidays are no working days, such as `DE-BY`; empty: every weekday is one.
    pub holidays: Option<String>,
    /// Fingerprint of the picture in `organisation_logo`; empty where there is none.
    pub logo: Option<String>,
    /// Grows with every change of sites, staff or assignments.
    pub roster_version: i64,
    /// Grows with every change of settings that verdicts depend on.
    pub settings_version: i64,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
