//! The chain of the audit log: blocks, what was cut away before them, and the last one that was linked.
use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{create, drop, index, refers};

/// The rows of a block in their order; and of no block yet.
const ROWS: &str = "audit_rows_of_block";

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let block = Table::alter()
            .table("audit")
            .add_column(big_integer_null("block"))
            .take();
        manager.alter_table(block).await?;
        let rows = index("audit", ROWS, &["organisation_id", "block", "id"]);
        manager.create_index(rows).await?;
        create(manager, &mut audit_block(), vec![]).await?;
        create(manager, &mut audit_cut(), vec![]).await?;
        create(manager, &mut audit_head(), vec![]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["audit_head", "audit_cut", "audit_block"]).await?;
        let rows = Index::drop().table("audit").name(ROWS).to_owned();
        manager.drop_index(rows).await?;
        let block = Table::alter().table("audit").drop_column("block").take();
        manager.alter_table(block).await
    }
}

fn audit_block() -> TableCreateStatement {
    Table::create()
        .table("audit_block")
        .col(uuid("organisation_id"))
        .col(big_integer("number"))
        .col(timestamp_with_time_zone("linked_at"))
        .col(big_integer("first_row"))
        .col(big_integer("row_count"))
        .col(blob("previous"))
        .col(blob("digest"))
        .col(blob("signature"))
        .primary_key(Index::create().col("organisation_id").col("number"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}

fn audit_cut() -> TableCreateStatement {
    Table::create()
        .table("audit_cut")
        .col(ColumnDef::new("organisation_id").uuid().not_null().primary_key())
        .col(big_integer("block"))
        .col(big_integer("last_row"))
        .col(blob("hash"))
        .col(timestamp_with_time_zone("cut_at"))
        .col(blob("signature"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}

fn audit_head() -> TableCreateStatement {
    Table::create()
        .table("audit_head")
        .col(ColumnDef::new("organisation_id").uuid().not_null().primary_key())
        .col(big_integer("block"))
        .col(blob("hash"))
        .col(timestamp_with_time_zone_null("checked_at"))
        .col(big_integer_null("fault_block"))
        .col(blob("signature"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}
