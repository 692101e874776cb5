//! One run of the engine over one revision: spans and codes, never words.
use sea_orm::entity::prelude::*;

use crate::{comment::Tone, json::Spans};

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "attribution")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    pub comment_id: Uuid,
    pub revision: i32,
    pub tone: Tone,
    /// attributed, triage or none.
    pub outcome: String,
    /// Praise of staff without a usable name.
    pub unnamed_praise: bool,
    /// Where the text praises staff without naming them.
    pub unnamed_spans: Spans,
    pub roster_version: i64,
    pub settings_version: i64,
    pub model_version: String,
    /// Confidence from which a credit was automatic.
    pub threshold: f64,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();
