//! The outbox: a notice that is to leave by one channel to one recipient, and how often that was tried. No bodies, no
//! addresses.
use sea_orm::entity::prelude::*;

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum State {
    /// It is to be tried, or tried again.
    Waiting,
    /// Somebody else is responsible for it.
    Accepted,
    /// The recipient was refused for good, or no attempt was left.
    Refused,
    /// There was nothing left to tell, or the recipient wants nothing.
    Cancelled,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    #[sea_orm(unique_key = "delivery_once")]
    pub notice_id: Uuid,
    /// mail, or the kind of a room or endpoint.
    #[sea_orm(unique_key = "delivery_once")]
    pub channel: String,
    /// Who reads it, by mail.
    pub account_id: Option<Uuid>,
    /// The room or endpoint.
    pub channel_id: Option<Uuid>,
    pub state: State,
    /// How often it was tried.
    pub attempt: i32,
    pub due_at: DateTimeUtc,
    /// What the other side answered last, where it answered with a number.
    pub code: Option<i32>,
    pub created_at: DateTimeUtc,
    pub attempted_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
