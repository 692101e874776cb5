//! What every part of the service is handed: settings, database, clock and caches. Cheap to clone.
use std::{path::Path, sync::Arc};

pub mod work;

use tokio_util::task::TaskTracker;

use crate::{
    capture::connection::Clients,
    deliver::mail::{MailSettingsError, Mailer},
    platform::{
        clock::Clock,
        config::Config,
        db::{ConnectError, Db},
        secret::{SecretKeyError, Secrets},
        wake::Wake,
    },
    roster::cache::RosterCache,
    template::{TemplateError, Templates},
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
    /// How mails leave.
    pub mailer: Arc<Mailer>,
    /// Connections to public networks.
    pub clients: Arc<Clients>,
    /// Encrypts at rest, and makes links that nobody can guess.
    pub secrets: Arc<Secrets>,
    /// What is done after an answer was given; the service stops when it is done.
    pub later: TaskTracker,
}

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The database cannot be reached or used.
    #[error("database: {0}")]
    Database(#[from] ConnectError),
    /// A template of the installation's own cannot be used.
    #[error("templates: {0}")]
    Templates(#[from] TemplateError),
    /// Mails cannot leave as the settings say.
    #[error("mail: {0}")]
    Mail(#[from] MailSettingsError),
    /// The key that encrypts secrets cannot be used.
    #[error("secret key: {0}")]
    SecretKey(#[from] SecretKeyError),
}

impl App {
    /// Reads key and templates and connects to the database; migrates nothing.
    pub async fn connect(config: Config, clock: Clock) -> Result<App, StartError> {
        // Whoever was first to choose ring chose the same: an error here is no failure.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let overrides = &config.templates.overrides;
        let templates = Templates::load((!overrides.is_empty()).then_some(Path::new(overrides)))?;
        let mailer = Mailer::new(&config.mail)?;
        let secrets = Secrets::load(&config)?;
        let wake = Arc::new(Wake::default());
        let db = Db::connect(&config.database, wake.clone()).await?;
        Ok(App {
            config: Arc::new(config),
            db,
            clock,
            wake,
            rosters: Arc::default(),
            templates: Arc::new(templates),
            mailer: Arc::new(mailer),
            clients: Arc::default(),
            secrets: Arc::new(secrets),
            later: TaskTracker::new(),
        })
    }
}
