//! Signing in through the company: providers, who is linked with whom there, and sessions that began there.
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
        for (table, column) in [
            ("grant", uuid_null("provider_id")),
            ("session", timestamp_with_time_zone_null("proved_at")),
        ] {
            let add = Table::alter().table(table).add_column(column).to_owned();
            manager.alter_table(add).await?;
        }
        let of_organisation = index(
            "sign_on_provider",
            "sign_on_provider_organisation",
            &["organisation_id"],
        );
        create(manager, &mut provider(), vec![of_organisation]).await?;
        let subject = ["organisation_id", "issuer", "subject"];
        let indices = vec![
            unique("sign_on_link", "sign_on_link_subject", &subject),
            unique(
                "sign_on_link",
                "sign_on_link_account",
                &["provider_id", "account_id"],
            ),
            index("sign_on_link", "sign_on_link_of", &["account_id"]),
        ];
        create(manager, &mut link(), indices).await?;
        let indices = vec![
            index("sign_on_session", "sign_on_session_sid", &["provider_id", "sid"]),
            index("sign_on_session", "sign_on_session_link", &["link_id"]),
        ];
        create(manager, &mut session(), indices).await?;
        let once = unique("sign_on_used", "sign_on_used_hash", &["hash"]);
        create(manager, &mut used(), vec![once]).await?;
        create(manager, &mut policy(), Vec::new()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            "sign_on_policy",
            "sign_on_used",
            "sign_on_session",
            "sign_on_link",
            "sign_on_provider",
        ];
        drop(manager, &tables).await?;
        for (table, column) in [("session", "proved_at"), ("grant", "provider_id")] {
            let gone = Table::alter().table(table).drop_column(column).to_owned();
            manager.alter_table(gone).await?;
        }
        Ok(())
    }
}

fn provider() -> TableCreateStatement {
    Table::create()
        .table("sign_on_provider")
        .col(id())
        .col(uuid("organisation_id"))
        .col(string("name"))
        .col(string("issuer"))
        .col(string("client_id"))
        .col(blob("client_secret"))
        .col(json("domains"))
        .col(string_null("group_claim"))
        .col(json("group_roles"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}

fn link() -> TableCreateStatement {
    Table::create()
        .table("sign_on_link")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("provider_id"))
        .col(uuid("account_id"))
        .col(string("issuer"))
        .col(string("subject"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("provider_id", "sign_on_provider"))
        .foreign_key(&mut refers("account_id", "account"))
        .take()
}

fn session() -> TableCreateStatement {
    Table::create()
        .table("sign_on_session")
        .col(ColumnDef::new("session_id").uuid().not_null().primary_key())
        .col(uuid("organisation_id"))
        .col(uuid("provider_id"))
        .col(uuid("link_id"))
        .col(string_null("sid"))
        .col(blob("id_token"))
        .col(timestamp_with_time_zone("expires_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("provider_id", "sign_on_provider"))
        .take()
}

fn used() -> TableCreateStatement {
    Table::create()
        .table("sign_on_used")
        .col(id())
        .col(uuid("organisation_id"))
        .col(blob("hash"))
        .col(timestamp_with_time_zone("expires_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}

fn policy() -> TableCreateStatement {
    Table::create()
        .table("sign_on_policy")
        .col(ColumnDef::new("organisation_id").uuid().not_null().primary_key())
        .col(uuid("account_id"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("account_id", "account"))
        .take()
}
