//! An import of what customers said at a tool before it pushed: how far it got. One source has one that is not done.
use sea_orm::entity::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum State {
    /// A job has the next page.
    Running,
    /// Somebody stopped it, or must put something right first: see `problem`.
    Stopped,
    /// All pages were read, or it was undone.
    Done,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "backfill")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub import_id: Uuid,
    pub organisation_id: Uuid,
    pub source_id: Uuid,
    /// From which time on.
    pub since: DateTimeUtc,
    pub state: State,
    /// Where the next page begins, as the tool counts.
    pub place: Json,
    pub pages: i32,
    /// Failures in a row.
    pub failures: i32,
    /// Why the last call brought nothing; none after one that did.
    pub problem: Option<String>,
    /// When the next page is asked for, where that is not now.
    pub next_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
