//! What every part of the service is handed: settings, database, clock and caches. Cheap to clone.
use std::{path::Path, sync::Arc};

use sea_orm::DbErr;

use crate::{
    clock::Clock,
    config::Config,
    db::Db,
    roster::cache::RosterCache,
    template::{TemplateError, Templates},
    wake::Wake,
};

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
    /// Pages and mails.
    pub templates: Arc<Templates>,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be reached or used.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// A template of the installation's own cannot be used.
    #[error("templates: {0}")]
    Templates(#[from] TemplateError),
}

impl App {
    /// Reads the templates and connects to the database; migrates nothing.
    pub async fn connect(config: Config, clock: Clock) -> Result<App, StartError> {
        let overrides = &config.templates.overrides;
        let templates = Templates::load((!overrides.is_empty()).then_some(Path::new(overrides)))?;
        let wake = Arc::new(Wake::default());
        let db = Db::connect(&config.database, wake.clone()).await?;
        Ok(App {
            config: Arc::new(config),
            db,
            clock,
            wake,
            rosters: Arc::default(),
            templates: Arc::new(templates),
        })
    }
}
