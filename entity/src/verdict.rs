//! What was decided about one comment and one person. Appended, never edited: the one with the highest sequence holds.
use std::collections::HashMap;

use sea_orm::{QueryOrder, entity::prelude::*};

use crate::json::{Reasons, Spans};

/// What a verdict says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum State {
    Credited,
    Open,
    Rejected,
    Withdrawn,
}

/// Who decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, EnumIter, DeriveActiveEnum)]
#[sea_orm(
    rs_type = "String",
    db_type = "String(StringLen::None)",
    rename_all = "snake_case"
)]
pub enum DecidedBy {
    Engine,
    Person,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "verdict")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub organisation_id: Uuid,
    #[sea_orm(unique_key = "verdict_sequence")]
    pub comment_id: Uuid,
    /// Empty: the unnamed staff of the site (site praise).
    #[sea_orm(unique_key = "verdict_sequence")]
    pub staff_id: Option<Uuid>,
    /// Counts the verdicts on this comment and person, from 1.
    #[sea_orm(unique_key = "verdict_sequence")]
    pub sequence: i32,
    pub revision: i32,
    pub state: State,
    pub decided_by: DecidedBy,
    /// The account or key that decided, where a person did.
    pub actor: Option<String>,
    pub attribution_id: Option<Uuid>,
    /// 0 to 1, where the engine decided.
    pub confidence: Option<f64>,
    /// Place among the candidates, from 1.
    pub rank: Option<i32>,
    pub spans: Spans,
    pub evidence: Reasons,
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
crate::tenant_scoped!();

/// The verdicts that hold on the given comments, in the order of comment and rank.
pub async fn current(connection: &impl ConnectionTrait, comments: &[Uuid]) -> Result<Vec<Model>, DbErr> {
    let all = history(connection, comments).await?;
    let mut latest: HashMap<(Uuid, Option<Uuid>), Model> = HashMap::new();
    for verdict in all {
        latest.insert((verdict.comment_id, verdict.staff_id), verdict);
    }
    let mut current: Vec<_> = latest.into_values().collect();
    current.sort_by_key(|verdict| (verdict.comment_id, verdict.rank.unwrap_or(i32::MAX), verdict.id));
    Ok(current)
}

/// Every verdict on the given comments, oldest first for each person.
pub async fn history(connection: &impl ConnectionTrait, comments: &[Uuid]) -> Result<Vec<Model>, DbErr> {
    Entity::find()
        .filter(crate::among(Column::CommentId, comments.iter().copied()))
        .order_by_asc(Column::CommentId)
        .order_by_asc(Column::Sequence)
        .all(connection)
        .await
}
