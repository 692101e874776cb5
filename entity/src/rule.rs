//! Who hears of praise besides those who hear of it anyway: whom, when, and of which praise.
use sea_orm::entity::prelude::*;

/// Who hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum Who {
    /// Whoever leads the site of the praise, or the nearest one above it.
    SiteLead,
    /// All administrators.
    Administrators,
    /// All auditors.
    Auditors,
    /// A member of staff.
    Person,
    /// A room or endpoint: of this praise, and of that of other rules that name it, and of no other.
    Room,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "rule")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub name: String,
    pub who: Who,
    /// The member of staff, where it is one.
    pub staff_id: Option<Uuid>,
    /// The room or endpoint, where it is one.
    pub channel_id: Option<Uuid>,
    /// Whether they hear at once; else in their summary.
    pub at_once: bool,
    /// Only of praise that came in by this source.
    pub source_id: Option<Uuid>,
    /// Only with a score of so much on a scale to ten.
    pub score_from: Option<i32>,
    /// Only in this language: an ISO 639 code.
    pub language: Option<String>,
    /// Only the so-manieth thank-you of the person; 1 is the first ever.
    pub nth: Option<i32>,
    /// Who made it: `account:<id>` or `key:<id>`.
    pub created_by: String,
    pub created_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
