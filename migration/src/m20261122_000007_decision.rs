//! What people decided, the counters of teams, and feeds that find a scope's newest rows without reading its history.
use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{create, drop, id, index, refers, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The indices of feeds, and the column that names their scope.
const FEEDS: &[(&str, &str)] = &[
    ("recognition_staff", "staff_id"),
    ("recognition_site", "site_id"),
    ("recognition_manager", "manager_id"),
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let number = unique("decision", "decision_number", &["comment_id", "number"]);
        create(manager, &mut decision(), vec![number]).await?;
        create(manager, &mut team_count(), vec![]).await?;
        let complaints = ["organisation_id", "tone", "received_at", "id"];
        manager
            .create_index(index("comment", "comment_tone", &complaints))
            .await?;
        // Every query names its organisation; an index that begins with it is the one both databases choose.
        for (name, scope) in FEEDS {
            replace(manager, name, &["organisation_id", scope, "recognised_at", "id"]).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (name, scope) in FEEDS {
            replace(manager, name, &[scope, "recognised_at", "id"]).await?;
        }
        manager
            .drop_index(Index::drop().table("comment").name("comment_tone").to_owned())
            .await?;
        drop(manager, &["team_count", "decision"]).await
    }
}

async fn replace(
    manager: &SchemaManager<'_>,
    name: &'static str,
    columns: &[&'static str],
) -> Result<(), DbErr> {
    manager
        .drop_index(Index::drop().table("recognition").name(name).to_owned())
        .await?;
    manager.create_index(index("recognition", name, columns)).await
}

fn decision() -> TableCreateStatement {
    Table::create()
        .table("decision")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("comment_id"))
        .col(integer("number"))
        .col(string("kind"))
        .col(json("verdicts"))
        .col(boolean("words_had_changed"))
        .col(string("actor"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("undone_at"))
        .col(string_null("undone_by"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .take()
}

fn team_count() -> TableCreateStatement {
    Table::create()
        .table("team_count")
        .col(uuid("organisation_id"))
        .col(string("period_kind"))
        .col(date("period_start"))
        .col(uuid("manager_id"))
        .col(uuid("staff_id"))
        .col(big_integer("n"))
        .primary_key(
            Index::create()
                .col("organisation_id")
                .col("period_kind")
                .col("period_start")
                .col("manager_id")
                .col("staff_id"),
        )
        .take()
}
