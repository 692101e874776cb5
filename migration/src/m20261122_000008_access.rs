//! Where people are signed in, the links and codes that sign them in once, and what their owners are warned of.
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
            &mut session(),
            vec![
                unique("session", "session_token_hash", &["token_hash"]),
                index("session", "session_account", &["account_id"]),
            ],
        )
        .await?;
        create(
            manager,
            &mut sign_in_link(),
            vec![
                unique("sign_in_link", "sign_in_link_token_hash", &["token_hash"]),
                index("sign_in_link", "sign_in_link_account", &["account_id"]),
            ],
        )
        .await?;
        create(manager, &mut alert(), Vec::new()).await?;
        let log = ["organisation_id", "action", "id"];
        manager.create_index(index("audit", "audit_action", &log)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().table("audit").name("audit_action").to_owned())
            .await?;
        drop(manager, &["alert", "sign_in_link", "session"]).await
    }
}

fn session() -> TableCreateStatement {
    Table::create()
        .table("session")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("account_id"))
        .col(blob("token_hash"))
        .col(string("device"))
        .col(boolean("is_shared"))
        .col(boolean("with_role"))
        .col(blob_null("device_hash"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("seen_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("account_id", "account"))
        .take()
}

fn alert() -> TableCreateStatement {
    Table::create()
        .table("alert")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("account_id"))
        .col(string("kind"))
        .col(string("address"))
        .col(string_null("device"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("account_id", "account"))
        .take()
}

fn sign_in_link() -> TableCreateStatement {
    Table::create()
        .table("sign_in_link")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("account_id"))
        .col(string("kind"))
        .col(blob("token_hash"))
        .col(string_null("language"))
        .col(string_null("path"))
        .col(string("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("used_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("account_id", "account"))
        .take()
}
