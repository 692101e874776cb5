//! Links to wallboards.
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
            &mut wall_link(),
            vec![
                unique("wall_link", "wall_link_token_hash", &["token_hash"]),
                index("wall_link", "wall_link_site", &["site_id"]),
                index("wall_link", "wall_link_manager", &["manager_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["wall_link"]).await
    }
}

fn wall_link() -> TableCreateStatement {
    Table::create()
        .table("wall_link")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid_null("site_id"))
        .col(uuid_null("manager_id"))
        .col(string("name"))
        .col(blob("token_hash"))
        .col(string("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("last_used_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("site_id", "site"))
        .foreign_key(&mut refers("manager_id", "staff_member"))
        .take()
}
