//! A row that is written to find out whether the database can be written.
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
        create(manager, &mut write_probe(), vec![]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["write_probe"]).await
    }
}

fn write_probe() -> TableCreateStatement {
    Table::create()
        .table("write_probe")
        .col(pk_auto("id"))
        .col(text("filler"))
        .take()
}
