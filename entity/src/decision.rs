//! What a person decided about a comment: the verdicts it appended, so that the last one can be undone.
use sea_orm::entity::prelude::*;

use crate::json::Ids;

/// What they said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum Kind {
    /// It praises these people.
    Credit,
    /// The name is not that of somebody on the staff.
    NotStaff,
    /// It praises nobody.
    NotPraise,
    /// It praises somebody whom nobody knows.
    NobodyKnown,
    /// Somebody who was credited says that it was not they; others decide.
    NotMe,
    /// Somebody says that it was they; others decide.
    Claim,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "decision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    #[sea_orm(unique_key = "decision_number")]
    pub comment_id: Uuid,
    /// Counts the decisions on this comment, from 1.
    #[sea_orm(unique_key = "decision_number")]
    pub number: i32,
    pub kind: Kind,
    /// Ids of the verdicts it appended.
    pub verdicts: Ids,
    /// Whether the words had changed since the decision before.
    pub words_had_changed: bool,
    /// The account or key that decided.
    pub actor: String,
    pub created_at: DateTimeUtc,
    pub undone_at: Option<DateTimeUtc>,
    pub undone_by: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
