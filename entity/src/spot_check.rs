//! An automatic credit that is put to somebody as a question who was not told of it, and what they said.
use sea_orm::entity::prelude::*;

use crate::json::Ids;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "spot_check")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    #[sea_orm(unique_key = "spot_check_once")]
    pub comment_id: Uuid,
    pub revision: i32,
    /// Who was credited.
    #[sea_orm(unique_key = "spot_check_once")]
    pub staff_id: Uuid,
    pub source_id: Uuid,
    /// Where it was said.
    pub site_id: Option<Uuid>,
    /// To whom the person reported.
    pub manager_id: Option<Uuid>,
    /// Code of the language the words are in; empty where no pack describes it.
    pub language: Option<String>,
    /// How sure the engine was.
    pub confidence: f64,
    /// Those who are offered, in the order in which they are.
    pub candidates: Ids,
    pub created_at: DateTimeUtc,
    /// Whether whoever was asked named the same person.
    pub is_right: Option<bool>,
    /// What followed, where they named somebody else or nobody.
    pub decision_id: Option<Uuid>,
    /// Who answered, as in the audit log.
    pub actor: Option<String>,
    pub answered_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
