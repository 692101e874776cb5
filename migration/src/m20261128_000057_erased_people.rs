//! Former employees who were erased: since when, and by which numbers they would come back.
use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{create, drop, refers};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let since = timestamp_with_time_zone_null("erased_at");
        manager
            .alter_table(Table::alter().table("staff_member").add_column(since).to_owned())
            .await?;
        create(manager, &mut number(), Vec::new()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["erased_number"]).await?;
        manager
            .alter_table(
                Table::alter()
                    .table("staff_member")
                    .drop_column("erased_at")
                    .to_owned(),
            )
            .await
    }
}

fn number() -> TableCreateStatement {
    Table::create()
        .table("erased_number")
        .col(uuid("organisation_id"))
        .col(blob("hash"))
        .col(timestamp_with_time_zone("erased_at"))
        .primary_key(Index::create().col("organisation_id").col("hash"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}
