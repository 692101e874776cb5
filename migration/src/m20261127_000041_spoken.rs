//! What a customer said aloud and a colleague wrote down: who did, and that boards count it apart.
use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "comment", uuid_null("logged_by")).await?;
        add(manager, "comment", uuid_null("logged_by_staff")).await?;
        add(manager, "recognition", boolean("logged").default(false).take()).await?;
        let of_account = index("comment", "comment_logged", &["logged_by", "received_at"])
            .cond_where(Expr::col("logged_by").is_not_null())
            .take();
        manager.create_index(of_account).await?;
        let of_boards = index(
            "recognition",
            "recognition_logged",
            &["organisation_id", "occurred_on"],
        )
        .cond_where(Expr::col("logged"))
        .take();
        manager.create_index(of_boards).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name) in [
            ("recognition", "recognition_logged"),
            ("comment", "comment_logged"),
        ] {
            manager
                .drop_index(Index::drop().table(table).name(name).to_owned())
                .await?;
        }
        for (table, column) in [
            ("recognition", "logged"),
            ("comment", "logged_by_staff"),
            ("comment", "logged_by"),
        ] {
            let drop = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(table).add_column(column).to_owned())
        .await
}
