//! A comment's words and author at one time: the only place where they are kept.
use sea_orm::entity::prelude::*;

use crate::json::Author;

/// Who may read a customer's words, besides managers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Consent {
    /// The person praised and their manager.
    #[default]
    Staff,
    /// Their colleagues too.
    Colleagues,
    /// Anyone.
    Public,
}

impl Consent {
    /// All kinds.
    pub const ALL: [Consent; 3] = [Consent::Staff, Consent::Colleagues, Consent::Public];

    /// Its name in the API and in tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Consent::Staff => "staff",
            Consent::Colleagues => "colleagues",
            Consent::Public => "public",
        }
    }

    /// The consent of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Consent> {
        Consent::ALL.into_iter().find(|consent| consent.name() == name)
    }
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "comment_revision")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    #[sea_orm(unique_key = "comment_revision_number")]
    pub comment_id: Uuid,
    #[sea_orm(unique_key = "comment_revision_number")]
    pub number: i32,
    /// The words as sent; empty once erased.
    pub text: Option<String>,
    pub score_value: Option<f64>,
    /// nps, csat, ces or stars.
    pub score_scale: Option<String>,
    pub site_id: Option<Uuid>,
    /// "Who was it?": the customer's own hint.
    pub hint: Option<String>,
    pub author: Option<Author>,
    /// The employee id the source named.
    pub staff_reference: Option<String>,
    /// Till, desk or the like at which the customer was served.
    pub post: Option<String>,
    pub permalink: Option<String>,
    pub language: Option<String>,
    /// Who may read the words: staff, colleagues or public.
    pub consent: String,
    pub metadata: Option<Json>,
    /// The sender's time of this version; orders versions that arrive late.
    pub revised_at: DateTimeUtc,
    pub received_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
