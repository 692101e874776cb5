//! Accounts and their roles; whom to tell of what, and every attempt to do so.
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
            &mut account(),
            vec![
                unique("account", "account_staff_id", &["staff_id"]),
                index("account", "account_organisation", &["organisation_id"]),
                index("account", "account_digest_due", &["digest_due_at"]),
            ],
        )
        .await?;
        create(
            manager,
            &mut grant(),
            vec![
                index("grant", "grant_account", &["account_id"]),
                index("grant", "grant_role", &["organisation_id", "role"]),
            ],
        )
        .await?;
        create(
            manager,
            &mut channel(),
            vec![index("channel", "channel_organisation", &["organisation_id"])],
        )
        .await?;
        create(manager, &mut notice(), notice_indices()).await?;
        create(manager, &mut notice_recognition(), notice_recognition_indices()).await?;
        create(
            manager,
            &mut delivery(),
            vec![
                unique("delivery", "delivery_once", &["notice_id", "channel"]),
                index("delivery", "delivery_channel", &["channel_id", "created_at"])
                    .cond_where(Expr::col("channel_id").is_not_null())
                    .take(),
            ],
        )
        .await?;
        create(
            manager,
            &mut capability(),
            vec![
                unique("capability", "capability_token_hash", &["token_hash"]),
                index("capability", "capability_notice", &["notice_id"]),
                index("capability", "capability_account", &["account_id"]),
            ],
        )
        .await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(
            manager,
            &[
                "capability",
                "delivery",
                "notice_recognition",
                "notice",
                "channel",
                "grant",
                "account",
            ],
        )
        .await
    }
}

fn account() -> TableCreateStatement {
    Table::create()
        .table("account")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid_null("staff_id"))
        .col(string_null("email"))
        .col(string("frequency"))
        .col(boolean("own_praise"))
        .col(string_null("own_praise_frequency"))
        .col(string_null("triage_frequency"))
        .col(string_null("complaint_frequency"))
        .col(string("digest_every"))
        .col(integer("digest_weekday"))
        .col(integer("digest_minute"))
        .col(integer_null("quiet_from"))
        .col(integer_null("quiet_until"))
        .col(integer("quiet_days"))
        .col(timestamp_with_time_zone("digest_due_at"))
        .col(string_null("time_zone"))
        .col(string_null("language"))
        .col(timestamp_with_time_zone_null("mail_refused_at"))
        .col(blob_null("mail_refused_hash"))
        .col(string_null("mail_refused_reason"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("closed_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("staff_id", "staff_member"))
        .take()
}

fn grant() -> TableCreateStatement {
    Table::create()
        .table("grant")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("account_id"))
        .col(string("role"))
        .col(uuid_null("site_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .foreign_key(&mut refers("account_id", "account"))
        .foreign_key(&mut refers("site_id", "site"))
        .take()
}

fn notice() -> TableCreateStatement {
    Table::create()
        .table("notice")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid_null("reader_id"))
        .col(uuid_null("channel_id"))
        .col(string("kind"))
        .col(uuid_null("comment_id"))
        .col(integer("telling"))
        .col(integer_null("revision"))
        .col(date_null("period_start"))
        .col(date_null("first_day"))
        .col(date_null("last_day"))
        .col(timestamp_with_time_zone_null("covers_from"))
        .col(timestamp_with_time_zone_null("covers_until"))
        .col(string("state"))
        .col(json("reason"))
        .col(timestamp_with_time_zone("due_at"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("sent_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("reader_id", "account"))
        .foreign_key(&mut refers("channel_id", "channel"))
        .foreign_key(&mut refers("comment_id", "comment"))
        .take()
}

fn notice_indices() -> Vec<IndexCreateStatement> {
    vec![
        unique(
            "notice",
            "notice_once",
            &["reader_id", "kind", "comment_id", "telling"],
        ),
        unique(
            "notice",
            "notice_digest_once",
            &["reader_id", "kind", "period_start"],
        )
        .cond_where(Expr::col("period_start").is_not_null())
        .take(),
        unique(
            "notice",
            "notice_no_recipient_once",
            &["kind", "comment_id", "telling"],
        )
        .cond_where(
            Cond::all()
                .add(Expr::col("reader_id").is_null())
                .add(Expr::col("channel_id").is_null()),
        )
        .take(),
        unique(
            "notice",
            "notice_channel_once",
            &["channel_id", "kind", "comment_id", "telling"],
        ),
        index("notice", "notice_comment", &["comment_id"]),
        index(
            "notice",
            "notice_state",
            &["organisation_id", "state", "created_at", "id"],
        ),
        index(
            "notice",
            "notice_organisation",
            &["organisation_id", "created_at", "id"],
        ),
        index("notice", "notice_reader", &["reader_id", "kind", "created_at"]),
        index("notice", "notice_deferred", &["reader_id", "state"])
            .cond_where(Expr::col("state").eq("deferred"))
            .take(),
    ]
}

fn notice_recognition() -> TableCreateStatement {
    Table::create()
        .table("notice_recognition")
        .col(uuid("notice_id"))
        .col(uuid("recognition_id"))
        .col(uuid("organisation_id"))
        .col(uuid_null("reader_id"))
        .col(string("part"))
        .col(uuid_null("awaits_digest_of"))
        .primary_key(Index::create().col("notice_id").col("recognition_id"))
        .foreign_key(&mut refers("notice_id", "notice"))
        .foreign_key(&mut refers("recognition_id", "recognition"))
        .take()
}

fn notice_recognition_indices() -> Vec<IndexCreateStatement> {
    vec![
        unique(
            "notice_recognition",
            "notice_recognition_once",
            &["recognition_id", "reader_id", "part"],
        ),
        index(
            "notice_recognition",
            "notice_recognition_reader",
            &["reader_id", "part"],
        ),
        index(
            "notice_recognition",
            "notice_recognition_awaits_digest",
            &["awaits_digest_of"],
        )
        .cond_where(Expr::col("awaits_digest_of").is_not_null())
        .take(),
    ]
}

fn delivery() -> TableCreateStatement {
    Table::create()
        .table("delivery")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("notice_id"))
        .col(string("channel"))
        .col(uuid_null("account_id"))
        .col(uuid_null("channel_id"))
        .col(string("state"))
        .col(integer("attempt"))
        .col(timestamp_with_time_zone("due_at"))
        .col(integer_null("code"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("attempted_at"))
        .foreign_key(&mut refers("notice_id", "notice"))
        .foreign_key(&mut refers("account_id", "account"))
        .foreign_key(&mut refers("channel_id", "channel"))
        .take()
}

fn channel() -> TableCreateStatement {
    Table::create()
        .table("channel")
        .col(id())
        .col(uuid("organisation_id"))
        .col(string("kind"))
        .col(string("name"))
        .col(blob("address"))
        .col(blob("secrets"))
        .col(boolean("with_words"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("ended_at"))
        .col(string_null("ended_because"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}

fn capability() -> TableCreateStatement {
    Table::create()
        .table("capability")
        .col(id())
        .col(uuid("organisation_id"))
        .col(blob("token_hash"))
        .col(string("purpose"))
        .col(uuid_null("notice_id"))
        .col(uuid_null("account_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(timestamp_with_time_zone_null("revoked_at"))
        .foreign_key(&mut refers("notice_id", "notice"))
        .foreign_key(&mut refers("account_id", "account"))
        .take()
}
