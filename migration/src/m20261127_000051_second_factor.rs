//! The second factor of accounts, sign-ins that still wait for its code, and whether holders of roles need one.
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
        create(manager, &mut factor(), Vec::new()).await?;
        create(
            manager,
            &mut recovery_code(),
            vec![
                unique("recovery_code", "recovery_code_hash", &["code_hash"]),
                index("recovery_code", "recovery_code_account", &["account_id"]),
            ],
        )
        .await?;
        create(
            manager,
            &mut half_session(),
            vec![
                unique("half_session", "half_session_token_hash", &["token_hash"]),
                index("half_session", "half_session_account", &["account_id"]),
            ],
        )
        .await?;
        create(manager, &mut policy(), Vec::new()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "second_factor_policy",
            "half_session",
            "recovery_code",
            "second_factor",
        ];
        drop(manager, &tables).await
    }
}

fn factor() -> TableCreateStatement {
    Table::create()
        .table("second_factor")
        .col(ColumnDef::new("account_id").uuid().not_null().primary_key())
        .col(uuid("organisation_id"))
        .col(blob("secret"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("confirmed_at"))
        .col(big_integer_null("last_step"))
        .col(integer("wrong"))
        .col(timestamp_with_time_zone_null("waits_until"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("account_id", "account"))
        .take()
}

fn recovery_code() -> TableCreateStatement {
    Table::create()
        .table("recovery_code")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("account_id"))
        .col(blob("code_hash"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("account_id", "account"))
        .take()
}

fn half_session() -> TableCreateStatement {
    Table::create()
        .table("half_session")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("account_id"))
        .col(blob("token_hash"))
        .col(string("device"))
        .col(boolean("is_shared"))
        .col(blob_null("device_hash"))
        .col(boolean("is_past_company"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("account_id", "account"))
        .take()
}

fn policy() -> TableCreateStatement {
    Table::create()
        .table("second_factor_policy")
        .col(ColumnDef::new("organisation_id").uuid().not_null().primary_key())
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}
