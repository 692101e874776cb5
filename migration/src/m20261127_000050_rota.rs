//! Who was on duty where and when, and at which post a customer was served.
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
        let indices = vec![
            index("shift", "shift_site", &["site_id", "day"]),
            index("shift", "shift_day", &["day"]),
        ];
        create(manager, &mut shift(), indices).await?;
        let post = Table::alter()
            .table("comment_revision")
            .add_column(string_null("post"))
            .to_owned();
        manager.alter_table(post).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let post = Table::alter()
            .table("comment_revision")
            .drop_column("post")
            .to_owned();
        manager.alter_table(post).await?;
        drop(manager, &["shift"]).await
    }
}

fn shift() -> TableCreateStatement {
    Table::create()
        .table("shift")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("site_id"))
        .col(uuid("staff_id"))
        .col(string_null("post"))
        .col(date("day"))
        .col(timestamp_with_time_zone("starts_at"))
        .col(timestamp_with_time_zone("ends_at"))
        .col(json("breaks"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("site_id", "site"))
        .foreign_key(&mut refers("staff_id", "staff_member"))
        .take()
}
