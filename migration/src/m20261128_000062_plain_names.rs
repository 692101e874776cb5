//! Columns by the words that the glossary has for them.
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
        rename(manager, "notice", "telling", "ordinal").await?;
        rename(manager, "job", "buried_at", "dead_at").await?;
        manager
            .drop_index(Index::drop().table("job").name("job_buried").to_owned())
            .await?;
        let dead = index("job", "job_dead", &["organisation_id", "dead_at"])
            .cond_where(Expr::col("dead_at").is_not_null())
            .take();
        manager.create_index(dead).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().table("job").name("job_dead").to_owned())
            .await?;
        rename(manager, "job", "dead_at", "buried_at").await?;
        let buried = index("job", "job_buried", &["organisation_id", "buried_at"])
            .cond_where(Expr::col("buried_at").is_not_null())
            .take();
        manager.create_index(buried).await?;
        rename(manager, "notice", "ordinal", "telling").await
    }
}

async fn rename(
    manager: &SchemaManager<'_>,
    table: &'static str,
    from: &'static str,
    to: &'static str,
) -> Result<(), DbErr> {
    let change = Table::alter().table(table).rename_column(from, to).to_owned();
    manager.alter_table(change).await
}
