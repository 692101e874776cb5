//! A recognition that somebody passed on to the person it is about. Undoing removes the row; the audit log keeps both.
use sea_orm::entity::prelude::*;

/// How the person heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum How {
    /// The words were read to them.
    Told,
    /// They read the words on their own page.
    Sent,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "passed_on")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    #[sea_orm(unique)]
    pub recognition_id: Uuid,
    pub comment_id: Uuid,
    /// The team it belongs to, as in the recognition.
    pub manager_id: Option<Uuid>,
    /// Who did it.
    pub account_id: Uuid,
    pub how: How,
    /// A line to the customer, shown on their receipt. Erased with the comment.
    pub note: Option<String>,
    /// When the customer's words came in: from here the way to the person is measured.
    pub said_at: DateTimeUtc,
    pub passed_on_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
