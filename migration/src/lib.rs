//! Plaudit's database schema, step by step: the truth that the entities are tested against.
//! Landed migrations are never edited; the next change is the next file.

pub use sea_orm_migration::prelude::MigratorTrait;
use sea_orm_migration::prelude::*;

mod columns;
mod m20261121_000001_organisation;
mod m20261121_000002_roster;
mod m20261121_000003_capture;
mod m20261121_000004_verdict;
mod m20261121_000005_job;
mod m20261122_000006_notice;
mod m20261122_000007_decision;
mod m20261122_000008_access;
mod m20261122_000009_reading;
mod m20261122_000010_held_and_brand;
mod m20261122_000011_desk;
mod m20261122_000012_address;
mod m20261126_000013_write_probe;
mod m20261126_000014_push;
mod m20261126_000015_unmet_name;
mod m20261126_000019_unread_indices;
mod m20261126_000020_spot_check;
mod m20261127_000024_import_columns;
mod m20261127_000027_mailbox;
mod m20261127_000030_sign_on;
mod m20261127_000033_comment_search;
mod m20261127_000034_wall_link;
mod m20261127_000040_scim;
mod m20261127_000041_spoken;
mod m20261127_000043_signing_key;
mod m20261127_000050_rota;
mod m20261127_000051_second_factor;
mod m20261127_000052_promise;
mod m20261127_000053_audit_chain;
mod m20261127_000054_long_histories;
mod m20261128_000055_fetching;
mod m20261128_000057_erased_people;
mod m20261128_000058_credit_objection;
mod m20261128_000059_deputy;
mod m20261128_000060_rule;
mod m20261128_000062_plain_names;

/// Runs the migrations in order.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_organisation::Migration),
            Box::new(m20261121_000002_roster::Migration),
            Box::new(m20261121_000003_capture::Migration),
            Box::new(m20261121_000004_verdict::Migration),
            Box::new(m20261121_000005_job::Migration),
            Box::new(m20261122_000006_notice::Migration),
            Box::new(m20261122_000007_decision::Migration),
            Box::new(m20261122_000008_access::Migration),
            Box::new(m20261122_000009_reading::Migration),
            Box::new(m20261122_000010_held_and_brand::Migration),
            Box::new(m20261122_000011_desk::Migration),
            Box::new(m20261122_000012_address::Migration),
            Box::new(m20261126_000013_write_probe::Migration),
            Box::new(m20261126_000014_push::Migration),
            Box::new(m20261126_000015_unmet_name::Migration),
            Box::new(m20261126_000019_unread_indices::Migration),
            Box::new(m20261126_000020_spot_check::Migration),
            Box::new(m20261127_000024_import_columns::Migration),
            Box::new(m20261127_000027_mailbox::Migration),
            Box::new(m20261127_000030_sign_on::Migration),
            Box::new(m20261127_000033_comment_search::Migration),
            Box::new(m20261127_000034_wall_link::Migration),
            Box::new(m20261127_000040_scim::Migration),
            Box::new(m20261127_000041_spoken::Migration),
            Box::new(m20261127_000043_signing_key::Migration),
            Box::new(m20261127_000050_rota::Migration),
            Box::new(m20261127_000051_second_factor::Migration),
            Box::new(m20261127_000052_promise::Migration),
            Box::new(m20261127_000053_audit_chain::Migration),
            Box::new(m20261127_000054_long_histories::Migration),
            Box::new(m20261128_000055_fetching::Migration),
            Box::new(m20261128_000057_erased_people::Migration),
            Box::new(m20261128_000058_credit_objection::Migration),
            Box::new(m20261128_000059_deputy::Migration),
            Box::new(m20261128_000060_rule::Migration),
            Box::new(m20261128_000062_plain_names::Migration),
        ]
    }

    /// Not SeaORM's `seaql_migrations`: a database that has that table is of the first version.
    fn migration_table_name() -> DynIden {
        "schema_migration".into_iden()
    }
}
