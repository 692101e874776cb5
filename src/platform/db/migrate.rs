//! Bringing the schema up to date.
use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbErr};
use sea_orm_migration::SchemaManager;

use super::{Db, Reader};

/// One number for all replicas: the advisory lock under which PostgreSQL is migrated.
const MIGRATION_LOCK: i64 = 0x706c_6175_6469_7401;
/// Where the first version noted its migrations.
const FIRST_VERSION: &str = "seaql_migrations";

impl Db {
    /// Brings the schema up to date, all of it or nothing; processes that start together wait for each other.
    pub async fn migrate(&self) -> Result<(), DbErr> {
        let tx = self.begin().await?;
        if !self.is_sqlite() {
            tx.execute_unprepared(&format!("SELECT pg_advisory_xact_lock({MIGRATION_LOCK})"))
                .await?;
        }
        Migrator::up(&tx, None).await?;
        tx.commit().await
    }

    /// How many migrations this version knows and the database has not seen; changes nothing.
    pub async fn pending_migrations(&self) -> Result<usize, DbErr> {
        let pending = Migrator::get_pending_migrations_read_only(self.read()).await?;
        Ok(pending.len())
    }
}

pub(super) async fn is_of_first_version(reader: &Reader) -> Result<bool, DbErr> {
    SchemaManager::new(&reader.pool).has_table(FIRST_VERSION).await
}
