//! Indices for what would otherwise read everything that there ever was: the newest lines of the audit log, and what people
//! decided otherwise than the engine.
use sea_orm_migration::prelude::*;

use crate::columns::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let newest = index("audit", "audit_newest", &["organisation_id", "id"]);
        manager.create_index(newest).await?;
        let by_people = index("verdict", "verdict_by_people", &["organisation_id", "created_at"])
            .cond_where(Expr::col("decided_by").eq("person"))
            .take();
        manager.create_index(by_people).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name) in [("verdict", "verdict_by_people"), ("audit", "audit_newest")] {
            let drop = Index::drop().table(table).name(name).to_owned();
            manager.drop_index(drop).await?;
        }
        Ok(())
    }
}
