//! Who works where, for whom and as what, from a day to a day.
use sea_orm::{ExprTrait, entity::prelude::*};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "assignment")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub staff_id: Uuid,
    pub site_id: Option<Uuid>,
    pub manager_id: Option<Uuid>,
    pub job_title: Option<String>,
    /// First day; empty means since ever.
    pub starts_on: Option<Date>,
    /// Last day; empty means until further notice.
    pub ends_on: Option<Date>,
    /// `1-5@8-16;6@22-6`: weekdays (1 = Monday) and local hours.
    pub shifts: Option<String>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();

/// Assignments that hold on a day.
pub fn holding_on(day: Date) -> sea_orm::Condition {
    let begun = Column::StartsOn.is_null().or(Column::StartsOn.lte(day));
    let not_ended = Column::EndsOn.is_null().or(Column::EndsOn.gte(day));
    sea_orm::Condition::all().add(begun).add(not_ended)
}
