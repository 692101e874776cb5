//! Somebody who can be praised.
use sea_orm::entity::prelude::*;

use crate::json::Words;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "staff_member")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(unique_key = "staff_member_employee_id")]
    pub organisation_id: Uuid,
    #[sea_orm(unique_key = "staff_member_employee_id")]
    pub employee_id: String,
    pub given_name: String,
    pub family_name: String,
    pub preferred_name: Option<String>,
    pub aliases: Words,
    pub handles: Words,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub starts_on: Option<Date>,
    /// The last day of employment.
    pub ends_on: Option<Date>,
    pub changed_in_version: i64,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
