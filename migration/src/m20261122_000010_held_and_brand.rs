//! Comments that are held back or shielded until somebody has looked at them; an organisation's colour and logo.
use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{create, drop, refers};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Columns of the organisation that customers see the effect of.
const BRAND: [&str; 3] = ["colour", "privacy_url", "logo"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "comment", json_null("held_for")).await?;
        add(manager, "comment", integer_null("cleared_revision")).await?;
        add(manager, "comment", timestamp_with_time_zone_null("kept_at")).await?;
        for column in BRAND {
            add(manager, "organisation", string_null(column)).await?;
        }
        create(manager, &mut organisation_logo(), vec![]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["organisation_logo"]).await?;
        for column in BRAND {
            remove(manager, "organisation", column).await?;
        }
        remove(manager, "comment", "kept_at").await?;
        remove(manager, "comment", "cleared_revision").await?;
        remove(manager, "comment", "held_for").await
    }
}

/// SQLite adds one column a statement.
async fn add(manager: &SchemaManager<'_>, table: &'static str, mut column: ColumnDef) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(table).add_column(&mut column).take())
        .await
}

async fn remove(manager: &SchemaManager<'_>, table: &'static str, column: &'static str) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(table).drop_column(column).take())
        .await
}

fn organisation_logo() -> TableCreateStatement {
    Table::create()
        .table("organisation_logo")
        .col(uuid("organisation_id").primary_key())
        .col(blob("png"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}
