//! Who did what, when: without words of customers.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub at: DateTimeUtc,
    /// `key:<id>`, `account:<id>`, `cli`, `customer` or `system`.
    pub actor: String,
    /// `create_key`, `apply_roster`, …
    pub action: String,
    pub subject_kind: String,
    pub subject_id: Option<String>,
    /// Ids, codes and counts.
    pub detail: Json,
    /// In which block of the chain it was linked; none until it is.
    pub block: Option<i64>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
