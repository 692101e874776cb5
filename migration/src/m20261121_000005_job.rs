//! The queue of work.
use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{create, drop, index, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(
            manager,
            &mut job(),
            vec![
                unique("job", "job_key", &["key"]),
                index("job", "job_due", &["kind", "run_at"])
                    .cond_where(Expr::col("buried_at").is_null())
                    .take(),
                index("job", "job_buried", &["organisation_id", "buried_at"])
                    .cond_where(Expr::col("buried_at").is_not_null())
                    .take(),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["job"]).await
    }
}

fn job() -> TableCreateStatement {
    Table::create()
        .table("job")
        .col(big_pk_auto("id"))
        .col(uuid_null("organisation_id"))
        .col(string("kind"))
        .col(json("payload"))
        .col(string_null("key"))
        .col(timestamp_with_time_zone("run_at"))
        .col(integer("attempt"))
        .col(timestamp_with_time_zone_null("leased_until"))
        .col(string_null("leased_by"))
        .col(timestamp_with_time_zone_null("buried_at"))
        .col(string_null("last_error"))
        .take()
}
