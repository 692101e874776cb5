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
    /// When everything that named them was removed; the row stays, so that counts do.
    pub erased_at: Option<DateTimeUtc>,
}

/// What stands where the name of somebody who was erased would: pages and mails say it in their language.
pub const FORMER: &str = "\u{e0f0}";

/// The same for programs.
pub const FORMER_COLLEAGUE: &str = "a former colleague";

/// A name for programs.
#[must_use]
pub fn plain(name: &str) -> &str {
    if name == FORMER { FORMER_COLLEAGUE } else { name }
}

impl Model {
    /// As somebody is called.
    #[must_use]
    pub fn first_name(&self) -> &str {
        match self.erased_at {
            Some(_) => FORMER,
            None => self.preferred_name.as_deref().unwrap_or(&self.given_name),
        }
    }

    /// The name they go by: the preferred or given one, and the family name.
    #[must_use]
    pub fn full_name(&self) -> String {
        format!("{} {}", self.first_name(), self.family_name)
            .trim()
            .to_owned()
    }

    /// The same for programs, which are told in English that somebody was erased.
    #[must_use]
    pub fn plain_name(&self) -> String {
        plain(&self.full_name()).to_owned()
    }
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
