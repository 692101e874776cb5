//! Praised names that nobody bears: where they stand, and what somebody said of them.
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
        let quiet = ColumnDef::new("quiet")
            .boolean()
            .not_null()
            .default(false)
            .to_owned();
        manager
            .alter_table(Table::alter().table("recognition").add_column(quiet).to_owned())
            .await?;
        let indices = vec![
            unique("unmet_name", "unmet_name_once", &["comment_id", "name_id"]),
            index(
                "unmet_name",
                "unmet_name_name",
                &["organisation_id", "site_id", "name_id", "comment_id"],
            ),
        ];
        create(manager, &mut unmet_name(), indices).await?;
        let live = unique("name_answer", "name_answer_live", &["organisation_id", "name_id"])
            .cond_where(Expr::col("undone_at").is_null())
            .take();
        let newest = index("name_answer", "name_answer_newest", &["organisation_id", "id"]);
        create(manager, &mut name_answer(), vec![live, newest]).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["name_answer", "unmet_name"]).await?;
        let quiet = Table::alter()
            .table("recognition")
            .drop_column("quiet")
            .to_owned();
        manager.alter_table(quiet).await
    }
}

fn unmet_name() -> TableCreateStatement {
    Table::create()
        .table("unmet_name")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("site_id"))
        .col(uuid("name_id"))
        .col(uuid("comment_id"))
        .col(integer("revision"))
        .col(json("span"))
        .col(uuid("customer_id"))
        .col(json("nearest"))
        .col(boolean("is_found"))
        .col(uuid_null("chosen_id"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("site_id", "site"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .take()
}

fn name_answer() -> TableCreateStatement {
    Table::create()
        .table("name_answer")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("site_id"))
        .col(uuid("name_id"))
        .col(uuid_null("staff_id"))
        .col(string_null("name"))
        .col(date_null("starts_on"))
        .col(date_null("ends_on"))
        .col(string("actor"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("undone_at"))
        .col(string_null("undone_by"))
        .col(big_integer("to_read"))
        .col(big_integer("read"))
        .col(big_integer("credited"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("site_id", "site"))
        .foreign_key(&mut refers("staff_id", "staff_member"))
        .take()
}
