//! Sites, staff and who works where for whom.
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
        create(manager, &mut staff_member(), staff_member_indices()).await?;
        create(manager, &mut site(), site_indices()).await?;
        create(
            manager,
            &mut site_closure(),
            vec![index(
                "site_closure",
                "site_closure_descendant",
                &["descendant_id"],
            )],
        )
        .await?;
        create(manager, &mut assignment(), assignment_indices()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop(manager, &["assignment", "site_closure", "site", "staff_member"]).await
    }
}

fn staff_member() -> TableCreateStatement {
    Table::create()
        .table("staff_member")
        .col(id())
        .col(uuid("organisation_id"))
        .col(string("employee_id"))
        .col(string("given_name"))
        .col(string("family_name"))
        .col(string_null("preferred_name"))
        .col(json("aliases"))
        .col(json("handles"))
        .col(string_null("email"))
        .col(string_null("phone"))
        .col(date_null("starts_on"))
        .col(date_null("ends_on"))
        .col(big_integer("changed_in_version"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .take()
}

fn staff_member_indices() -> Vec<IndexCreateStatement> {
    vec![
        unique(
            "staff_member",
            "staff_member_employee_id",
            &["organisation_id", "employee_id"],
        ),
        index(
            "staff_member",
            "staff_member_changed",
            &["organisation_id", "changed_in_version"],
        ),
        index(
            "staff_member",
            "staff_member_name",
            &["organisation_id", "family_name", "given_name", "id"],
        ),
    ]
}

fn site() -> TableCreateStatement {
    Table::create()
        .table("site")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid_null("parent_id"))
        .col(string("name"))
        .col(string("path"))
        .col(string("slug"))
        .col(uuid_null("lead_id"))
        .col(string_null("time_zone"))
        .col(string_null("language"))
        .col(big_integer("changed_in_version"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("closed_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("parent_id", "site"))
        .foreign_key(&mut refers("lead_id", "staff_member"))
        .take()
}

fn site_indices() -> Vec<IndexCreateStatement> {
    vec![
        unique("site", "site_path", &["organisation_id", "path"]),
        unique("site", "site_slug", &["organisation_id", "slug"]),
        index("site", "site_changed", &["organisation_id", "changed_in_version"]),
    ]
}

fn site_closure() -> TableCreateStatement {
    Table::create()
        .table("site_closure")
        .col(uuid("ancestor_id"))
        .col(uuid("descendant_id"))
        .col(uuid("organisation_id"))
        .col(integer("depth"))
        .primary_key(Index::create().col("ancestor_id").col("descendant_id"))
        .foreign_key(&mut refers("ancestor_id", "site"))
        .foreign_key(&mut refers("descendant_id", "site"))
        .take()
}

fn assignment() -> TableCreateStatement {
    Table::create()
        .table("assignment")
        .col(id())
        .col(uuid("organisation_id"))
        .col(uuid("staff_id"))
        .col(uuid_null("site_id"))
        .col(uuid_null("manager_id"))
        .col(string_null("job_title"))
        .col(date_null("starts_on"))
        .col(date_null("ends_on"))
        .col(string_null("shifts"))
        .col(timestamp_with_time_zone("created_at"))
        .foreign_key(&mut refers("organisation_id", "organisation"))
        .foreign_key(&mut refers("staff_id", "staff_member"))
        .foreign_key(&mut refers("site_id", "site"))
        .foreign_key(&mut refers("manager_id", "staff_member"))
        .take()
}

fn assignment_indices() -> Vec<IndexCreateStatement> {
    vec![
        index("assignment", "assignment_staff", &["staff_id"]),
        index("assignment", "assignment_manager", &["manager_id"]),
        index("assignment", "assignment_site", &["site_id"]),
    ]
}
