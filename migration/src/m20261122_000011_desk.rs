//! What waits on a manager's desk, who passed praise on, what people answered, and who is on no board.
//!
//! Rows from before this migration do not begin to wait by it.
use sea_orm_migration::{prelude::*, schema::*, sea_query::IndexCreateStatement};

use crate::columns::{create, drop, id, index, refers, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        add(
            manager,
            "recognition",
            timestamp_with_time_zone_null("waiting_since"),
        )
        .await?;
        add(manager, "recognition", timestamp_with_time_zone_null("hidden_at")).await?;
        add(manager, "comment", timestamp_with_time_zone_null("concern_since")).await?;
        add(manager, "comment", timestamp_with_time_zone_null("handled_at")).await?;
        add(manager, "comment", uuid_null("handled_by")).await?;
        for index in waiting() {
            manager.create_index(index).await?;
        }
        create(manager, &mut passed_on(), passed_on_indices()).await?;
        let of_comment = index("answer", "answer_comment", &["comment_id"]);
        let once = unique("answer", "answer_once", &["recognition_id"]);
        create(manager, &mut answer(), vec![once, of_comment]).await?;
        let of_all = index(
            "board_absence",
            "board_absence_organisation",
            &["organisation_id"],
        );
        create(manager, &mut board_absence(), vec![of_all]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["board_absence", "answer", "passed_on"]).await?;
        for (table, name) in [
            ("comment", "comment_concern"),
            ("recognition", "recognition_colleagues"),
            ("recognition", "recognition_waiting_staff"),
            ("recognition", "recognition_waiting_manager"),
        ] {
            manager
                .drop_index(Index::drop().table(table).name(name).to_owned())
                .await?;
        }
        for (table, column) in [
            ("comment", "handled_by"),
            ("comment", "handled_at"),
            ("comment", "concern_since"),
            ("recognition", "hidden_at"),
            ("recognition", "waiting_since"),
        ] {
            let drop = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }
}

async fn add(manager: &SchemaManager<'_>, table: &'static str, column: ColumnDef) -> Result<(), DbErr> {
    manager
        .alter_table(Table::alter().table(table).add_column(column).to_owned())
        .await
}

/// They hold what waits and what colleagues may read, and nothing else, so that a desk and a team's feed cost what they
/// show, however long the history.
fn waiting() -> [IndexCreateStatement; 4] {
    let recognitions = |name, of| {
        index(
            "recognition",
            name,
            &["organisation_id", of, "waiting_since", "id"],
        )
        .cond_where(Expr::col("waiting_since").is_not_null())
        .take()
    };
    [
        index(
            "recognition",
            "recognition_colleagues",
            &["organisation_id", "manager_id", "recognised_at", "id"],
        )
        .cond_where(Expr::col("for_colleagues"))
        .and_where(Expr::col("hidden_at").is_null())
        .and_where(Expr::col("withdrawn_at").is_null())
        .take(),
        recognitions("recognition_waiting_manager", "manager_id"),
        recognitions("recognition_waiting_staff", "staff_id"),
        index(
            "comment",
            "comment_concern",
            &["organisation_id", "concern_since", "id"],
        )
        .cond_where(Expr::col("concern_since").is_not_null())
        .take(),
    ]
}

fn passed_on() -> TableCreateStatement {
    Table::create()
        .table("passed_on")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("recognition_id"))
        .col(uuid("comment_id"))
        .col(uuid_null("manager_id"))
        .col(uuid("account_id"))
        .col(string("how"))
        .col(string_null("note"))
        .col(timestamp_with_time_zone("said_at"))
        .col(timestamp_with_time_zone("passed_on_at"))
        .foreign_key(&mut refers("recognition_id", "recognition"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .foreign_key(&mut refers("account_id", "account"))
        .take()
}

fn passed_on_indices() -> Vec<IndexCreateStatement> {
    vec![
        unique("passed_on", "passed_on_once", &["recognition_id"]),
        index("passed_on", "passed_on_comment", &["comment_id"]),
        index(
            "passed_on",
            "passed_on_manager",
            &["organisation_id", "manager_id", "passed_on_at"],
        ),
        index("passed_on", "passed_on_at", &["organisation_id", "passed_on_at"]),
    ]
}

fn answer() -> TableCreateStatement {
    Table::create()
        .table("answer")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("recognition_id"))
        .col(uuid("comment_id"))
        .col(string("text"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("changed_at"))
        .foreign_key(&mut refers("recognition_id", "recognition"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .take()
}

fn board_absence() -> TableCreateStatement {
    Table::create()
        .table("board_absence")
        .col(ColumnDef::new("staff_id").uuid().not_null().primary_key())
        .col(uuid("organisation_id"))
        .col(timestamp_with_time_zone("since"))
        .foreign_key(&mut refers("staff_id", "staff_member"))
        .take()
}
