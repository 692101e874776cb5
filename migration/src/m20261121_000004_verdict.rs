//! What the engine and people decided, and what is derived from it.
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
            &mut attribution(),
            vec![index("attribution", "attribution_comment", &["comment_id"])],
        )
        .await?;
        create(manager, &mut verdict(), verdict_indices()).await?;
        create(manager, &mut recognition(), recognition_indices()).await?;
        create(manager, &mut recognition_count(), recognition_count_indices()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &["recognition_count", "recognition", "verdict", "attribution"],
        )
        .await
    }
}

fn attribution() -> TableCreateStatement {
    Table::create()
        .table("attribution")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("comment_id"))
        .col(integer("revision"))
        .col(string("tone"))
        .col(string("outcome"))
        .col(boolean("unnamed_praise"))
        .col(json("unnamed_spans"))
        .col(big_integer("roster_version"))
        .col(big_integer("settings_version"))
        .col(string("model_version"))
        .col(double("threshold"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .take()
}

fn verdict() -> TableCreateStatement {
    Table::create()
        .table("verdict")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("comment_id"))
        .col(uuid_null("staff_id"))
        .col(integer("sequence"))
        .col(integer("revision"))
        .col(string("state"))
        .col(string("decided_by"))
        .col(string_null("actor"))
        .col(uuid_null("attribution_id"))
        .col(double_null("confidence"))
        .col(integer_null("rank"))
        .col(json("spans"))
        .col(json("evidence"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .foreign_key(&mut refers("staff_id", "staff_member"))
        .foreign_key(&mut refers("attribution_id", "attribution"))
        .take()
}

fn verdict_indices() -> Vec<IndexCreateStatement> {
    vec![
        unique(
            "verdict",
            "verdict_sequence",
            &["comment_id", "staff_id", "sequence"],
        ),
        unique(
            "verdict",
            "verdict_site_praise_sequence",
            &["comment_id", "sequence"],
        )
        .cond_where(Expr::col("staff_id").is_null())
        .take(),
        index("verdict", "verdict_staff", &["staff_id", "created_at"]),
        index(
            "verdict",
            "verdict_state",
            &["organisation_id", "state", "created_at"],
        ),
    ]
}

fn recognition() -> TableCreateStatement {
    Table::create()
        .table("recognition")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("comment_id"))
        .col(uuid_null("staff_id"))
        .col(uuid_null("site_id"))
        .col(uuid_null("manager_id"))
        .col(timestamp_with_time_zone("occurred_at"))
        .col(date("occurred_on"))
        .col(timestamp_with_time_zone("recognised_at"))
        .col(timestamp_with_time_zone_null("withdrawn_at"))
        .col(boolean("for_colleagues"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .foreign_key(&mut refers("staff_id", "staff_member"))
        .foreign_key(&mut refers("site_id", "site"))
        .take()
}

fn recognition_indices() -> Vec<IndexCreateStatement> {
    let newest = |name, of| index("recognition", name, &[of, "recognised_at", "id"]);
    vec![
        unique("recognition", "recognition_once", &["comment_id", "staff_id"]),
        unique("recognition", "recognition_site_praise_once", &["comment_id"])
            .cond_where(Expr::col("staff_id").is_null())
            .take(),
        index(
            "recognition",
            "recognition_withdrawn",
            &["organisation_id", "withdrawn_at"],
        )
        .cond_where(Expr::col("withdrawn_at").is_not_null())
        .take(),
        newest("recognition_staff", "staff_id"),
        newest("recognition_site", "site_id"),
        newest("recognition_manager", "manager_id"),
        newest("recognition_organisation", "organisation_id"),
    ]
}

fn recognition_count() -> TableCreateStatement {
    Table::create()
        .table("recognition_count")
        .col(uuid("organisation_id"))
        .col(string("period_kind"))
        .col(date("period_start"))
        .col(uuid("site_id"))
        .col(uuid("staff_id"))
        .col(big_integer("n"))
        .primary_key(
            Index::create()
                .col("organisation_id")
                .col("period_kind")
                .col("period_start")
                .col("site_id")
                .col("staff_id"),
        )
        .take()
}

fn recognition_count_indices() -> Vec<IndexCreateStatement> {
    let of = ["organisation_id", "period_kind", "period_start"];
    let mut board = index("recognition_count", "recognition_count_board", &of);
    board.col(("n", IndexOrder::Desc)).col("staff_id");
    let mut site = index("recognition_count", "recognition_count_site", &of);
    site.col("site_id").col(("n", IndexOrder::Desc)).col("staff_id");
    vec![board, site]
}
