//! The tenant, its keys and its audit log.
use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{create, drop, id, index, refers, unique};

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
            &mut organisation(),
            vec![unique("organisation", "organisation_slug", &["slug"])],
        )
        .await?;
        create(
            manager,
            &mut key(),
            vec![
                unique("key", "key_prefix", &["prefix"]),
                index("key", "key_organisation", &["organisation_id"]),
            ],
        )
        .await?;
        create(
            manager,
            &mut audit(),
            vec![
                index("audit", "audit_at", &["organisation_id", "at"]),
                index("audit", "audit_subject", &["organisation_id", "subject_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["audit", "key", "organisation"]).await
    }
}

fn organisation() -> TableCreateStatement {
    Table::create()
        .table("organisation")
        .col(id())
        .col(string("slug"))
        .col(string("name"))
        .col(string("time_zone"))
        .col(string("language"))
        .col(json("brands"))
        .col(string("board_mode"))
        .col(double_null("threshold"))
        .col(big_integer("roster_version"))
        .col(big_integer("settings_version"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}

fn key() -> TableCreateStatement {
    Table::create()
        .table("key")
        .col(id())
        .col(uuid("organisation_id"))
        .col(string("name"))
        .col(string("prefix"))
        .col(blob("hash"))
        .col(json("scopes"))
        .col(string("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}

fn audit() -> TableCreateStatement {
    Table::create()
        .table("audit")
        .col(id())
        .col(uuid("organisation_id"))
        .col(timestamp_with_time_zone("at"))
        .col(string("actor"))
        .col(string("action"))
        .col(string("subject_kind"))
        .col(string_null("subject_id"))
        .col(json("detail"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}
