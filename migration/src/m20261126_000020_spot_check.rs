//! Automatic credits that are put to somebody as a question, and what the organisation wants of them.
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
        let adjusts = ColumnDef::new("adjusts_threshold")
            .boolean()
            .not_null()
            .default(false)
            .to_owned();
        for column in [
            integer_null("check_every"),
            double_null("target_precision"),
            adjusts,
            timestamp_with_time_zone_null("threshold_adjusted_at"),
        ] {
            let add = Table::alter().table("organisation").add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        let open = index(
            "spot_check",
            "spot_check_open",
            &["organisation_id", "created_at", "id"],
        )
        .cond_where(Expr::col("answered_at").is_null())
        .take();
        let indices = vec![
            unique("spot_check", "spot_check_once", &["comment_id", "staff_id"]),
            open,
            index(
                "spot_check",
                "spot_check_answered",
                &["organisation_id", "answered_at"],
            ),
        ];
        create(manager, &mut spot_check(), indices).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["spot_check"]).await?;
        for column in [
            "threshold_adjusted_at",
            "adjusts_threshold",
            "target_precision",
            "check_every",
        ] {
            let gone = Table::alter()
                .table("organisation")
                .drop_column(column)
                .to_owned();
            manager.alter_table(gone).await?;
        }
        Ok(())
    }
}

fn spot_check() -> TableCreateStatement {
    Table::create()
        .table("spot_check")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("comment_id"))
        .col(integer("revision"))
        .col(uuid("staff_id"))
        .col(uuid("source_id"))
        .col(uuid_null("site_id"))
        .col(uuid_null("manager_id"))
        .col(string_null("language"))
        .col(double("confidence"))
        .col(json("candidates"))
        .col(timestamp_with_time_zone("created_at"))
        .col(boolean_null("is_right"))
        .col(uuid_null("decision_id"))
        .col(string_null("actor"))
        .col(timestamp_with_time_zone_null("answered_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .foreign_key(&mut refers("staff_id", "staff_member"))
        .foreign_key(&mut refers("source_id", "source"))
        .take()
}
