//! By when somebody is to hear of praise, who has that in hand, and by which calendar it is counted.
//!
//! Notices from before this migration promise nothing.
use sea_orm_migration::{prelude::*, schema::*, sea_query::IndexCreateStatement};

use crate::columns::{create, drop, index, refers};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(manager, "organisation", integer("heard_within").default(2).take()).await?;
        add(manager, "organisation", string_null("holidays")).await?;
        add(manager, "site", integer_null("heard_within")).await?;
        add(manager, "site", string_null("holidays")).await?;
        create(manager, &mut promise(), indices()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["promise"]).await?;
        for (table, column) in [
            ("site", "holidays"),
            ("site", "heard_within"),
            ("organisation", "holidays"),
            ("organisation", "heard_within"),
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

fn promise() -> TableCreateStatement {
    Table::create()
        .table("promise")
        .col(ColumnDef::new("recognition_id").uuid().not_null().primary_key())
        .col(uuid("organisation_id"))
        .col(uuid("comment_id"))
        .col(uuid_null("account_id"))
        .col(string("state"))
        .col(integer("level"))
        .col(timestamp_with_time_zone("made_at"))
        .col(timestamp_with_time_zone("asked_at"))
        .col(timestamp_with_time_zone("due_at"))
        .col(timestamp_with_time_zone_null("next_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("recognition_id", "recognition"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .foreign_key(&mut refers("account_id", "account"))
        .take()
}

/// Those that the clock looks at and that somebody has hold what is open, and nothing else.
fn indices() -> Vec<IndexCreateStatement> {
    let open = |name, columns: &[&'static str]| {
        index("promise", name, columns)
            .cond_where(Expr::col("next_at").is_not_null())
            .take()
    };
    let undeliverable = index(
        "promise",
        "promise_undeliverable",
        &["organisation_id", "ended_at"],
    )
    .cond_where(Expr::col("state").eq("undeliverable"))
    .take();
    vec![
        open("promise_next", &["next_at"]),
        open("promise_account", &["account_id", "due_at"]),
        undeliverable,
        index("promise", "promise_comment", &["comment_id"]),
    ]
}
