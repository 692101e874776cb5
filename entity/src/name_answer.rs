//! What somebody said of a praised name that nobody bore: whose it is at the site, or that it is none of ours.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "name_answer")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub site_id: Uuid,
    /// As in `unmet_name`.
    pub name_id: Uuid,
    /// Whose name it is; empty: nobody's of ours.
    pub staff_id: Option<Uuid>,
    /// The name, where it is somebody's: a part of the roster then. Emptied when the answer is undone.
    pub name: Option<String>,
    /// First day on which it is theirs; empty means since ever.
    pub starts_on: Option<Date>,
    /// Last day; empty means until further notice.
    pub ends_on: Option<Date>,
    /// Who answered, as in the audit log.
    pub actor: String,
    pub created_at: DateTimeUtc,
    pub undone_at: Option<DateTimeUtc>,
    pub undone_by: Option<String>,
    /// Comments that are to be read again for it, or for its undoing.
    pub to_read: i64,
    /// How many of them were.
    pub read: i64,
    /// How many of them thank somebody now who was not thanked before; after an undoing, how many lost that.
    pub credited: i64,
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
