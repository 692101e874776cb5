//! The key with which this installation signs what people take along.
use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{create, drop};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, &mut signing_key(), vec![]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["signing_key"]).await
    }
}

fn signing_key() -> TableCreateStatement {
    Table::create()
        .table("signing_key")
        .col(pk_auto("id"))
        .col(blob("public"))
        .col(blob("sealed"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}
