//! Branches, shops, wards: where staff serve. They nest.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "site")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique_key = "site_slug")]
    pub organisation_id: Uuid,
    pub parent_id: Option<Uuid>,
    pub name: String,
    /// `North / Leeds`: the names from the top down.
    pub path: String,
    /// Its part of the form's address.
    #[sea_orm(unique_key = "site_slug")]
    pub slug: String,
    /// Who is told of triage and complaints; inherited upwards where empty.
    pub lead_id: Option<Uuid>,
    /// IANA name where it differs from the organisation's.
    pub time_zone: Option<String>,
    /// Code of the language, where it differs from that of the site above.
    pub language: Option<String>,
    /// Within how many working days somebody is to hear of praise, where it differs from the site above.
    pub heard_within: Option<i32>,
    /// Country or region whose holidays are no working days, where it differs from the site above.
    pub holidays: Option<String>,
    pub changed_in_version: i64,
    pub created_at: DateTimeUtc,
    pub closed_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
