//! Who stands in for an absent manager, from a day to a day.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deputy")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    /// The staff member who is away.
    pub absent_id: Uuid,
    /// Who has the praise of their team meanwhile.
    pub deputy_id: Uuid,
    /// First day.
    pub starts_on: Date,
    /// Last day.
    pub ends_on: Date,
    /// Who gave it: `account:<id>` or `key:<id>`.
    pub given_by: String,
    pub created_at: DateTimeUtc,
    /// When it ended before its last day.
    pub taken_back_at: Option<DateTimeUtc>,
    /// When the clock hands promises over, then back; empty once both are done.
    pub next_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();

/// Those that hold on a day.
pub fn holding_on(day: Date) -> sea_orm::Condition {
    sea_orm::Condition::all()
        .add(Column::TakenBackAt.is_null())
        .add(Column::StartsOn.lte(day))
        .add(Column::EndsOn.gte(day))
}
