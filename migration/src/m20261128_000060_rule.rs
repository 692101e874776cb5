//! Rules: who hears of praise besides those who hear of it anyway, and which rule made a notice.
use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{create, drop, id, index, refers};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let of_organisation = index("rule", "rule_organisation", &["organisation_id"]);
        create(manager, &mut rule(), vec![of_organisation]).await?;
        let add = Table::alter()
            .table("notice")
            .add_column(uuid_null("rule_id"))
            .to_owned();
        manager.alter_table(add).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let take = Table::alter().table("notice").drop_column("rule_id").to_owned();
        manager.alter_table(take).await?;
        drop(manager, &["rule"]).await
    }
}

fn rule() -> TableCreateStatement {
    Table::create()
        .table("rule")
        .col(id())
        .col(uuid("organisation_id"))
        .col(string("name"))
        .col(string("who"))
        .col(uuid_null("staff_id"))
        .col(uuid_null("channel_id"))
        .col(boolean("at_once"))
        .col(uuid_null("source_id"))
        .col(integer_null("score_from"))
        .col(string_null("language"))
        .col(integer_null("nth"))
        .col(string("created_by"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("staff_id", "staff_member"))
        .foreign_key(&mut refers("channel_id", "channel"))
        .foreign_key(&mut refers("source_id", "source"))
        .take()
}
