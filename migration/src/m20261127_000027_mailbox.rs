//! Where the reader of a mailbox stands.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let progress = ColumnDef::new("progress").json().null().to_owned();
        manager
            .alter_table(Table::alter().table("reader").add_column(progress).to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(Table::alter().table("reader").drop_column("progress").to_owned())
            .await
    }
}
