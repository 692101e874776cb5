//! Sources, imports, comments and their words.
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
            &mut source(),
            vec![unique("source", "source_name", &["organisation_id", "name"])],
        )
        .await?;
        create(manager, &mut import(), vec![]).await?;
        create(manager, &mut comment(), comment_indices()).await?;
        create(
            manager,
            &mut comment_revision(),
            vec![unique(
                "comment_revision",
                "comment_revision_number",
                &["comment_id", "number"],
            )],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["comment_revision", "comment", "import", "source"]).await
    }
}

fn source() -> TableCreateStatement {
    Table::create()
        .table("source")
        .col(id())
        .col(uuid("organisation_id"))
        .col(string("name"))
        .col(string("kind"))
        .col(json("settings"))
        .col(integer("settle_seconds"))
        .col(blob_null("sealed"))
        .col(timestamp_with_time_zone_null("sealed_at"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("paused_at"))
        .col(timestamp_with_time_zone_null("removed_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}

fn import() -> TableCreateStatement {
    Table::create()
        .table("import")
        .col(id())
        .col(uuid("organisation_id"))
        .col(string("kind"))
        .col(uuid_null("source_id"))
        .col(string("file_name"))
        .col(string("digest"))
        .col(json("counts"))
        .col(string("actor"))
        .col(timestamp_with_time_zone("started_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .col(timestamp_with_time_zone_null("undone_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("source_id", "source"))
        .take()
}

fn comment() -> TableCreateStatement {
    Table::create()
        .table("comment")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("source_id"))
        .col(string_null("external_id"))
        .col(string_null("idempotency_key"))
        .col(uuid_null("import_id"))
        .col(uuid_null("site_id"))
        .col(string("state"))
        .col(string_null("tone"))
        .col(string("tell"))
        .col(integer("revision"))
        .col(boolean("words_changed"))
        .col(timestamp_with_time_zone("occurred_at"))
        .col(timestamp_with_time_zone("received_at"))
        .col(timestamp_with_time_zone_null("attributed_at"))
        .col(blob_null("receipt_hash"))
        .col(timestamp_with_time_zone_null("withdrawn_at"))
        .col(timestamp_with_time_zone_null("erased_at"))
        .col(string_null("erased_reason"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("source_id", "source"))
        .foreign_key(&mut refers("import_id", "import"))
        .foreign_key(&mut refers("site_id", "site"))
        .take()
}

fn comment_indices() -> Vec<IndexCreateStatement> {
    vec![
        unique("comment", "comment_external_id", &["source_id", "external_id"]),
        unique(
            "comment",
            "comment_idempotency_key",
            &["source_id", "idempotency_key"],
        ),
        unique("comment", "comment_receipt_hash", &["receipt_hash"]),
        index(
            "comment",
            "comment_received",
            &["organisation_id", "received_at", "id"],
        ),
        index(
            "comment",
            "comment_state",
            &["organisation_id", "state", "received_at", "id"],
        ),
        index("comment", "comment_import", &["import_id"]),
    ]
}

fn comment_revision() -> TableCreateStatement {
    Table::create()
        .table("comment_revision")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("comment_id"))
        .col(integer("number"))
        .col(string_null("text"))
        .col(double_null("score_value"))
        .col(string_null("score_scale"))
        .col(uuid_null("site_id"))
        .col(string_null("hint"))
        .col(json_null("author"))
        .col(string_null("staff_reference"))
        .col(string_null("permalink"))
        .col(string_null("language"))
        .col(string("consent"))
        .col(json_null("metadata"))
        .col(timestamp_with_time_zone("revised_at"))
        .col(timestamp_with_time_zone("received_at"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .take()
}
