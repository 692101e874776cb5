//! A praised name that nobody at the site bears, or that somebody decided to be a person's who does not bear it: where
//! it stands in a comment, never what it is. It ends with the words.
use sea_orm::entity::prelude::*;

use crate::json::{Ids, Spans};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "unmet_name")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub site_id: Uuid,
    #[sea_orm(unique_key = "unmet_name_once")]
    pub comment_id: Uuid,
    /// The same for the same name at the same site: made of them with the installation's key.
    #[sea_orm(unique_key = "unmet_name_once")]
    pub name_id: Uuid,
    pub revision: i32,
    /// Where the name stands in the words of that revision.
    pub span: Spans,
    /// The same for the same customer, as far as they said who they are; made with the installation's key.
    pub customer_id: Uuid,
    /// Colleagues whose names are nearest.
    pub nearest: Ids,
    /// Whether the engine found it; else somebody's decision did.
    pub is_found: bool,
    /// Whom somebody decided it to mean in this comment.
    pub chosen_id: Option<Uuid>,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
