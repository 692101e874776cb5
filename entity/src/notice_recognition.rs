//! Which recognitions a notice tells of. Unique for recognition, reader and part, so that nothing is told twice.
use sea_orm::entity::prelude::*;

/// As what a notice tells a recognition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum Part {
    /// Praise of the reader's people or site.
    Praise,
    /// Praise of the reader.
    OwnPraise,
    /// Praise told to a room or endpoint.
    Channel,
    /// Praise told by a rule, besides whoever is to pass it on.
    Rule,
    /// A line of a digest.
    Digest,
    /// A line of a digest that takes one told earlier back.
    Correction,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notice_recognition")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub notice_id: Uuid,
    #[sea_orm(primary_key, auto_increment = false)]
    pub recognition_id: Uuid,
    pub organisation_id: Uuid,
    /// The notice's reader; empty where nobody was found.
    pub reader_id: Option<Uuid>,
    pub part: Part,
    /// Whose next digest is to name it; empty once one does.
    pub awaits_digest_of: Option<Uuid>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
