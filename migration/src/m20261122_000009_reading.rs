//! Reading from public networks: connections, where each reader stands, what is kept of posts, what it costs.
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
        create(manager, &mut connection(), vec![]).await?;
        let name = unique("reader", "reader_name", &["source_id", "name"]);
        create(manager, &mut reader(), vec![name]).await?;
        let checked = index("kept_post", "kept_post_checked", &["source_id", "checked_at"]);
        create(manager, &mut kept_post(), vec![checked]).await?;
        create(manager, &mut spend(), vec![]).await?;
        let day = index("charged_post", "charged_post_day", &["source_id", "day"]);
        create(manager, &mut charged_post(), vec![day]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &["charged_post", "spend", "kept_post", "reader", "connection"],
        )
        .await
    }
}

fn connection() -> TableCreateStatement {
    Table::create()
        .table("connection")
        .col(ColumnDef::new("source_id").uuid().not_null().primary_key())
        .col(uuid("organisation_id"))
        .col(big_integer_null("budget"))
        .col(string_null("account_id"))
        .col(string_null("account_handle"))
        .col(timestamp_with_time_zone("read_from"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("source_id", "source"))
        .take()
}

fn reader() -> TableCreateStatement {
    Table::create()
        .table("reader")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("source_id"))
        .col(string("name"))
        .col(string_null("after"))
        .col(timestamp_with_time_zone_null("from_time"))
        .col(string_null("next_token"))
        .col(timestamp_with_time_zone_null("round_started_at"))
        .col(integer("round_posts"))
        .col(integer_null("calls_left"))
        .col(timestamp_with_time_zone_null("window_ends_at"))
        .col(big_integer("held"))
        .col(integer("failures"))
        .col(timestamp_with_time_zone_null("last_read_at"))
        .col(timestamp_with_time_zone_null("caught_up_at"))
        .col(string_null("last_error"))
        .col(timestamp_with_time_zone_null("failed_at"))
        .col(string_null("stopped_by"))
        .col(timestamp_with_time_zone_null("gap_from"))
        .col(timestamp_with_time_zone_null("gap_to"))
        .foreign_key(&mut refers("source_id", "source"))
        .take()
}

fn kept_post() -> TableCreateStatement {
    Table::create()
        .table("kept_post")
        .col(ColumnDef::new("comment_id").uuid().not_null().primary_key())
        .col(uuid("organisation_id"))
        .col(uuid("source_id"))
        .col(string("post_id"))
        .col(timestamp_with_time_zone("checked_at"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .take()
}

fn spend() -> TableCreateStatement {
    Table::create()
        .table("spend")
        .col(uuid("organisation_id"))
        .col(uuid("source_id"))
        .col(date("month"))
        .col(big_integer("posts"))
        .col(big_integer("micro_dollars"))
        .primary_key(Index::create().col("source_id").col("month"))
        .take()
}

fn charged_post() -> TableCreateStatement {
    Table::create()
        .table("charged_post")
        .col(uuid("organisation_id"))
        .col(uuid("source_id"))
        .col(string("post_id"))
        .col(date("day"))
        .primary_key(Index::create().col("source_id").col("post_id").col("day"))
        .take()
}
