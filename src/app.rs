//! What every part of the service is handed: settings, database, clock and caches. Cheap to clone.
use std::sync::Arc;

use sea_orm::DbErr;

use crate::{clock::Clock, config::Config, db::Db, roster::cache::RosterCache, wake::Wake};

/// The running service.
#[derive(Clone, Debug)]
pub struct App {
    /// Settings.
    pub config: Arc<Config>,
    /// Database.
    pub db: Db,
    /// Where the time comes from.
    pub clock: Clock,
    /// Signals new jobs.
    pub wake: Arc<Wake>,
    /// Name indices of the organisations.
    pub rosters: Arc<RosterCache>,
}

impl App {
    /// Connects to the database; migrates nothing.
    pub async fn connect(config: Config, clock: Clock) -> Result<App, DbErr> {
        let wake = Arc::new(Wake::default());
        let db = Db::connect(&config.database, wake.clone()).await?;
        Ok(App {
            config: Arc::new(config),
            db,
            clock,
            wake,
            rosters: Arc::default(),
        })
    }
}
