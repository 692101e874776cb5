//! Whoever signs in is found by their address of mail, however it is capitalised.
use sea_orm_migration::prelude::*;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// Index and table. The expression is that of the query, or the index would not serve it.
const INDICES: [(&str, &str); 2] = [
    ("account_address", "account"),
    ("staff_member_address", "staff_member"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (index, table) in INDICES {
            let sql = format!("CREATE INDEX {index} ON {table} (LOWER(email))");
            manager.get_connection().execute_unprepared(&sql).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (index, table) in INDICES {
            let drop = Index::drop().table(table).name(index).to_owned();
            manager.drop_index(drop).await?;
        }
        Ok(())
    }
}
