//! What a tool holds already, or only names when it pushes, is fetched: the key for that, what its allowance leaves, and how far
//! a backfill got.
use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{create, drop, refers, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, &mut fetching(), Vec::new()).await?;
        let one = unique("backfill", "backfill_open_once", &["source_id"])
            .cond_where(Expr::col("state").ne("done"))
            .take();
        create(manager, &mut backfill(), vec![one]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["backfill", "fetching"]).await
    }
}

fn fetching() -> TableCreateStatement {
    Table::create()
        .table("fetching")
        .col(ColumnDef::new("source_id").uuid().not_null().primary_key())
        .col(uuid("organisation_id"))
        .col(blob("sealed"))
        .col(timestamp_with_time_zone("sealed_at"))
        .col(integer_null("calls_left"))
        .col(timestamp_with_time_zone_null("window_ends_at"))
        .col(string_null("problem"))
        .col(timestamp_with_time_zone_null("failed_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("source_id", "source"))
        .take()
}

fn backfill() -> TableCreateStatement {
    Table::create()
        .table("backfill")
        .col(ColumnDef::new("import_id").uuid().not_null().primary_key())
        .col(uuid("organisation_id"))
        .col(uuid("source_id"))
        .col(timestamp_with_time_zone("since"))
        .col(string("state"))
        .col(json("place"))
        .col(integer("pages"))
        .col(integer("failures"))
        .col(string_null("problem"))
        .col(timestamp_with_time_zone_null("next_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("source_id", "source"))
        .foreign_key(&mut refers("import_id", "import"))
        .take()
}
