//! A credited verdict as feeds, boards and digests show it. Without a staff member it is site praise.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "recognition")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    #[sea_orm(unique_key = "recognition_once")]
    pub comment_id: Uuid,
    /// Empty for site praise.
    #[sea_orm(unique_key = "recognition_once")]
    pub staff_id: Option<Uuid>,
    /// Where the praise counts: the person's site on that day, else the comment's.
    pub site_id: Option<Uuid>,
    /// The team it belongs to: whom the person reported to on that day.
    pub manager_id: Option<Uuid>,
    pub occurred_at: DateTimeUtc,
    /// The day in the organisation's zone on which it counts, then and for ever.
    pub occurred_on: Date,
    pub recognised_at: DateTimeUtc,
    pub withdrawn_at: Option<DateTimeUtc>,
    /// Since when it waits to be passed on; empty once it was, and for what is not to be told.
    pub waiting_since: Option<DateTimeUtc>,
    /// Whether the customer lets colleagues of the person read the words that hold.
    pub for_colleagues: bool,
    /// Whether it was found later in words that had been read before: nobody is told of it unasked.
    pub quiet: bool,
    /// When the person hid it from colleagues.
    pub hidden_at: Option<DateTimeUtc>,
    /// Whether a colleague wrote the words down: boards count it apart.
    pub logged: bool,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
