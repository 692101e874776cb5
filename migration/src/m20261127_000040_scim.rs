//! SCIM: what an organisation's directory says of its people, and that a sync was stopped.
use sea_orm_migration::{prelude::*, schema::*};

use crate::columns::{create, drop, index, refers, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let indices = vec![
            unique("scim_user", "scim_user_name", &["organisation_id", "user_name"]),
            index(
                "scim_user",
                "scim_user_external",
                &["organisation_id", "external_id"],
            ),
            index("scim_user", "scim_user_manager", &["organisation_id", "manager"]),
            index("scim_user", "scim_user_ended", &["organisation_id", "ended_at"]),
        ];
        create(manager, &mut user(), indices).await?;
        create(manager, &mut stop(), Vec::new()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["scim_stop", "scim_user"]).await
    }
}

fn user() -> TableCreateStatement {
    Table::create()
        .table("scim_user")
        .col(ColumnDef::new("staff_id").uuid().not_null().primary_key())
        .col(uuid("organisation_id"))
        .col(string_null("user_name"))
        .col(string_null("external_id"))
        .col(string_null("manager"))
        .col(boolean("active"))
        .col(json("document"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("changed_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("staff_id", "staff_member"))
        .take()
}

fn stop() -> TableCreateStatement {
    Table::create()
        .table("scim_stop")
        .col(ColumnDef::new("organisation_id").uuid().not_null().primary_key())
        .col(timestamp_with_time_zone_null("stopped_at"))
        .col(timestamp_with_time_zone_null("allowed_until"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}
