//! What was said of the columns of a file is remembered for the next of its kind.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = ColumnDef::new("columns").json().null().to_owned();
        manager
            .alter_table(Table::alter().table("import").add_column(columns).to_owned())
            .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .alter_table(Table::alter().table("import").drop_column("columns").to_owned())
            .await
    }
}
