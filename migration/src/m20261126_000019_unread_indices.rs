//! Indices that no query reads any more, and that every verdict and every recognition paid for.
use sea_orm_migration::prelude::*;

use crate::columns::index;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, name) in [
            ("recognition_count", "recognition_count_board"),
            ("verdict", "verdict_staff"),
            ("verdict", "verdict_state"),
        ] {
            let drop = Index::drop().table(table).name(name).to_owned();
            manager.drop_index(drop).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let of_period = ["organisation_id", "period_kind", "period_start"];
        let mut board = index("recognition_count", "recognition_count_board", &of_period);
        board.col(("n", IndexOrder::Desc)).col("staff_id");
        manager.create_index(board).await?;
        let staff = index("verdict", "verdict_staff", &["staff_id", "created_at"]);
        manager.create_index(staff).await?;
        let of_state = ["organisation_id", "state", "created_at"];
        manager
            .create_index(index("verdict", "verdict_state", &of_state))
            .await
    }
}
