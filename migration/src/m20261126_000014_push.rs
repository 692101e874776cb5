//! Tools push: the address of each source, what was sent to it, and which comments came of that.
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
        let address = unique("hook", "hook_address_hash", &["address_hash"]);
        create(manager, &mut hook(), vec![address]).await?;
        let indices = vec![
            unique("push", "push_digest", &["source_id", "digest"]),
            index("push", "push_state", &["source_id", "state", "id"]),
            index("push", "push_received", &["source_id", "received_at"]),
        ];
        create(manager, &mut push(), indices).await?;
        let comment = index("push_comment", "push_comment_comment", &["comment_id"]);
        create(manager, &mut push_comment(), vec![comment]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["push_comment", "push", "hook"]).await
    }
}

fn hook() -> TableCreateStatement {
    Table::create()
        .table("hook")
        .col(ColumnDef::new("source_id").uuid().not_null().primary_key())
        .col(uuid("organisation_id"))
        .col(blob("address_hash"))
        .col(timestamp_with_time_zone("made_at"))
        .col(big_integer("pushes"))
        .col(big_integer("bytes"))
        .col(timestamp_with_time_zone_null("last_push_at"))
        .col(big_integer("refused"))
        .col(timestamp_with_time_zone_null("refused_at"))
        .col(integer("retention_days"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("source_id", "source"))
        .take()
}

fn push() -> TableCreateStatement {
    Table::create()
        .table("push")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("source_id"))
        .col(blob("digest"))
        .col(string("state"))
        .col(blob("sealed"))
        .col(big_integer("bytes"))
        .col(timestamp_with_time_zone("received_at"))
        .col(timestamp_with_time_zone_null("read_at"))
        .col(string_null("reason"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("source_id", "source"))
        .take()
}

fn push_comment() -> TableCreateStatement {
    Table::create()
        .table("push_comment")
        .col(uuid("push_id"))
        .col(uuid("comment_id"))
        .col(uuid("organisation_id"))
        .primary_key(Index::create().col("push_id").col("comment_id"))
        .foreign_key(&mut refers("push_id", "push"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .take()
}
