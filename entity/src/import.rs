//! One file taken in, so that it can be looked up and undone.
use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "import")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    /// comments, roster or rota.
    pub kind: String,
    pub source_id: Option<Uuid>,
    pub file_name: String,
    /// SHA-256 of the file.
    pub digest: String,
    /// Counts: lines, added, changed, same, rejected, …
    pub counts: Json,
    pub actor: String,
    pub started_at: DateTimeUtc,
    pub finished_at: Option<DateTimeUtc>,
    pub undone_at: Option<DateTimeUtc>,
    /// What was said of its columns, by their headings.
    pub columns: Option<Json>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
