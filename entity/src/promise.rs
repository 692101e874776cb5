//! That somebody hears by a day of praise of theirs: made with the first notice to their manager, kept by whoever has it.
use sea_orm::entity::prelude::*;

/// Where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum State {
    /// Whoever has it was asked.
    Open,
    /// They were reminded.
    Reminded,
    /// A person must decide about its comment first.
    Paused,
    /// It was kept: the person heard.
    Heard,
    /// The praise is not theirs, somebody said, or the words do not hold any more.
    Declined,
    /// The customer took the words back, or these were erased, or the person was.
    Withdrawn,
    /// Nobody who was asked told them.
    Undeliverable,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "promise")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub recognition_id: Uuid,
    pub organisation_id: Uuid,
    pub comment_id: Uuid,
    /// Who has it now; empty where nobody can be told.
    pub account_id: Option<Uuid>,
    /// The absent manager for whom they have it, where they stand in for one.
    pub stands_for_id: Option<Uuid>,
    pub state: State,
    /// How often it went to somebody higher up, since nobody kept it.
    pub level: i32,
    pub made_at: DateTimeUtc,
    /// When whoever has it got it.
    pub asked_at: DateTimeUtc,
    /// The end of the day by which they are to keep it.
    pub due_at: DateTimeUtc,
    /// When the clock looks at it again; empty once it has ended, and while it is paused.
    pub next_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
