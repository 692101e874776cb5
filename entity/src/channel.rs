//! A room or endpoint that is told of praise beside the people who are. Beside mail, which every account has.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "channel")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    /// webhook, or the name of a file in src/deliver/channel/rooms
    pub kind: String,
    /// What administrators call it.
    pub name: String,
    /// The address, sealed: whoever knows that of a room may write there.
    #[sea_orm(column_type = "Blob")]
    pub address: Vec<u8>,
    /// What signs, sealed, a line each, the newest first.
    #[sea_orm(column_type = "Blob")]
    pub secrets: Vec<u8>,
    /// Whether a room may be shown what customers wrote, as far as they let colleagues read it.
    pub with_words: bool,
    pub created_at: DateTimeUtc,
    pub ended_at: Option<DateTimeUtc>,
    /// removed or gone: by an administrator, or since it answered that it is no more.
    pub ended_because: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
