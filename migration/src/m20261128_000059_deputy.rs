//! Who stands in for an absent manager, from a day to a day, and for whom somebody has a promise.
use sea_orm_migration::{prelude::*, schema::*, sea_query::IndexCreateStatement};

use crate::columns::{create, drop, id, index, refers};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        create(manager, &mut deputy(), indices()).await?;
        let add = Table::alter()
            .table("promise")
            .add_column(uuid_null("stands_for_id"))
            .to_owned();
        manager.alter_table(add).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let take = Table::alter()
            .table("promise")
            .drop_column("stands_for_id")
            .to_owned();
        manager.alter_table(take).await?;
        drop(manager, &["deputy"]).await
    }
}

fn deputy() -> TableCreateStatement {
    Table::create()
        .table("deputy")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("absent_id"))
        .col(uuid("deputy_id"))
        .col(date("starts_on"))
        .col(date("ends_on"))
        .col(string("given_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("taken_back_at"))
        .col(timestamp_with_time_zone_null("next_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("absent_id", "staff_member"))
        .foreign_key(&mut refers("deputy_id", "staff_member"))
        .take()
}

/// Those that hold are few: they are found by organisation and last day. The clock looks at what begins or ends, and at nothing else.
fn indices() -> Vec<IndexCreateStatement> {
    let next = index("deputy", "deputy_next", &["next_at"])
        .cond_where(Expr::col("next_at").is_not_null())
        .take();
    let holding = index("deputy", "deputy_holding", &["organisation_id", "ends_on"])
        .cond_where(Expr::col("taken_back_at").is_null())
        .take();
    vec![
        next,
        holding,
        index("deputy", "deputy_absent", &["absent_id"]),
        index("deputy", "deputy_deputy", &["deputy_id"]),
    ]
}
