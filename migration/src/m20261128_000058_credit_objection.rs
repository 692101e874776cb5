//! Who wishes to be credited by nobody but a person.
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
        create(manager, &mut objection(), Vec::new()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["credit_objection"]).await
    }
}

fn objection() -> TableCreateStatement {
    Table::create()
        .table("credit_objection")
        .col(ColumnDef::new("staff_id").uuid().not_null().primary_key())
        .col(uuid("organisation_id"))
        .col(timestamp_with_time_zone("since"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("staff_id", "staff_member"))
        .take()
}
