//! The composition root: the only module that knows all stages. Cheap to clone.
use std::{ops::Deref, path::Path, sync::Arc};

pub mod tenant;
pub mod work;

use tokio_util::task::TaskTracker;

use crate::{
    attribute::app::AttributeApp,
    capture::{app::CaptureApp, connection::Clients, source::tool},
    deliver::{
        app::DeliverApp,
        channel::mail::{MailSettingsError, Mailer},
    },
    platform::{
        clock::Clock,
        config::Config,
        db::{ConnectError, Db},
        secret::{SecretKeyError, Secrets},
        service::Service,
        wake::Wake,
    },
    roster::cache::RosterCache,
    sign_on::{SignOnApp, discovery::Discovery},
    template::{TemplateError, Templates},
};

/// The running service: what every stage is handed, and what some are.
#[derive(Clone, Debug)]
pub struct App {
    /// What every stage is handed.
    pub service: Service,
    /// Name indices of the organisations.
    pub rosters: Arc<RosterCache>,
    /// Pages and mails.
    pub templates: Arc<Templates>,
    /// How mails leave.
    pub mailer: Arc<Mailer>,
    /// Connections to public networks.
    pub clients: Arc<Clients>,
    /// What is known of providers at whom people sign in.
    pub providers: Arc<Discovery>,
}

impl Deref for App {
    type Target = Service;

    fn deref(&self) -> &Service {
        &self.service
    }
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
    /// A tool that pushes is described wrongly.
    #[error("tools: {0}")]
    Tools(#[from] tool::ToolError),
    /// The key that encrypts secrets cannot be used.
    #[error("secret key: {0}")]
    SecretKey(#[from] SecretKeyError),
}

/// The templates, with those of the installation in place of ours.
pub fn templates(config: &Config) -> Result<Templates, TemplateError> {
    let overrides = &config.templates.overrides;
    Templates::load((!overrides.is_empty()).then_some(Path::new(overrides)))
}

impl App {
    /// Reads key and templates and connects to the database; migrates nothing.
    pub async fn connect(config: Config, clock: Clock) -> Result<App, StartError> {
        // Whoever was first to choose ring chose the same: an error here is no failure.
        let _ = rustls::crypto::ring::default_provider().install_default();
        tool::check()?;
        let templates = templates(&config)?;
        let mailer = Mailer::new(&config.mail)?;
        let secrets = Secrets::load(&config)?;
        let wake = Arc::new(Wake::default());
        let db = Db::connect(&config.database, wake.clone()).await?;
        Ok(App {
            service: Service {
                config: Arc::new(config),
                db,
                clock,
                wake,
                secrets: Arc::new(secrets),
                later: TaskTracker::new(),
            },
            rosters: Arc::default(),
            templates: Arc::new(templates),
            mailer: Arc::new(mailer),
            clients: Arc::default(),
            providers: Arc::default(),
        })
    }

    /// For capturing.
    #[must_use]
    pub fn capture(&self) -> CaptureApp {
        CaptureApp {
            service: self.service.clone(),
            clients: self.clients.clone(),
        }
    }

    /// For attribution.
    #[must_use]
    pub fn attribute(&self) -> AttributeApp {
        AttributeApp {
            service: self.service.clone(),
            rosters: self.rosters.clone(),
        }
    }

    /// For signing in through the company.
    #[must_use]
    pub fn sign_on(&self) -> SignOnApp {
        SignOnApp {
            service: self.service.clone(),
            discovery: self.providers.clone(),
        }
    }

    /// For delivery.
    #[must_use]
    pub fn deliver(&self) -> DeliverApp {
        DeliverApp {
            service: self.service.clone(),
            templates: self.templates.clone(),
            mailer: self.mailer.clone(),
        }
    }
}
